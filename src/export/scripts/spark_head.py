"""A mixture exported from Mixscope: goes on fitting with Spark, on rows that no one machine holds.

    pip install pyspark "pandas<3" pyarrow scipy
    spark-submit model.py DATA                   the log-likelihood, then EM until it converges
    spark-submit model.py DATA --iterations 1    one EM step

(or `python model.py DATA` for Spark in local mode). DATA is what Spark can read: a CSV file with a
line of names, a folder of such files, or Parquet. Rows without a number in one of the columns of the
model are left out.

--engine mllib lets MLlib iterate: only for full covariances without row weights or noise, and
without the floor, which MLlib does not have; and MLlib adds 2e-16 to every
density, so rows that far from all components it shares out evenly. --engine sums, the default for all others, makes the E-step of
Mixscope over the partitions (mapInPandas), adds the sums (treeReduce) and makes the M-step here.
"""

import argparse
import json
import os
import pickle
import sys
from types import SimpleNamespace

import numpy as np
from pyspark.sql import SparkSession
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

