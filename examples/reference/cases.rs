//! Reading a reference case, running it, and shaping the result as its `expected` object.

// Named, so that the test that borrows this file finds them too.
#[path = "markov.rs"]
mod markov;
#[path = "mclust.rs"]
mod mclust;
#[path = "missing.rs"]
mod missing;
#[path = "semi_supervised.rs"]
mod semi_supervised;
#[path = "student.rs"]
mod student;
#[path = "study.rs"]
mod study;
#[path = "variational.rs"]
mod variational;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, Plan, Settings, StepError, kmeans, strongest};
use mixscope::mixture::{Covariance, CovarianceType, Evaluator, Mixture};
use mixscope::study::{aic, bic};
use serde_json::{Value, json};

#[path = "stepwise.rs"]
mod stepwise;

/// What a case gave.
pub enum Outcome {
    /// Numbers in the shape of `expected`.
    Result(Value),
    /// The case has no numbers: what the engine said.
    Policy(String),
    /// The engine does not know the family yet.
    Skipped(String),
}

/// The case files of a folder, in order of name.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    Ok(files)
}

/// One case.
pub fn load(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// Runs a case whose data lie in `folder`.
pub fn run(case: &Value, folder: &Path) -> Outcome {
    let family = case["family"].as_str().unwrap_or("?");
    let done = match family {
        "gmm" => gmm(case, folder).map(Outcome::Result),
        "hard" => hard(case, folder),
        "density" => density(case, folder).map(Outcome::Result),
        "hmm" => markov::hmm(case, folder).map(Outcome::Result),
        "kmeans" => k_means(case, folder).map(Outcome::Result),
        "kmeanspp" => k_means_plus_plus(case, folder).map(Outcome::Result),
        "mclust" => mclust::run(case, folder).map(Outcome::Result),
        "student_t" => student::student(case, folder).map(Outcome::Result),
        "missing" => missing::run(case, folder).map(Outcome::Result),
        "semi_supervised" => semi_supervised::run(case, folder).map(Outcome::Result),
        "stepwise" => stepwise::run(case, folder).map(Outcome::Result),
        "model_selection" => model_selection(case, folder).map(Outcome::Result),
        "anomaly" => study::anomaly(case, folder).map(Outcome::Result),
        "drift" => study::drifting(case).map(Outcome::Result),
        "pca" => study::pca(case, folder).map(Outcome::Result),
        "vb" => variational::run(case, folder).map(Outcome::Result),
        _ => return Outcome::Skipped(format!("family {family} is not there yet")),
    };
    done.unwrap_or_else(Outcome::Policy)
}

/// A fit of fixed length from given parameters.
fn gmm(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let inputs = &case["inputs"];
    let family = covariance_type(inputs)?;
    let start = mixture(inputs, family)?.translated(&negated(matrix.centre()));
    let floor = Floor::absolute(number(&inputs["reg_covar"]).unwrap_or(0.0));
    let plan = Plan::plain(floor.added(&matrix));
    let n_iter = inputs["n_iter"].as_u64().unwrap_or(0);

    let mut em = Em::new(&matrix, start, &plan);
    let mut total = vec![em.log_likelihood()];
    let mut after_1 = Value::Null;
    for t in 1..=n_iter {
        em = em.iterate(&matrix, &plan).map_err(say(&total))?;
        total.push(em.log_likelihood());
        if t == 1 {
            after_1 = parameters(&em, &matrix, inputs);
        }
    }
    let n = matrix.n_rows() as f64;
    let p = em.mixture().n_parameters();
    let (log_density, responsibilities) = evaluate(em.mixture(), &matrix);
    let mut result = json!({
        "name": case["name"],
        "log_likelihood": {"mean": total.iter().map(|l| l / n).collect::<Vec<_>>(), "total": total},
        "n_parameters": p,
        "aic": aic(em.log_likelihood(), p),
        "bic": bic(em.log_likelihood(), p, matrix.n_rows()),
        "after_1": after_1,
        "final": parameters(&em, &matrix, inputs),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
        "labels": strongest(&matrix, em.mixture()),
        "log_density_first": log_density.iter().take(20).collect::<Vec<_>>(),
    });
    if let Ok(query) = rows(&inputs["query"]) {
        let shifted = shifted(&query, matrix.centre())?;
        result["query_log_density"] = json!(evaluate(em.mixture(), &shifted).0);
    }
    if case["expected"].get("converged_optimum").is_some() {
        result["converged_optimum"] = optimum(case, em, &matrix, &plan)?;
    }
    Ok(result)
}

/// The path continued until the mean log-likelihood stands still.
fn optimum(case: &Value, mut em: Em, matrix: &Matrix, plan: &Plan) -> Result<Value, String> {
    let tol = number(&case["expected"]["converged_optimum"]["tol"]).unwrap_or(1e-13);
    let n = matrix.n_rows() as f64;
    for _ in 0..20_000 {
        let next = em.iterate(matrix, plan).map_err(|e| e.to_string())?;
        let gain = (next.log_likelihood() - em.log_likelihood()).abs() / n;
        em = next;
        if gain < tol {
            break;
        }
    }
    let p = em.mixture().n_parameters();
    Ok(json!({
        "mean_log_likelihood": em.log_likelihood() / n,
        "total_log_likelihood": em.log_likelihood(),
        "bic": bic(em.log_likelihood(), p, matrix.n_rows()),
    }))
}

/// Weights, means and compact covariances in the data's own coordinates.
fn parameters(em: &Em, matrix: &Matrix, inputs: &Value) -> Value {
    let mixture = em.mixture();
    let d = mixture.dimension();
    let floor = number(&inputs["reg_covar"]).unwrap_or(0.0);
    // Mixscope keeps an empty component where it was. The case files write it as
    // scikit-learn's update leaves it: mean 0 / (10 eps) = 0, covariance reg_covar I.
    let empty = |k: usize| mixture.weights()[k] == 0.0;
    let mean = |k: usize, shift: &[f64]| -> Vec<f64> {
        match empty(k) {
            true => vec![0.0; d],
            false => mixture.means()[k]
                .iter()
                .zip(shift)
                .map(|(m, s)| m + s)
                .collect(),
        }
    };
    let entry = |k: usize, i: usize, j: usize| match (empty(k), i == j) {
        (false, _) => mixture.covariances()[k].get(i, j),
        (true, true) => floor,
        (true, false) => 0.0,
    };
    let square = |k: usize| -> Vec<Vec<f64>> {
        (0..d)
            .map(|i| (0..d).map(|j| entry(k, i, j)).collect())
            .collect()
    };
    let components = 0..mixture.n_components();
    let covariances = match mixture.covariance_type() {
        CovarianceType::Tied => json!(square(0)),
        CovarianceType::Diagonal => json!(
            components
                .clone()
                .map(|k| (0..d).map(|j| entry(k, j, j)).collect())
                .collect::<Vec<Vec<f64>>>()
        ),
        CovarianceType::Spherical => json!(
            components
                .clone()
                .map(|k| entry(k, 0, 0))
                .collect::<Vec<_>>()
        ),
        _ => json!(components.clone().map(square).collect::<Vec<_>>()),
    };
    let means: Vec<_> = components
        .clone()
        .map(|k| mean(k, matrix.centre()))
        .collect();
    let mut result =
        json!({"weights": mixture.weights(), "means": means, "covariances": covariances});
    if let Some(offset) = inputs.get("offset").and_then(|o| numbers(o).ok()) {
        // Both subtractions are between nearby numbers, so that no digit is lost.
        let shift: Vec<f64> = matrix
            .centre()
            .iter()
            .zip(&offset)
            .map(|(c, o)| c - o)
            .collect();
        result["means_minus_offset"] =
            json!(components.map(|k| mean(k, &shift)).collect::<Vec<_>>());
    }
    result
}

fn hard(case: &Value, folder: &Path) -> Result<Outcome, String> {
    if case["name"] == "hard_invalid_inputs" {
        return Ok(Outcome::Policy(invalid_inputs(case)));
    }
    let numbers = case["expected"].get("log_likelihood").is_some();
    match gmm(case, folder) {
        Ok(result) if numbers => Ok(Outcome::Result(result)),
        Ok(_) => Ok(Outcome::Policy("finished with finite numbers".into())),
        Err(said) => Ok(Outcome::Policy(said)),
    }
}

/// Each item must be refused with an error of its own.
fn invalid_inputs(case: &Value) -> String {
    let items = case["inputs"]["items"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let said: Vec<String> = items
        .iter()
        .map(|item| {
            let what = item["what"].as_str().unwrap_or("?");
            match invalid_input(item) {
                Ok(()) => format!("{what}: ACCEPTED"),
                Err(e) => format!("{what}: {e}"),
            }
        })
        .collect();
    said.join(" | ")
}

fn invalid_input(item: &Value) -> Result<(), String> {
    let family = covariance_type(item).unwrap_or(CovarianceType::Full);
    if item.get("data").is_some() {
        shifted(&rows(&item["data"])?, &[0.0; 2])?;
    }
    if item.get("means").is_some() && item.get("covariances").is_some() {
        mixture(item, family)?;
    } else if item.get("means").is_some() {
        let d = item["d"].as_u64().unwrap_or(2) as usize;
        let unit = Rc::new(Covariance::diagonal(vec![1.0; d]).map_err(|e| e.to_string())?);
        let k = rows(&item["means"])?.len();
        Mixture::new(
            CovarianceType::Diagonal,
            numbers(&item["weights"])?,
            rows(&item["means"])?,
            vec![unit; k],
        )
        .map_err(|e| e.to_string())?;
    }
    let mut settings = Settings::default();
    if let Some(k) = item["n_components"].as_u64() {
        settings.n_components = k as usize;
    }
    if item.get("tol").is_some() {
        settings.tol = number(&item["tol"]).unwrap_or(f64::NAN);
    }
    settings
        .check(&shifted(&vec![vec![0.0]; 100], &[0.0])?)
        .map_err(|e| e.to_string())
}

fn density(case: &Value, folder: &Path) -> Result<Value, String> {
    let inputs = &case["inputs"];
    let mixture = mixture(inputs, CovarianceType::Full)?;
    let matrix = shifted(&data(case, folder)?, &vec![0.0; mixture.dimension()])?;
    let (log_density, responsibilities) = evaluate(&mixture, &matrix);
    let mut evaluator = Evaluator::new(&mixture);
    let k = mixture.n_components();
    let (mut squared, mut joint) = (Vec::new(), Vec::new());
    let mut distances = vec![vec![0.0; mixscope::data::BLOCK_ROWS]; k];
    for block in matrix.blocks() {
        evaluator.log_joint(&block);
        for i in 0..block.len() {
            let one = |c: usize| evaluator.row(c)[i] - mixture.weights()[c].ln();
            joint.push((0..k).map(one).collect::<Vec<f64>>());
        }
        for (c, distance) in distances.iter_mut().enumerate() {
            evaluator.squared_distances(&block, c, distance);
        }
        for i in 0..block.len() {
            squared.push(distances.iter().map(|d| d[i]).collect::<Vec<f64>>());
        }
    }
    Ok(json!({
        "name": case["name"],
        "anomaly_score_neg_log_density": log_density.iter().map(|l| -l).collect::<Vec<_>>(),
        "log_density": log_density,
        "responsibilities": responsibilities,
        "component_log_density": joint,
        "mahalanobis_squared": squared,
    }))
}

fn k_means(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let back = |centres: &[Vec<f64>]| -> Vec<Vec<f64>> {
        centres
            .iter()
            .map(|c| c.iter().zip(matrix.centre()).map(|(v, m)| v + m).collect())
            .collect()
    };
    let seeds = minus(&rows(&case["inputs"]["centres"])?, matrix.centre());
    let first = kmeans::assign(&matrix, seeds.clone());
    let done = kmeans::lloyd(&matrix, seeds, 500);
    Ok(json!({
        "name": case["name"],
        "inertia_at_initial_centres": first.inertia,
        "labels_at_initial_centres": first.labels,
        "centres_after_1": back(&kmeans::averages(&matrix, &first)),
        "centres": back(&done.centres),
        "labels": done.labels,
        "inertia": done.inertia,
    }))
}

fn k_means_plus_plus(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let chosen = numbers(&case["inputs"]["chosen_rows"])?;
    let centres: Vec<_> = chosen.iter().map(|&i| matrix.row(i as usize)).collect();
    let squared = kmeans::squared_distances(&matrix, &centres);
    let total: f64 = squared.iter().sum();
    Ok(json!({
        "name": case["name"],
        "next_centre_probability": squared.iter().map(|q| q / total).collect::<Vec<_>>(),
        "sum_sq_distance": total,
        "zero_probability_rows": (0..squared.len()).filter(|&i| squared[i] == 0.0).collect::<Vec<_>>(),
    }))
}

fn model_selection(case: &Value, folder: &Path) -> Result<Value, String> {
    let mut rows = Vec::new();
    for row in case["expected"]["rows"].as_array().into_iter().flatten() {
        let mut one = case.clone();
        one["inputs"] = row.clone();
        one["inputs"]["reg_covar"] = case["inputs"]["reg_covar"].clone();
        one["expected"] = Value::Null;
        let fit = gmm(&one, folder)?;
        let mut out = json!({
            "mean_log_likelihood": fit["log_likelihood"]["mean"].as_array().and_then(|l| l.last()),
        });
        for key in [
            "covariance_type",
            "n_components",
            "weights",
            "means",
            "covariances",
        ] {
            out[key] = row[key].clone();
        }
        for key in ["n_parameters", "aic", "bic"] {
            out[key] = fit[key].clone();
        }
        rows.push(out);
    }
    let best = rows
        .iter()
        .min_by(|a, b| {
            let bic = |row: &Value| row["bic"].as_f64().unwrap_or(f64::INFINITY);
            bic(a).total_cmp(&bic(b))
        })
        .map(|row| json!([row["covariance_type"], row["n_components"]]));
    Ok(json!({"name": case["name"], "rows": rows, "best_by_bic": best}))
}

/// Log-density (N) and responsibilities (N x K) of every row.
fn evaluate(mixture: &Mixture, matrix: &Matrix) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut evaluator = Evaluator::new(mixture);
    let (mut density, mut r) = (Vec::new(), Vec::new());
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        density.extend_from_slice(&evaluator.log_density()[..block.len()]);
        for i in 0..block.len() {
            r.push(
                (0..mixture.n_components())
                    .map(|k| evaluator.row(k)[i])
                    .collect(),
            );
        }
    }
    (density, r)
}

fn mixture(inputs: &Value, family: CovarianceType) -> Result<Mixture, String> {
    let weights = numbers(&inputs["weights"])?;
    let means = rows(&inputs["means"])?;
    let d = means.first().map_or(0, Vec::len);
    let given = &inputs["covariances"];
    let say = |e: mixscope::mixture::CovarianceError| e.to_string();
    let dense = |v: &Value| Covariance::dense(d, rows(v)?.concat()).map_err(say);
    let list = given.as_array().cloned().unwrap_or_default();
    let covariances: Result<Vec<Rc<Covariance>>, String> = match family {
        CovarianceType::Tied => dense(given).map(|c| {
            let shared = Rc::new(c);
            vec![shared; means.len()]
        }),
        CovarianceType::Diagonal => list
            .iter()
            .map(|v| Covariance::diagonal(numbers(v)?).map(Rc::new).map_err(say))
            .collect(),
        CovarianceType::Spherical => numbers(given)?
            .iter()
            .map(|&v| Covariance::diagonal(vec![v; d]).map(Rc::new).map_err(say))
            .collect(),
        _ => list.iter().map(|v| dense(v).map(Rc::new)).collect(),
    };
    Mixture::new(family, weights, means, covariances?).map_err(|e| e.to_string())
}

fn covariance_type(inputs: &Value) -> Result<CovarianceType, String> {
    serde_json::from_value(inputs["covariance_type"].clone()).map_err(|e| e.to_string())
}

fn matrix(case: &Value, folder: &Path) -> Result<Matrix, String> {
    let rows = data(case, folder)?;
    let columns = columns(&rows);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&columns).map_err(|e| e.to_string())
}

/// Rows minus `centre`, as they are.
fn shifted(given: &[Vec<f64>], centre: &[f64]) -> Result<Matrix, String> {
    let columns = columns(&minus(given, centre));
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::uncentred(&columns).map_err(|e| e.to_string())
}

fn data(case: &Value, folder: &Path) -> Result<Vec<Vec<f64>>, String> {
    let Some(file) = case["data"]["csv"].as_str() else {
        return rows(&case["data"]["inline"]);
    };
    let path = folder.join(file);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    text.lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|f| match f {
                    "" => Ok(f64::NAN),
                    f => f.parse().map_err(|_| format!("{file}: {f}")),
                })
                .collect()
        })
        .collect()
}

fn columns(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let d = rows.first().map_or(0, Vec::len);
    (0..d)
        .map(|j| rows.iter().map(|r| r[j]).collect())
        .collect()
}

fn minus(rows: &[Vec<f64>], centre: &[f64]) -> Vec<Vec<f64>> {
    rows.iter()
        .map(|r| r.iter().zip(centre).map(|(v, c)| v - c).collect())
        .collect()
}

fn negated(v: &[f64]) -> Vec<f64> {
    v.iter().map(|x| -x).collect()
}

fn say(total: &[f64]) -> impl Fn(StepError) -> String {
    let t = total.len();
    move |e| format!("iteration {t}: {e}")
}

/// A number, or a non-finite one by name.
pub fn number(v: &Value) -> Option<f64> {
    match v.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => v.as_f64(),
    }
}

fn numbers(v: &Value) -> Result<Vec<f64>, String> {
    let list = v
        .as_array()
        .ok_or_else(|| format!("not a list of numbers: {v}"))?;
    list.iter()
        .map(|x| number(x).ok_or_else(|| format!("not a number: {x}")))
        .collect()
}

fn rows(v: &Value) -> Result<Vec<Vec<f64>>, String> {
    let list = v
        .as_array()
        .ok_or_else(|| format!("not a list of rows: {v}"))?;
    list.iter().map(numbers).collect()
}
