# Everything that was exported. "means" are less "centre", so that no digit is lost where the
# data lie far from zero. "covariances" are K matrices, or K lists of variances.
MODEL = "@MODEL@"

COLUMNS = MODEL["columns"]
CENTRE = np.array(MODEL["centre"])
FLOOR = np.array(MODEL["floor"])
FAMILY = MODEL["covariance_type"]


def exported():
    """The exported parameters: weights (K), means (K x D), covariances (K x D x D), and what the
    kind of model has beside them."""
    covariances = np.array(MODEL["covariances"])
    if covariances.ndim == 2:
        covariances = np.array([np.diag(variances) for variances in covariances])
    return {
        "weights": np.array(MODEL["weights"]),
        "means": np.array(MODEL["means"]),
        "covariances": covariances,
        "degrees": np.array(MODEL["degrees"]),  # K numbers of t components, or none
        "noise": np.array(MODEL["noise"]),  # weight and log-density, or none
    }


def log_joint(x, p):
    """ln w_k + ln f_k(x) of N rows (less the centre) and K components, and of t components the
    weights u = (nu + D) / (nu + q) of the rows in their means and scales; else 1."""
    d = x.shape[1]
    logs, u = [], []
    for k, (weight, mean, covariance) in enumerate(
        zip(p["weights"], p["means"], p["covariances"])
    ):
        factor = np.linalg.cholesky(covariance)
        q = (np.linalg.solve(factor, (x - mean).T) ** 2).sum(axis=0)
        half_log_det = np.log(np.diag(factor)).sum()
        with np.errstate(divide="ignore"):
            log_weight = np.log(weight)
        if len(p["degrees"]):
            nu = p["degrees"][k]
            constant = gammaln((nu + d) / 2) - gammaln(nu / 2) - d / 2 * np.log(nu * np.pi)
            logs.append(log_weight + constant - half_log_det - (nu + d) / 2 * np.log1p(q / nu))
            u.append((nu + d) / (nu + q))
        else:
            constant = -d / 2 * np.log(2 * np.pi)
            logs.append(log_weight + constant - half_log_det - q / 2)
            u.append(np.ones_like(q))
    if len(p["noise"]):
        weight, log_density = p["noise"]
        logs.append(np.full(len(x), np.log(weight) + log_density))
    return np.array(logs).T, np.array(u).T


def e_step(x, row_weights, p):
    """What the M-step needs of these rows: sums, which those of other rows can be added to."""
    logs, u = log_joint(x, p)
    top = logs.max(axis=1, keepdims=True)
    log_density = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
    r = np.exp(logs - log_density[:, None]) * row_weights[:, None]
    k = u.shape[1]
    ru = r[:, :k] * u
    first = np.array([ru[:, c] @ (x - p["means"][c]) for c in range(k)])
    second = np.array(
        [((x - p["means"][c]).T * ru[:, c]) @ (x - p["means"][c]) for c in range(k)]
    )
    return {
        "rows": row_weights.sum(),
        "log_likelihood": row_weights @ log_density,
        "counts": r[:, :k].sum(axis=0),
        "noise_count": r[:, k:].sum(),
        "mass": ru.sum(axis=0),
        "tail": (r[:, :k] * (np.log(u) - u)).sum(axis=0),
        "first": first,
        "second": second,
    }


def add(a, b):
    """The sums of two sets of rows."""
    return {name: a[name] + b[name] for name in a}


def m_step(sums, p):
    """The parameters that the sums lead to."""
    k, d = p["means"].shape
    held = sums["counts"] > 10 * np.finfo(float).eps
    counts = np.where(held, sums["counts"], 1.0)
    mass = np.where(held, sums["mass"], 1.0)
    shift = sums["first"] / mass[:, None]
    # For t components Kent, Tyler and Vardi divide by the sum of r u, EM by that of r.
    alpha = np.ones(k)
    if MODEL["kent"]:
        alpha = mass / counts
        if FAMILY in ("tied", "EII", "EEI"):
            nu = p["degrees"][held]
            alpha[:] = (nu * mass[held]).sum() / (nu * counts[held]).sum()
    scatter = np.array(
        [
            (sums["second"][c] - mass[c] * np.outer(shift[c], shift[c])) / (alpha[c] * counts[c])
            for c in range(k)
        ]
    )
    weights = np.where(held, sums["counts"], 0.0)
    rest = weights.sum() / sums["rows"] if len(p["noise"]) else 1.0
    degrees = p["degrees"]
    if len(degrees):
        tail = sums["tail"] + sums["mass"] * (1 - 1 / alpha) - sums["counts"] * np.log(alpha)
        degrees = new_degrees(degrees, tail, sums["counts"], held, d)
    return {
        "weights": weights / weights.sum() * rest,
        "means": p["means"] + np.where(held[:, None], shift, 0.0),
        "covariances": shaped(scatter, counts * held, held, p["covariances"]),
        "degrees": degrees,
        "noise": np.array([1 - rest, p["noise"][1]]) if len(p["noise"]) else p["noise"],
    }


def shaped(scatter, counts, held, before):
    """The covariances of the family that are nearest to these scatters."""
    k, d = scatter.shape[:2]
    scatter = scatter + np.diag(FLOOR)
    if FAMILY in ("tied", "EII", "EEI"):
        scatter[:] = np.einsum("k,kij->ij", counts, scatter) / counts.sum()
        held = np.ones(k, bool)
    if FAMILY in ("diag", "EEI"):
        scatter = scatter * np.eye(d)
    if FAMILY in ("spherical", "EII"):
        scatter = np.array([np.eye(d) * np.trace(s) / d for s in scatter])
    return np.where(held[:, None, None], scatter, before)


def new_degrees(before, tail, counts, held, d):
    """Degrees of freedom by the equation of Peel and McLachlan (2000), from 0.05 to 1000."""

    def gap(h):  # ln h - psi(h), falling
        return np.log(h) - digamma(h)

    def solve(nu, mean_tail):
        target = gap((nu + d) / 2) - 1 - mean_tail
        if target <= gap(500.0):
            return 1000.0
        if target >= gap(0.025):
            return 0.05
        return 2 * brentq(lambda h: gap(h) - target, 0.4 / target, 1.1 / target, xtol=1e-15, rtol=1e-14)

    estimated = MODEL["degrees_estimated"]
    if estimated == "each":
        return np.array(
            [solve(n, t / c) if h else n for n, t, c, h in zip(before, tail, counts, held)]
        )
    if estimated == "shared":
        return np.full(len(before), solve(before[0], tail.sum() / counts.sum()))
    return before


def report(found, before, p):
    """Prints what was found, in the units of the data."""
    found["log_likelihood_after"] = float(before)
    for name in ("weights", "covariances", "degrees", "noise"):
        found[name] = p[name].tolist()
    found["means"] = (p["means"] + CENTRE).tolist()
    print(json.dumps(found, indent=2))
