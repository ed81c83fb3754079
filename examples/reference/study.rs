//! The families that ask what a fit tells: anomaly, drift, pca.

use std::path::Path;

use mixscope::mixture::{
    Covariance, CovarianceType, Mixture, bhattacharyya, kl_divergence, squared_wasserstein_2,
    symmetric_kl,
};
use mixscope::study::{
    Scaling, ScalingMethod, anomaly_scores, divergence, drift, kolmogorov_smirnov_p_value,
    monte_carlo_kl, oddest, principal_components, quantile,
};
use serde_json::{Value, json};

use super::{columns, data, matrix, mixture, negated, numbers, rows};

/// Any error as a sentence.
fn say(e: impl std::fmt::Display) -> String {
    e.to_string()
}

/// Scores under a given mixture. The cases score by log-density: the lowest is the oddest.
pub fn anomaly(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let mixture = mixture(&case["inputs"], CovarianceType::Full)?;
    let mixture = mixture.translated(&negated(matrix.centre()));
    let scores = anomaly_scores(&matrix, &mixture).map_err(say)?;
    let of = |q: f64| quantile(&scores, 1.0 - q).map(|v| -v).map_err(say);
    let levels = numbers(&case["inputs"]["quantiles"])?;
    let values: Result<Vec<f64>, String> = levels.iter().map(|&q| of(q)).collect();
    let threshold = -of(0.05)?;
    Ok(json!({
        "name": case["name"],
        "scores_first": scores.iter().take(20).map(|s| -s).collect::<Vec<_>>(),
        "quantile_values": values?,
        "ten_lowest_rows": oddest(&scores, 10),
        "rows_strictly_below_5_percent_quantile": mixscope::study::above(&scores, threshold),
    }))
}

/// Distances of samples in one column, or divergences of Gaussians or of mixtures.
pub fn drifting(case: &Value) -> Result<Value, String> {
    let inputs = &case["inputs"];
    if inputs.get("a").is_some() {
        one_column(case)
    } else if inputs.get("p").is_some() {
        mixtures(case)
    } else {
        gaussians(case)
    }
}

fn one_column(case: &Value) -> Result<Value, String> {
    let inputs = &case["inputs"];
    let (a, b) = (numbers(&inputs["a"])?, numbers(&inputs["b"])?);
    let weights = |key: &str| inputs.get(key).map(numbers).transpose();
    let (wa, wb) = (weights("weights_a")?, weights("weights_b")?);
    let d = drift(&a, wa.as_deref(), &b, wb.as_deref()).map_err(say)?;
    let p = kolmogorov_smirnov_p_value(d.kolmogorov_smirnov, a.len(), b.len()).map_err(say)?;
    Ok(json!({
        "name": case["name"],
        "wasserstein_1": d.wasserstein_1,
        "wasserstein_2_quantile_coupling": d.wasserstein_2,
        "energy_distance": d.energy,
        "ks_statistic": d.kolmogorov_smirnov,
        "ks_pvalue": p,
        // The cases give its size.
        "mean_difference": d.mean_difference.abs(),
    }))
}

fn gaussians(case: &Value) -> Result<Value, String> {
    let inputs = &case["inputs"];
    let (m0, m1) = (numbers(&inputs["mean0"])?, numbers(&inputs["mean1"])?);
    let dense = |v: &Value| Covariance::dense(m0.len(), rows(v)?.concat()).map_err(say);
    let (s0, s1) = (dense(&inputs["cov0"])?, dense(&inputs["cov1"])?);
    let one = |m: &[f64], s: &Covariance| {
        let covariance = std::rc::Rc::new(s.clone());
        Mixture::new(
            CovarianceType::Full,
            vec![1.0],
            vec![m.to_vec()],
            vec![covariance],
        )
        .map_err(say)
    };
    let w2 = squared_wasserstein_2(&m0, &s0, &m1, &s1);
    let drawn = drawn(
        &one(&m0, &s0)?,
        &one(&m1, &s1)?,
        &case["expected"]["mc_kl_01"],
    )?;
    Ok(json!({
        "name": case["name"],
        "kl_01": kl_divergence(&m0, &s0, &m1, &s1),
        "kl_10": kl_divergence(&m1, &s1, &m0, &s0),
        "symmetric_kl": symmetric_kl(&m0, &s0, &m1, &s1),
        "bhattacharyya": bhattacharyya(&m0, &s0, &m1, &s1),
        "w2_squared": w2,
        "w2": w2.sqrt(),
        "mc_kl_01": drawn,
    }))
}

fn mixtures(case: &Value) -> Result<Value, String> {
    let of = |key: &str| {
        let mut given = case["inputs"][key].clone();
        // In one column the cases write numbers for vectors and matrices.
        if given.get("variances").is_some() {
            let wrap = |v: &Value, depth: usize| -> Result<Value, String> {
                let wrapped = numbers(v)?.into_iter().map(|x| match depth {
                    1 => json!([x]),
                    _ => json!([[x]]),
                });
                Ok(wrapped.collect())
            };
            given["means"] = wrap(&given["means"], 1)?;
            given["covariances"] = wrap(&given["variances"], 2)?;
        }
        mixture(&given, CovarianceType::Full)
    };
    let (p, q) = (of("p")?, of("q")?);
    let d = divergence(&p, &q).map_err(say)?;
    Ok(json!({
        "name": case["name"],
        "kl_pq": d.kl,
        "kl_qp": d.reverse_kl,
        "jensen_shannon": d.jensen_shannon,
        "entropy_p": d.entropy,
        "per_sample_log_ratio_standard_deviation": d.log_ratio_deviation,
        "mc_kl_pq": drawn(&p, &q, &case["expected"]["mc_kl_pq"])?,
    }))
}

/// As many draws as the case made, from a seed of our own: another sample of the same estimate.
fn drawn(p: &Mixture, q: &Mixture, like: &Value) -> Result<Value, String> {
    let n = like["n"].as_u64().unwrap_or(100_000) as usize;
    let e = monte_carlo_kl(p, q, n, 1).map_err(say)?;
    Ok(json!({"value": e.value, "standard_error": e.standard_error, "n": n}))
}

/// Principal components of the columns, or of the standardised columns.
pub fn pca(case: &Value, folder: &Path) -> Result<Value, String> {
    let given = matrix(case, folder)?;
    let scaling = Scaling::of(&given, ScalingMethod::Standardise);
    let fitted = match case["inputs"]["standardise"].as_bool() {
        Some(true) => scaling.apply(&given).map_err(say)?,
        _ => columns(&data(case, folder)?),
    };
    let slices: Vec<&[f64]> = fitted.iter().map(Vec::as_slice).collect();
    let matrix = mixscope::data::Matrix::from_columns(&slices).map_err(say)?;
    let all = principal_components(&matrix).map_err(say)?;
    let scores = all.apply(&matrix).map_err(say)?;
    let n = matrix.n_rows();
    let two = all.first(2).map_err(say)?;
    let back = two.undo(&scores[..2]).map_err(say)?;
    let lost = back.iter().flatten().zip(fitted.iter().flatten());
    let lost: f64 = lost.map(|(a, b)| (a - b) * (a - b)).sum();
    let first: Vec<Vec<f64>> = (0..n.min(20))
        .map(|i| scores.iter().map(|s| s[i]).collect())
        .collect();
    let singular = all.explained_variance.iter();
    Ok(json!({
        "name": case["name"],
        "scaler_mean": scaling.centre,
        "scaler_scale": scaling.scale,
        "mean": all.centre,
        "components": all.components,
        "explained_variance": all.explained_variance,
        "explained_variance_ratio": all.explained_variance_ratio,
        "singular_values": singular.map(|v| (v * (n - 1) as f64).sqrt()).collect::<Vec<_>>(),
        "scores_first": first,
        "reconstruction_mse_2": lost / (n * matrix.n_columns()) as f64,
    }))
}
