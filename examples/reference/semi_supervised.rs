//! Cases in which the component of some rows is known.

use std::path::Path;

use mixscope::data::UNLABELLED;
use mixscope::fit::{Em, Floor, Plan, from_labels};
use mixscope::study::bic;
use serde_json::{Value, json};

use super::{covariance_type, evaluate, matrix, mixture, negated, number, parameters, say};

/// A fit of fixed length from given parameters, or from an M-step that knows the labels
/// alone.
pub fn run(case: &Value, folder: &Path) -> Result<Value, String> {
    let inputs = &case["inputs"];
    let family = covariance_type(inputs)?;
    let plain = matrix(case, folder)?;
    let list = inputs["labels"].as_array().cloned().unwrap_or_default();
    let label = |y: &Value| y.as_u64().map_or(UNLABELLED, |y| y as u8);
    let labels: Vec<u8> = list.iter().map(label).collect();
    let labelled = plain.clone().with_labels(labels.clone());
    let matrix = labelled.map_err(|e| e.to_string())?;
    let floor = Floor::absolute(number(&inputs["reg_covar"]).unwrap_or(0.0));
    let plan = Plan::plain(floor.added(&matrix));
    let n_iter = inputs["n_iter"].as_u64().unwrap_or(0) as usize;
    let given = inputs.get("means").is_some();
    // What the first M-step leads to is the first entry where there are no first parameters.
    let (start, n_iter) = match given {
        true => {
            let start = mixture(inputs, family)?;
            (start.translated(&negated(matrix.centre())), n_iter)
        }
        false => {
            let start = from_labels(&matrix, &labels, family, &plan.floor);
            (start.map_err(|e| e.to_string())?, n_iter - 1)
        }
    };
    let mut em = Em::new(&matrix, start, &plan);
    let mut total = vec![em.log_likelihood()];
    let parameters = |em: &Em| match given {
        true => parameters(em, &matrix, inputs),
        false => whole_matrices(parameters(em, &matrix, inputs), em),
    };
    let mut after_1 = parameters(&em);
    for t in 1..=n_iter {
        em = em.iterate(&matrix, &plan).map_err(say(&total))?;
        total.push(em.log_likelihood());
        if t == 1 && given {
            after_1 = parameters(&em);
        }
    }
    let n = matrix.n_rows();
    let p = em.mixture().n_parameters();
    let first = |m| -> Vec<Vec<f64>> { evaluate(em.mixture(), m).1.into_iter().take(20).collect() };
    let mut result = json!({
        "name": case["name"],
        "log_likelihood": {"mean": total.iter().map(|l| l / n as f64).collect::<Vec<_>>(), "total": total},
        "after_1": after_1,
        "final": parameters(&em),
        "responsibilities": first(&matrix),
        "responsibilities_clamped": first(&matrix),
        "responsibilities_unclamped": first(&plain),
        "n_parameters": p,
        "bic": bic(em.log_likelihood(), p, n),
    });
    if case["expected"].get("converged_optimum").is_some() {
        for t in 0..20_000 {
            let next = em.iterate(&matrix, &plan).map_err(say(&vec![0.0; t]))?;
            let gain = (next.log_likelihood() - em.log_likelihood()).abs();
            em = next;
            if gain < 1e-12 * n as f64 {
                break;
            }
        }
        result["converged_optimum"] = json!({
            "total_log_likelihood": em.log_likelihood(),
            "bic": bic(em.log_likelihood(), p, n),
        });
    }
    Ok(result)
}

/// Covariances as K matrices whatever the family: so mclust gives them.
fn whole_matrices(mut parameters: Value, em: &Em) -> Value {
    let d = em.mixture().dimension();
    let covariances = em.mixture().covariances().iter();
    let matrices: Vec<Vec<Vec<f64>>> = covariances
        .map(|c| {
            (0..d)
                .map(|i| (0..d).map(|j| c.get(i, j)).collect())
                .collect()
        })
        .collect();
    parameters["covariances"] = json!(matrices);
    parameters
}
