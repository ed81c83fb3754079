

def read_rows(path):
    """The columns of the model, N x D, and the weights of the rows."""
    wanted = COLUMNS + ([MODEL["row_weights"]] if MODEL["row_weights"] else [])
    rows = []
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        names = next(reader)
        places = [names.index(column) for column in wanted]
        for cells in reader:
            try:
                row = [float(cells[place]) for place in places]
            except (ValueError, IndexError):
                continue
            if np.isfinite(row).all():
                rows.append(row)
    rows = np.array(rows)
    d = len(COLUMNS)
    return rows[:, :d] - CENTRE, rows[:, d] if rows.shape[1] > d else np.ones(len(rows))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data")
    options.add_argument("--iterations", type=int, default=MODEL["max_iterations"])
    asked = options.parse_args()
    for note in MODEL["notes"]:
        print("note:", note, file=sys.stderr)

    x, row_weights = read_rows(asked.data)
    p = exported()
    sums = e_step(x, row_weights, p)
    found = {"rows": len(x), "log_likelihood": float(sums["log_likelihood"]), "iterations": 0}
    while found["iterations"] < asked.iterations:
        before = sums["log_likelihood"]
        p = m_step(sums, p)
        sums = e_step(x, row_weights, p)
        found["iterations"] += 1
        if abs(sums["log_likelihood"] - before) < MODEL["tolerance"] * sums["rows"]:
            break
    report(found, sums["log_likelihood"], p)


if __name__ == "__main__":
    main()
