"""A mixture exported from Mixscope: scores rows, and goes on fitting with numpy and scipy
(scikit-learn has no such model).

    pip install numpy scipy
    python model.py DATA.csv                   the log-likelihood, then EM until it converges
    python model.py DATA.csv --iterations 1    one EM step

DATA.csv has a line of names, commas, and a point for decimals. Rows without a number in one of the
columns of the model are left out. What was found is printed as JSON, in the units of the data.
"""

import argparse
import csv
import json
import sys

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

