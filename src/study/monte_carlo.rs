//! How far one mixture is from another, by drawing.

use super::error::{StudyError, count, same};
use super::rows::{log_density, uncentred, without_noise};
use crate::fit::Random;
use crate::mixture::{Mixture, sample};

/// A Monte Carlo estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean over the draws.
    pub value: f64,
    /// Their standard deviation divided by the root of their number.
    pub standard_error: f64,
}

/// Rows drawn at a time: memory does not grow with their number.
const DRAWN_ROWS: usize = 4096;

/// KL(p || q) in nats as the mean of ln p(x) - ln q(x) over `n` draws x from p, with its
/// standard error (Hershey and Olsen 2007). By chance the estimate may be below 0.
///
/// # Errors
/// If p and q differ in the number of columns, one has a noise component, n is below 2, or a draw is above 1e150.
pub fn monte_carlo_kl(
    p: &Mixture,
    q: &Mixture,
    n: usize,
    seed: u64,
) -> Result<Estimate, StudyError> {
    same("columns", p.dimension(), q.dimension())?;
    without_noise([p, q])?;
    count("draws", n, 2, usize::MAX)?;
    let mut random = Random::new(seed);
    // Mean and sum of squares about it, updated draw by draw (Welford 1962).
    let (mut mean, mut squares, mut seen) = (0.0, 0.0, 0.0);
    let mut left = n;
    while left > 0 {
        let draws = sample(p, left.min(DRAWN_ROWS), &mut || random.uniform());
        left -= draws.labels.len();
        let matrix = uncentred(&draws.columns)?;
        let (lp, lq) = (log_density(&matrix, p)?, log_density(&matrix, q)?);
        for (lp, lq) in lp.iter().zip(&lq) {
            seen += 1.0;
            let off = (lp - lq) - mean;
            mean += off / seen;
            squares += off * ((lp - lq) - mean);
        }
    }
    let variance = squares.max(0.0) / (seen - 1.0);
    Ok(Estimate {
        value: mean,
        standard_error: (variance / seen).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{line, plane};
    use super::*;
    use crate::study::divergence;

    #[test]
    fn the_estimate_and_its_error_are_those_of_the_integral() {
        let p = plane(&[
            (0.4, [0.0, 1.0], [1.0, 0.3, 2.0]),
            (0.6, [4.0, 0.0], [0.5, 0.0, 1.0]),
        ]);
        let q = plane(&[(1.0, [1.0, -1.0], [2.0, -0.5, 1.0])]);
        let exact = divergence(&p, &q).unwrap();
        let drawn = monte_carlo_kl(&p, &q, 20_000, 3).unwrap();
        assert!((drawn.value - exact.kl).abs() < 4.0 * drawn.standard_error);
        let expected = exact.log_ratio_deviation / 20_000f64.sqrt();
        assert!((drawn.standard_error / expected - 1.0).abs() < 0.05);
        assert_eq!(drawn, monte_carlo_kl(&p, &q, 20_000, 3).unwrap());
        assert_eq!(monte_carlo_kl(&p, &p, 100, 3).unwrap().value, 0.0);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let (one, two) = (
            line(&[(1.0, 0.0, 1.0)]),
            plane(&[(1.0, [0.0; 2], [1.0, 0.0, 1.0])]),
        );
        assert!(monte_carlo_kl(&one, &two, 100, 1).is_err());
        assert!(
            monte_carlo_kl(&one, &one, 1, 1)
                .unwrap_err()
                .to_string()
                .contains("draws")
        );
        // Draws whose squares are beyond a double.
        let far = line(&[(1.0, 1e151, 1.0)]);
        assert!(monte_carlo_kl(&far, &one, 10, 1).is_err());
    }
}
