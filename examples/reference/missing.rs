//! Cases with missing entries: EM on the observed part of each row.

use std::path::Path;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, Plan};
use mixscope::mixture::Mixture;
use mixscope::study::{aic, bic, impute};
use serde_json::{Value, json};

use super::{columns, covariance_type, data, evaluate, mixture, negated, number, parameters, say};

/// A fit of fixed length from given parameters, what it imputes, and the optimum of the
/// same path without a floor.
pub fn run(case: &Value, folder: &Path) -> Result<Value, String> {
    let rows = data(case, folder)?;
    let columns = columns(&rows);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let matrix = Matrix::with_holes(&slices).map_err(|e| e.to_string())?;
    let inputs = &case["inputs"];
    let start = mixture(inputs, covariance_type(inputs)?)?.translated(&negated(matrix.centre()));
    let floor = Floor::absolute(number(&inputs["reg_covar"]).unwrap_or(0.0));
    let n_iter = inputs["n_iter"].as_u64().unwrap_or(0) as usize;
    let path = path(&matrix, &start, floor, n_iter)?;
    let last = &path[path.len() - 1];
    let total: Vec<f64> = path.iter().map(Em::log_likelihood).collect();
    let (log_density, responsibilities) = evaluate(last.mixture(), &matrix);
    let p = last.mixture().n_parameters();
    let with_data = rows
        .iter()
        .filter(|r| r.iter().any(|x| !x.is_nan()))
        .count();
    let mut whole = rows.clone();
    for cell in impute(&matrix, last.mixture()) {
        whole[cell.row][cell.column] = cell.mean;
    }
    let optimum = &self::path(&matrix, &start, Floor::NONE, 600)?[600];
    let mut limit = parameters(optimum, &matrix, &Value::Null);
    limit["total_log_likelihood"] = json!(optimum.log_likelihood());
    limit["reg_covar"] = json!(0);
    Ok(json!({
        "name": case["name"],
        "log_likelihood": {"total": total},
        "after_1": parameters(&path[1], &matrix, inputs),
        "final": parameters(last, &matrix, inputs),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
        "imputed_conditional_mean_first_20": whole.iter().take(20).collect::<Vec<_>>(),
        "log_density_first": log_density.iter().take(20).collect::<Vec<_>>(),
        "n_parameters": p,
        "aic": aic(last.log_likelihood(), p),
        "bic_n_all_rows": bic(last.log_likelihood(), p, matrix.n_rows()),
        "bic_n_rows_with_data": bic(last.log_likelihood(), p, with_data),
        "converged_optimum": limit,
    }))
}

fn path(matrix: &Matrix, start: &Mixture, floor: Floor, n: usize) -> Result<Vec<Em>, String> {
    let plan = Plan::plain(floor.added(matrix));
    let mut path = vec![Em::new(matrix, start.clone(), &plan)];
    for t in 0..n {
        let next = path[t].iterate(matrix, &plan);
        path.push(next.map_err(say(&vec![0.0; t + 1]))?);
    }
    Ok(path)
}
