"""Times mlpack's GMM on the standard cells with full and diagonal covariances.

python mlpack_gmm.py FOLDER, which holds what `cargo run --example cells` wrote. Prints one JSON
object, as scikit.py does, without log-likelihoods: mlpack chooses its own start.
"""

import json
import pathlib
import sys
import time
from importlib.metadata import version

import numpy
from mlpack import gmm_train


def seconds(cell, rows, iterations):
    begin = time.perf_counter()
    gmm_train(
        input_=rows,
        gaussians=cell["k"],
        diagonal_covariance=cell["covariance"] == "VVI",
        max_iterations=iterations,
        kmeans_max_iterations=1,
        tolerance=0.0,
        trials=1,
        seed=1,
        no_force_positive=True,
    )
    return time.perf_counter() - begin


def measure(cell, rows):
    few, many = 2, cell["iterations"]
    spent = seconds(cell, rows, many) - seconds(cell, rows, few)
    return {
        "cell": cell["name"],
        "covariance": cell["covariance"],
        "milliseconds": 1e3 * spent / (many - few),
        "log_likelihood": None,
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    results = []
    for cell in json.loads((folder / "cells.json").read_text()):
        if cell["precision"] != "Exact":
            continue  # the same rows once more
        rows = numpy.fromfile(folder / cell["file"]).reshape(cell["n"], cell["d"])
        results.append(measure(cell, rows))
    print(json.dumps({"version": version("mlpack"), "cells": results}))


main()
