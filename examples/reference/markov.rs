//! Hidden Markov models: Baum-Welch from given parameters, posteriors, Viterbi's path.

use std::path::Path;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, Plan, strongest};
use mixscope::mixture::{Chain, Mixture, Responsibilities};
use mixscope::study::{aic, bic, viterbi};
use serde_json::{Value, json};

use super::{covariance_type, matrix, mixture, negated, number, numbers, parameters, rows, say};

/// A fit of fixed length from given parameters.
pub fn hmm(case: &Value, folder: &Path) -> Result<Value, String> {
    let inputs = &case["inputs"];
    let lengths: Vec<usize> = numbers(&inputs["lengths"])?
        .iter()
        .map(|&n| n as usize)
        .collect();
    let matrix = matrix(case, folder)?
        .with_sequences(&lengths)
        .map_err(|e| e.to_string())?;
    let start = first(inputs)?.translated(&negated(matrix.centre()));
    let floor = Floor::absolute(number(&inputs["reg_covar"]).unwrap_or(0.0));
    let plan = Plan::plain(floor.added(&matrix));

    let mut em = Em::new(&matrix, start, &plan);
    let mut total = vec![em.log_likelihood()];
    let mut after_1 = Value::Null;
    for t in 1..=inputs["n_iter"].as_u64().unwrap_or(0) {
        em = em.iterate(&matrix, &plan).map_err(say(&total))?;
        total.push(em.log_likelihood());
        if t == 1 {
            after_1 = states(&em, &matrix, inputs);
        }
    }
    let expected = &case["expected"];
    let shown = |key: &Value| key.as_array().map_or(20, Vec::len);
    let posteriors = posteriors(em.mixture(), &matrix);
    let path = viterbi(&matrix, em.mixture()).ok_or("no chain")?;
    let n_states = path.states.len().min(shown(&expected["viterbi"]["path"]));
    let p = em.mixture().n_parameters();
    Ok(json!({
        "name": case["name"],
        "log_likelihood": {"total": total},
        "after_1": after_1,
        "final": states(&em, &matrix, inputs),
        "posteriors": posteriors.iter().take(shown(&expected["posteriors"])).collect::<Vec<_>>(),
        "posterior_argmax": strongest(&matrix, em.mixture()),
        "viterbi": {"log_prob": path.log_probability, "path": path.states[..n_states]},
        "n_parameters": p,
        "aic": aic(em.log_likelihood(), p),
        "bic": bic(em.log_likelihood(), p, matrix.n_rows()),
    }))
}

/// The parameters given. The states' occupancy is not among them, and nothing depends on it.
fn first(inputs: &Value) -> Result<Mixture, String> {
    let chain = Chain::new(
        numbers(&inputs["startprob"])?,
        rows(&inputs["transmat"])?.concat(),
    )
    .map_err(|e| e.to_string())?;
    let k = chain.n_states();
    let mut inputs = inputs.clone();
    inputs["weights"] = json!(vec![1.0 / k as f64; k]);
    mixture(&inputs, covariance_type(&inputs)?)?
        .with_chain(chain)
        .map_err(|e| e.to_string())
}

fn states(em: &Em, matrix: &Matrix, inputs: &Value) -> Value {
    let mut result = parameters(em, matrix, inputs);
    if let Some(chain) = em.mixture().chain() {
        result["startprob"] = json!(chain.start());
        let rows = chain.transitions().chunks(chain.n_states());
        result["transmat"] = json!(rows.collect::<Vec<_>>());
    }
    result
}

/// Posteriors of every row, N x K.
fn posteriors(mixture: &Mixture, matrix: &Matrix) -> Vec<Vec<f64>> {
    let mut responsibilities = Responsibilities::new(matrix, mixture);
    let mut rows = Vec::with_capacity(matrix.n_rows());
    for block in matrix.blocks() {
        responsibilities.take(&block);
        for i in 0..block.len() {
            let r = |k| responsibilities.row(k)[i];
            rows.push((0..mixture.n_components()).map(r).collect());
        }
    }
    rows
}
