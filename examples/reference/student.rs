//! Mixtures of t distributions.

use std::path::Path;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, Plan};
use mixscope::mixture::{Evaluator, Free, Kind, Mixture};
use mixscope::study::{aic, bic};
use serde_json::{Value, json};

use super::{
    covariance_type, evaluate, matrix, mixture, negated, number, numbers, parameters, rows, say,
    shifted,
};

/// A fit of fixed length from given parameters.
pub fn student(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let inputs = &case["inputs"];
    let mut given = inputs.clone();
    given["covariances"] = inputs["scales"].clone();
    let free = match inputs["estimate_nu"].as_bool() {
        Some(true) => Free::Each,
        _ => Free::Fixed,
    };
    let start = mixture(&given, covariance_type(inputs)?)?
        .translated(&negated(matrix.centre()))
        .with_degrees(numbers(&inputs["nu"])?, free)
        .map_err(|e| e.to_string())?;
    let plan = |floor: f64| Plan {
        kent: inputs["variant"] == "kent",
        ..Plan::plain(Floor::absolute(floor).added(&matrix))
    };
    let floored = plan(number(&inputs["reg_covar"]).unwrap_or(0.0));

    let mut em = Em::new(&matrix, start.clone(), &floored);
    let mut total = vec![em.log_likelihood()];
    let mut after_1 = Value::Null;
    for t in 1..=inputs["n_iter"].as_u64().unwrap_or(0) {
        em = em.iterate(&matrix, &floored).map_err(say(&total))?;
        total.push(em.log_likelihood());
        if t == 1 {
            after_1 = scales(&em, &matrix, inputs);
        }
    }
    // The optimum is that of the likelihood alone.
    let mut optimum = Em::new(&matrix, start, &plan(0.0));
    for _ in 0..case["expected"]["converged_optimum"]["iterations"]
        .as_u64()
        .unwrap_or(0)
    {
        optimum = optimum
            .iterate(&matrix, &plan(0.0))
            .map_err(|e| e.to_string())?;
    }
    let n = matrix.n_rows() as f64;
    let p = em.mixture().n_parameters();
    let (log_density, responsibilities) = evaluate(em.mixture(), &matrix);
    let query = shifted(&rows(&inputs["query"])?, matrix.centre())?;
    let mut converged = scales(&optimum, &matrix, inputs);
    converged["reg_covar"] = json!(0);
    converged["mean_log_likelihood"] = json!(optimum.log_likelihood() / n);
    Ok(json!({
        "name": case["name"],
        "log_likelihood": {"mean": total.iter().map(|l| l / n).collect::<Vec<_>>(), "total": total},
        "n_parameters": p,
        "aic": aic(em.log_likelihood(), p),
        "bic": bic(em.log_likelihood(), p, matrix.n_rows()),
        "after_1": after_1,
        "final": scales(&em, &matrix, inputs),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
        "u_weights": precisions(em.mixture(), &matrix),
        "log_density_first": log_density.iter().take(20).collect::<Vec<_>>(),
        "query_log_density": evaluate(em.mixture(), &query).0,
        "converged_optimum": converged,
    }))
}

fn scales(em: &Em, matrix: &Matrix, inputs: &Value) -> Value {
    let mut result = parameters(em, matrix, inputs);
    result["scales"] = result["covariances"].take();
    if let Kind::Student { degrees, .. } = em.mixture().kind() {
        result["nu"] = json!(degrees);
    }
    result
}

/// u of the first rows, 20 x K.
fn precisions(mixture: &Mixture, matrix: &Matrix) -> Vec<Vec<f64>> {
    let mut evaluator = Evaluator::new(mixture);
    let first = matrix.blocks().next();
    first.map_or(Vec::new(), |block| {
        evaluator.responsibilities(&block);
        let row = |i| {
            (0..mixture.n_components())
                .map(|k| evaluator.precisions(k)[i])
                .collect()
        };
        (0..block.len().min(20)).map(row).collect()
    })
}
