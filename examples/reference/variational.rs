//! Variational Bayes: scikit-learn's `BayesianGaussianMixture` from given labels.

use std::path::Path;
use std::rc::Rc;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, Plan, VariationalPrior, strongest};
use mixscope::mixture::special::ln_gamma;
use mixscope::mixture::{Concentration, Covariance, CovarianceType, Mixture};
use serde_json::{Value, json};

use super::{covariance_type, evaluate, matrix, number, numbers, parameters, rows, shifted};

pub fn run(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let inputs = &case["inputs"];
    let family = covariance_type(inputs)?;
    let prior = prior(inputs, family, &matrix)?;
    let floor = Floor::absolute(number(&inputs["reg_covar"]).unwrap_or(0.0));
    let plan = Plan {
        variational: Some(prior.clone()),
        ..Plan::plain(floor.added(&matrix))
    };
    let labels = numbers(&inputs["initial_labels"])?;
    let labels = labels.iter().map(|&y| y as u8).collect();
    let k = inputs["n_components"].as_u64().unwrap_or(0) as usize;
    let d = matrix.n_columns();

    // Rows that are labelled belong to their component alone, whatever the parameters.
    let labelled = matrix.clone().with_labels(labels).map_err(say)?;
    let unit = Rc::new(Covariance::diagonal(vec![1.0; d]).map_err(say)?);
    let centres = vec![vec![0.0; d]; k];
    let any = Mixture::new(family, vec![1.0 / k as f64; k], centres, vec![unit; k]).map_err(say)?;
    let first = Em::new(&labelled, any, &plan);
    let after_init = posterior(&first, &matrix, inputs);
    let mut elbo = vec![prior.lower_bound(&labelled, first.mixture(), first.mixture())];
    let mut em = Em::resume(&matrix, first.state().clone(), &plan);

    let mut sklearn = Vec::new();
    let mut after_1 = Value::Null;
    for t in 1..=inputs["n_iter"].as_u64().unwrap_or(0) {
        let next = em.iterate(&matrix, &plan).map_err(say)?;
        elbo.push(prior.lower_bound(&matrix, em.mixture(), next.mixture()));
        sklearn.push(entropy(em.mixture(), &matrix) + without_constants(next.mixture()));
        em = next;
        if t == 1 {
            after_1 = posterior(&em, &matrix, inputs);
        }
    }
    let (log_density, responsibilities) = evaluate(em.mixture(), &matrix);
    let mut result = json!({
        "name": case["name"],
        "sklearn_lower_bound": {"values": sklearn},
        "textbook_elbo": {"total": elbo},
        "after_init": after_init,
        "after_1": after_1,
        "final": posterior(&em, &matrix, inputs),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
        "labels": strongest(&matrix, em.mixture()),
        "log_density_first": log_density.iter().take(20).collect::<Vec<_>>(),
    });
    let query = shifted(&rows(&case["expected"]["query"])?, matrix.centre())?;
    result["query_log_density"] = json!(evaluate(em.mixture(), &query).0);
    result["posterior_predictive_query_log_density"] = (0..query.n_rows())
        .map(|i| em.mixture().predictive_log_density(&query.row(i)))
        .collect();
    Ok(result)
}

fn say(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn prior(
    inputs: &Value,
    family: CovarianceType,
    matrix: &Matrix,
) -> Result<VariationalPrior, String> {
    let given = &inputs["priors"];
    let d = matrix.n_columns();
    let one = |key: &str| number(&given[key]).ok_or_else(|| format!("no {key}"));
    let scale = &given["covariance_prior"];
    let scale = match family {
        CovarianceType::Diagonal => Covariance::diagonal(numbers(scale)?),
        CovarianceType::Spherical => Covariance::diagonal(vec![one("covariance_prior")?; d]),
        _ => Covariance::dense(d, rows(scale)?.concat()),
    };
    let mean = numbers(&given["mean_prior"])?;
    Ok(VariationalPrior {
        process: inputs["weight_concentration_prior_type"] == "dirichlet_process",
        concentration: one("weight_concentration_prior")?,
        mean_precision: one("mean_precision_prior")?,
        degrees_of_freedom: one("degrees_of_freedom_prior")?,
        mean: mean
            .iter()
            .zip(matrix.centre())
            .map(|(m, c)| m - c)
            .collect(),
        scale: scale.map_err(say)?,
    })
}

fn posterior(em: &Em, matrix: &Matrix, inputs: &Value) -> Value {
    let mut result = parameters(em, matrix, inputs);
    let Some(p) = em.mixture().posterior() else {
        return Value::Null;
    };
    result["weight_concentration"] = match p.concentration() {
        Concentration::Dirichlet(alpha) => json!(alpha),
        Concentration::Sticks(pairs) => {
            let side = |i: usize| pairs.iter().map(|p| p[i]).collect::<Vec<_>>();
            json!([side(0), side(1)])
        }
    };
    result["mean_precision"] = json!(p.mean_precision());
    result["degrees_of_freedom"] = match em.mixture().covariance_type() {
        CovarianceType::Tied => json!(p.degrees_of_freedom()[0]),
        _ => json!(p.degrees_of_freedom()),
    };
    result
}

/// - sum of r ln r.
fn entropy(mixture: &Mixture, matrix: &Matrix) -> f64 {
    let (_, r) = evaluate(mixture, matrix);
    let terms = r.iter().flatten().filter(|&&r| r > 0.0);
    -terms.map(|&r| r * r.ln()).sum::<f64>()
}

/// What scikit-learn's bound has of the posterior: its log-normalisers, without those of
/// the prior, which are constants.
fn without_constants(mixture: &Mixture) -> f64 {
    let Some(p) = mixture.posterior() else {
        return f64::NAN;
    };
    let d = mixture.dimension() as f64;
    let weights = match p.concentration() {
        Concentration::Dirichlet(alpha) => {
            ln_gamma(alpha.iter().sum()) - alpha.iter().map(|&a| ln_gamma(a)).sum::<f64>()
        }
        Concentration::Sticks(pairs) => pairs
            .iter()
            .map(|&[a, b]| ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b))
            .sum(),
    };
    let one = |k: usize| {
        let nu = p.degrees_of_freedom()[k];
        let half = -0.5 * (mixture.covariances()[k].log_determinant() + d * nu.ln());
        let gammas: f64 = (0..mixture.dimension())
            .map(|i| ln_gamma(0.5 * (nu - i as f64)))
            .sum();
        nu * half + 0.5 * nu * d * 2f64.ln() + gammas - 0.5 * d * p.mean_precision()[k].ln()
    };
    (0..mixture.n_components()).map(one).sum::<f64>() - weights
}
