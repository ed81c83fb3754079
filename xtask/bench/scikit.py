"""Times scikit-learn's GaussianMixture on the standard cells.

python scikit.py FOLDER, which holds what `cargo run --example cells` wrote. Prints one
JSON object: for each cell milliseconds an iteration with the better number of threads, and the
log-likelihood after as many iterations as Mixscope was given.
"""

import json
import pathlib
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

TYPES = {"VVV": "full", "VVI": "diag"}


def model(cell, rows, iterations):
    """The same start, no floor, no stop before the last iteration."""
    k, n = cell["k"], cell["n"]
    precision = 1.0 / numpy.array(cell["variance"])
    full = cell["covariance"] == "VVV"
    each = numpy.diag(precision) if full else precision
    return GaussianMixture(
        k,
        covariance_type=TYPES[cell["covariance"]],
        tol=0.0,
        reg_covar=0.0,
        max_iter=iterations,
        init_params="random_from_data",
        weights_init=numpy.full(k, 1.0 / k),
        means_init=rows[[c * n // k for c in range(k)]],
        precisions_init=numpy.array([each] * k),
        random_state=0,
    )


def seconds(cell, rows, iterations):
    gm = model(cell, rows, iterations)
    begin = time.perf_counter()
    gm.fit(rows)
    return time.perf_counter() - begin, gm


def measure(cell, rows):
    # The difference of two lengths: what comes before the first iteration cancels.
    few, many = 2, cell["iterations"]
    best = None
    for threads in (1, None):
        with threadpool_limits(threads):
            short, _ = seconds(cell, rows, few)
            long, gm = seconds(cell, rows, many)
        each = 1e3 * (long - short) / (many - few)
        if best is None or each < best:
            best = each
    return {
        "cell": cell["name"],
        "covariance": cell["covariance"],
        "milliseconds": best,
        "log_likelihood": float(gm.score(rows) * cell["n"]),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    results = []
    for cell in json.loads((folder / "cells.json").read_text()):
        if cell["precision"] != "Exact":
            continue  # the same rows once more
        rows = numpy.fromfile(folder / cell["file"]).reshape(cell["n"], cell["d"])
        results.append(measure(cell, rows))
    print(json.dumps({"version": sklearn.__version__, "cells": results}))


main()
