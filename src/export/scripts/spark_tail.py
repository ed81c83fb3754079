

def read_rows(spark, path):
    """The columns of the model as numbers, and the weights of the rows after them."""
    if path.endswith(".parquet"):
        table = spark.read.parquet(path)
    else:
        table = spark.read.csv(path, header=True, escape='"')
    wanted = COLUMNS + ([MODEL["row_weights"]] if MODEL["row_weights"] else [])
    by_name = {name: index for index, name in enumerate(table.columns)}
    # Names of any letters: columns go by their place.
    table = table.toDF(*[f"c{index}" for index in range(len(table.columns))])
    chosen = [table[f"c{by_name[name]}"].try_cast("double").alias(f"x{i}") for i, name in enumerate(wanted)]
    return table.select(*chosen).dropna()


def sums_of(rows, p):
    """The E-step: each partition its sums, and these added up."""
    d = len(COLUMNS)

    def each(batches):
        import pandas as pd

        for batch in batches:
            x = batch.to_numpy(dtype=float)
            x = x[np.isfinite(x).all(axis=1)]
            weights = x[:, d] if x.shape[1] > d else np.ones(len(x))
            if len(x):
                sums = e_step(x[:, :d] - CENTRE, weights, p)
                yield pd.DataFrame({"sums": [pickle.dumps(sums)]})

    parts = rows.mapInPandas(each, "sums binary").rdd
    return parts.map(lambda row: pickle.loads(row.sums)).treeReduce(add)


def iterate_with_mllib(rows, p, iterations, tolerance):
    """The parameters after MLlib's own EM, from these."""
    from pyspark.mllib.clustering import GaussianMixture
    from pyspark.mllib.linalg import DenseMatrix, Vectors
    from pyspark.mllib.stat.distribution import MultivariateGaussian

    d = len(COLUMNS)
    dense = [DenseMatrix(d, d, c.flatten("F").tolist()) for c in p["covariances"]]
    gaussians = [
        MultivariateGaussian(Vectors.dense(m.tolist()), c) for m, c in zip(p["means"], dense)
    ]
    start = SimpleNamespace(k=len(dense), weights=p["weights"].tolist(), gaussians=gaussians)
    centre = CENTRE.tolist()
    vectors = rows.rdd.map(lambda row: Vectors.dense([x - c for x, c in zip(row, centre)]))
    model = GaussianMixture.train(
        vectors.cache(), start.k, tolerance, iterations, initialModel=start
    )
    return dict(
        p,
        weights=np.array(model.weights),
        means=np.array([g.mu.toArray() for g in model.gaussians]),
        covariances=np.array([g.sigma.toArray() for g in model.gaussians]),
    )


def main():
    fits_mllib = MODEL["mllib"]
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data")
    options.add_argument("--iterations", type=int, default=MODEL["max_iterations"])
    options.add_argument(
        "--engine", choices=["mllib", "sums"], default="mllib" if fits_mllib else "sums"
    )
    asked = options.parse_args()
    if asked.engine == "mllib" and not fits_mllib:
        options.error("MLlib has no such model: take --engine sums")
    for note in MODEL["notes"]:
        print("note:", note, file=sys.stderr)

    # The workers must run this very Python.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("mixscope").getOrCreate()
    rows = read_rows(spark, asked.data).cache()
    p = exported()
    sums = sums_of(rows, p)
    found = {
        "engine": asked.engine,
        "rows": rows.count(),
        "log_likelihood": float(sums["log_likelihood"]),
    }
    if asked.engine == "mllib":
        tolerance = MODEL["tolerance"] * float(sums["rows"])
        p = iterate_with_mllib(rows, p, asked.iterations, tolerance)
        sums = sums_of(rows, p)
    else:
        found["iterations"] = 0
        while found["iterations"] < asked.iterations:
            before = sums["log_likelihood"]
            p = m_step(sums, p)
            sums = sums_of(rows, p)
            found["iterations"] += 1
            if abs(sums["log_likelihood"] - before) < MODEL["tolerance"] * sums["rows"]:
                break
    report(found, sums["log_likelihood"], p)
    spark.stop()


if __name__ == "__main__":
    main()
