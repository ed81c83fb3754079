//! Cases that start with an M-step from one-hot responsibilities, in any of the fourteen
//! families; covariances are written as K whole matrices.

use std::path::Path;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Plan, from_labels};
use mixscope::mixture::{CovarianceType, Mixture};
use mixscope::study::{aic, bic};
use serde_json::{Value, json};

use super::{evaluate, matrix, numbers, optimum, say};

/// Entry t of the trajectory belongs to the parameters after M-step t + 1.
pub fn run(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let inputs = &case["inputs"];
    let code = inputs["mclust_model"].as_str().unwrap_or("?");
    let family = CovarianceType::from_code(code).ok_or_else(|| format!("no family {code}"))?;
    let labels: Vec<u8> = numbers(&inputs["initial_labels"])?
        .iter()
        .map(|&l| l as u8)
        .collect();
    let plan = Plan::plain(vec![0.0; matrix.n_columns()]);
    let start = from_labels(&matrix, &labels, family, &plan.floor).map_err(|e| e.to_string())?;

    let mut em = Em::new(&matrix, start, &plan);
    let after_1 = parameters(em.mixture(), &matrix);
    let mut total = vec![em.log_likelihood()];
    for _ in 1..inputs["n_iter"].as_u64().unwrap_or(1) {
        em = em.iterate(&matrix, &plan).map_err(say(&total))?;
        if em.log_likelihood() < total[total.len() - 1] - 1e-10 * total[0].abs() {
            return Err(format!(
                "the log-likelihood fell to {}",
                em.log_likelihood()
            ));
        }
        total.push(em.log_likelihood());
    }
    let n = matrix.n_rows();
    let p = em.mixture().n_parameters();
    let criterion = bic(em.log_likelihood(), p, n);
    let responsibilities = evaluate(em.mixture(), &matrix).1;
    Ok(json!({
        "name": case["name"],
        "log_likelihood": {
            "mean": total.iter().map(|l| l / n as f64).collect::<Vec<_>>(),
            "total": total,
        },
        "n_parameters": p,
        "aic": aic(em.log_likelihood(), p),
        "bic": criterion,
        "bic_mclust_sign": -criterion,
        "after_1": after_1,
        "final": parameters(em.mixture(), &matrix),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
        "converged_optimum": optimum(case, em, &matrix, &plan)?,
    }))
}

/// Weights, means and whole covariances in the data's own coordinates.
fn parameters(mixture: &Mixture, matrix: &Matrix) -> Value {
    let d = mixture.dimension();
    let covariances: Vec<Vec<Vec<f64>>> = mixture
        .covariances()
        .iter()
        .map(|c| {
            let row = |i| (0..d).map(|j| c.get(i, j)).collect();
            (0..d).map(row).collect()
        })
        .collect();
    let mixture = mixture.translated(matrix.centre());
    json!({
        "weights": mixture.weights(),
        "means": mixture.means(),
        "covariances": covariances,
    })
}
