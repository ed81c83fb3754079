"""Scores a row with a mixture exported from Mixscope; nothing to install.

    from score import score
    score(["@EXAMPLE@"])     # the columns in this order: see COLUMNS
"""

from math import exp, log, log1p

COLUMNS = "@COLUMNS@"
NAMES = "@NAMES@"
# Means; L^-1 of each covariance L L'; what does not depend on the row; degrees of freedom of t components.
MEANS = "@MEANS@"
WHITEN = "@WHITEN@"
CONSTANTS = "@CONSTANTS@"
DEGREES = "@DEGREES@"
NOISE = "@NOISE@"  # log-weight and log-density of a component of constant density, added


def score(row):
    """Label, responsibilities by name and ln p of a row: a list of numbers, one for each column."""
    logs = []
    for k, (mean, whiten, constant) in enumerate(zip(MEANS, WHITEN, CONSTANTS)):
        off = [x - m for x, m in zip(row, mean)]
        q = sum(sum(a * o for a, o in zip(line, off)) ** 2 for line in whiten)
        nu = DEGREES[k] if DEGREES else None
        logs.append(constant - ((nu + len(off)) / 2 * log1p(q / nu) if nu else q / 2))
    logs += NOISE
    top = max(logs)
    density = top + log(sum(exp(value - top) for value in logs))
    shares = [exp(value - density) for value in logs]
    return {
        "label": NAMES[shares.index(max(shares))],
        "responsibilities": dict(zip(NAMES, shares)),
        "log_density": density,
    }
