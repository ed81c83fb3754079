"""A mixture exported from Mixscope: scores rows, and goes on fitting with scikit-learn.

    pip install scikit-learn
    python model.py DATA.csv                   the log-likelihood, then EM until it converges
    python model.py DATA.csv --iterations 1    one EM step
    python model.py DATA.csv --scores OUT.csv  and label and log-density of every row

DATA.csv has a line of names, commas, and a point for decimals. Rows without a number in one of the
columns of the model are left out. What was found is printed as JSON, in the units of the data.
"""

import argparse
import csv
import json
import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

# Everything that was exported. "means" are less "centre", so that no digit is lost where the
# data lie far from zero; "covariances" has the shape that scikit-learn gives to this type.
MODEL = "@MODEL@"

TYPE = MODEL["covariance_type"]
CENTRE = np.array(MODEL["centre"])
FLOOR = np.array(MODEL["floor"])
# What each M-step adds to the variances is one number in scikit-learn and here one for each
# column: in columns divided by SCALE it is the same number.
SCALE = np.ones_like(FLOOR)
if FLOOR.min() > 0 and TYPE != "spherical":
    SCALE = np.sqrt(FLOOR / FLOOR.mean())


def read_rows(path):
    """The columns of the model, N x D, and the numbers of their rows in the file, from 1."""
    rows, numbers = [], []
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        names = next(reader)
        places = [names.index(column) for column in MODEL["columns"]]
        for number, cells in enumerate(reader, 1):
            try:
                row = [float(cells[place]) for place in places]
            except (ValueError, IndexError):
                continue
            if np.isfinite(row).all():
                rows.append(row)
                numbers.append(number)
    return np.array(rows), numbers


def factors(covariances):
    """Cholesky factors of the precisions, as scikit-learn keeps them."""
    if TYPE in ("diag", "spherical"):
        return 1 / np.sqrt(covariances)
    return np.swapaxes(np.linalg.inv(np.linalg.cholesky(covariances)), -1, -2)


def scaled(covariances, scale):
    """Covariances of columns divided by `scale`."""
    if TYPE == "spherical":
        return covariances
    return covariances / (scale**2 if TYPE == "diag" else np.outer(scale, scale))


def exported(iterations, posterior):
    """The exported parameters in a class of scikit-learn; fit() goes on from them."""
    k = len(MODEL["weights"])
    asked = dict(
        covariance_type=TYPE,
        tol=MODEL["tolerance"],
        reg_covar=float(FLOOR.mean()),
        max_iter=iterations,
        warm_start=True,
    )
    if posterior:
        prior = {name: value for name, value in posterior["prior"].items() if value != 0}
        model = BayesianGaussianMixture(n_components=k, **asked, **prior)
        concentration = np.array(posterior["weight_concentration"])
        model.weight_concentration_ = concentration
        if concentration.ndim == 2:
            model.weight_concentration_ = (concentration[:, 0], concentration[:, 1])
        model.mean_precision_ = np.array(posterior["mean_precision"])
        freedom = np.array(posterior["degrees_of_freedom"])
        model.degrees_of_freedom_ = freedom[0] if TYPE == "tied" else freedom
    else:
        model = GaussianMixture(n_components=k, **asked)
    model.weights_ = np.array(MODEL["weights"])
    model.means_ = np.array(MODEL["means"]) / SCALE
    model.covariances_ = scaled(np.array(MODEL["covariances"]), SCALE)
    model.precisions_cholesky_ = factors(model.covariances_)
    model.converged_, model.lower_bound_ = False, -np.inf
    return model


def log_likelihood(model, rows):
    """Of the mixture with the parameters of `model`, in the units of the data."""
    plain = exported(1, None)
    plain.weights_, plain.means_ = model.weights_, model.means_
    plain.precisions_cholesky_ = model.precisions_cholesky_
    return float(plain.score_samples(rows).sum() - len(rows) * np.log(SCALE).sum())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data")
    options.add_argument("--iterations", type=int, default=MODEL["max_iterations"])
    options.add_argument("--scores", help="write label and log-density of every row here")
    asked = options.parse_args()
    for note in MODEL["notes"]:
        print("note:", note, file=sys.stderr)

    data, numbers = read_rows(asked.data)
    rows = (data - CENTRE) / SCALE
    model = exported(asked.iterations, MODEL.get("posterior"))
    found = {"rows": len(rows), "log_likelihood": log_likelihood(model, rows)}
    if asked.scores:
        labels = model.predict(rows)
        densities = model.score_samples(rows) - np.log(SCALE).sum()
        with open(asked.scores, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "label", "log_density"])
            for number, label, density in zip(numbers, labels, densities):
                writer.writerow([number, MODEL["names"][label], repr(float(density))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows)
    found["iterations"] = model.n_iter_
    found["converged"] = bool(model.converged_)
    found["log_likelihood_after"] = log_likelihood(model, rows)
    found["weights"] = model.weights_.tolist()
    found["means"] = (model.means_ * SCALE + CENTRE).tolist()
    found["covariances"] = scaled(model.covariances_, 1 / SCALE).tolist()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
