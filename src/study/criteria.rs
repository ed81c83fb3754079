//! Criteria that weigh a fit against its size.

use super::error::StudyError;
use super::rows::{for_each_block, weight};
use crate::data::Matrix;
use crate::mixture::elementary::ln;
use crate::mixture::{Mixture, n_shares};

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

/// The integrated completed likelihood in its BIC-like form, BIC + 2 EN, lower is better
/// (Biernacki, Celeux and Govaert 2000; with the entropy of the responsibilities as in
/// McLachlan and Peel 2000, section 6.10.3, and both in the sign of [`bic`]: many papers and
/// packages have minus this, and the larger the better). `bic` as from [`bic`], `entropy`
/// as from [`entropy`]. Where BIC counts the components a density needs, ICL counts those
/// that stand apart.
pub fn icl(bic: f64, entropy: f64) -> f64 {
    bic + 2.0 * entropy
}

/// The entropy of the responsibilities, EN = - sum over rows and components of
/// r_ik ln r_ik, in nats (Celeux and Soromenho 1996): 0 if every row belongs to one
/// component for certain, N ln K if none tells anything. Rows count by their weights, and a
/// noise component is one more. `mixture` is in the matrix's
/// coordinates.
///
/// # Errors
/// If matrix and mixture differ in the number of columns.
pub fn entropy(matrix: &Matrix, mixture: &Mixture) -> Result<f64, StudyError> {
    let mut total = 0.0;
    for_each_block(matrix, mixture, &mut |block, e| {
        for k in 0..n_shares(mixture) {
            for (i, &r) in e.row(k)[..block.len()].iter().enumerate() {
                // Rounding may leave a responsibility a hair above 1.
                if r > 0.0 && r < 1.0 {
                    total -= weight(block, i) * (r * ln(r));
                }
            }
        }
    })?;
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;

    #[test]
    fn entropy_runs_from_certainty_to_ignorance() {
        let x: Vec<f64> = (0..300).map(|i| f64::from(i % 2) * 100.0).collect();
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let apart = line(&[(0.5, 0.0, 1.0), (0.5, 100.0, 1.0)]);
        assert_eq!(entropy(&matrix, &apart), Ok(0.0));
        let same = line(&[(0.25, 50.0, 1.0); 4]);
        let most = 300.0 * 4f64.ln();
        assert!((entropy(&matrix, &same).unwrap() - most).abs() < 1e-10 * most);
        let with_empty = line(&[(0.5, 0.0, 1.0), (0.5, 0.0, 1.0), (0.0, 0.0, 1.0)]);
        let two = 300.0 * 2f64.ln();
        assert!((entropy(&matrix, &with_empty).unwrap() - two).abs() < 1e-10 * two);
    }

    #[test]
    fn icl_is_bic_and_twice_the_entropy() {
        assert_eq!(icl(100.0, 7.5), 115.0);
        assert_eq!(icl(100.0, 0.0), 100.0);
    }
}
