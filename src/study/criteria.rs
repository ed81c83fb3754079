use crate::mixture::elementary::ln;

/// Akaike's information criterion -2 L + 2 p, lower is better (Akaike 1974). L is the total
/// log-likelihood (natural logarithm), p the number of free parameters.
pub fn aic(log_likelihood: f64, n_parameters: usize) -> f64 {
    -2.0 * log_likelihood + 2.0 * n_parameters as f64
}

/// The Bayesian information criterion -2 L + p ln N, lower is better (Schwarz 1978). L and p
/// as in [`aic`]; N is the number of rows that were fitted.
pub fn bic(log_likelihood: f64, n_parameters: usize, n_rows: usize) -> f64 {
    -2.0 * log_likelihood + n_parameters as f64 * ln(n_rows as f64)
}
