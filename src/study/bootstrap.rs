//! How far parameters would differ on other rows of the same kind.

use super::error::{StudyError, count, fraction, same};
use super::rows::Fit;
use super::spread::{ParameterSpread, aligned_parameters, spread};
use crate::data::Matrix;
use crate::fit::Random;
use crate::mixture::Mixture;

/// What the bootstrap found.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// Every parameter over the replicates that could be fitted.
    pub parameters: ParameterSpread,
    /// Replicates whose fit failed or came out in another size, or not finite.
    pub failed: usize,
}

/// The most replicates.
const MOST_REPLICATES: usize = 100_000;

/// The nonparametric bootstrap of a fit (Efron 1979; for mixtures McLachlan and Peel 2000,
/// section 2.16): `replicates` times, N rows are drawn with replacement by `seed` and fitted,
/// and the components are matched with those of `reference`. The spread over the replicates
/// estimates the standard errors, its percentiles an interval of the given `level`. The rows
/// are in the coordinates of `matrix` and keep their weights and labels; fits that start at `reference` stay at its
/// optimum, which is what the standard error is about.
///
/// # Errors
/// If there are fewer than 2 replicates or above 100 000, the level is not from 0 to 1, the
/// columns differ, or fewer than 2 replicates could be fitted.
pub fn bootstrap(
    matrix: &Matrix,
    reference: &Mixture,
    replicates: usize,
    level: f64,
    seed: u64,
    fit: &mut Fit<'_>,
) -> Result<Bootstrap, StudyError> {
    count("replicates", replicates, 2, MOST_REPLICATES)?;
    fraction("a confidence level", level)?;
    same("columns", matrix.n_columns(), reference.dimension())?;
    let n = matrix.n_rows();
    let mut random = Random::new(seed);
    let mut fits = Vec::with_capacity(replicates);
    for _ in 0..replicates {
        let rows: Vec<usize> = (0..n).map(|_| random.below(n)).collect();
        let fitted = fit(&matrix.subset(&rows));
        let parameters = fitted.and_then(|f| aligned_parameters(reference, &f));
        fits.extend(parameters.filter(|p| p.iter().all(|v| v.is_finite())));
    }
    if fits.len() < 2 {
        return Err(StudyError::Fit {
            what: "replicate",
            index: fits.len(),
        });
    }
    Ok(Bootstrap {
        parameters: spread(reference, &fits, level),
        failed: replicates - fits.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;
    use crate::fit::{Em, Plan};
    use crate::study::sample_rows;

    /// EM from `start`, in whatever order of components.
    fn em(matrix: &Matrix, start: &Mixture) -> Option<Mixture> {
        let plan = Plan::plain(vec![0.0; matrix.n_columns()]);
        let mut em = Em::new(matrix, start.clone(), &plan);
        for _ in 0..30 {
            em = em.iterate(matrix, &plan).ok()?;
        }
        Some(em.mixture().clone())
    }

    #[test]
    fn bootstrap_errors_of_one_gaussian_are_those_of_the_textbook() {
        let x = &sample_rows(&line(&[(1.0, 3.0, 4.0)]), 400, 9).columns[0];
        let matrix = Matrix::uncentred(&[x]).unwrap();
        let fit = em(&matrix, &line(&[(1.0, 3.0, 4.0)])).unwrap();
        let b = bootstrap(&matrix, &fit, 400, 0.95, 1, &mut |rows| em(rows, &fit)).unwrap();
        let (mean, variance) = (b.parameters.mean(0, 0), b.parameters.covariance(0, 0, 0));
        let s2 = fit.covariances()[0].get(0, 0);
        // sd of a mean: s / sqrt N; of a variance: s^2 sqrt(2 / N).
        assert!(
            (mean.deviation / (s2 / 400.0).sqrt() - 1.0).abs() < 0.12,
            "{mean:?}"
        );
        assert!(
            (variance.deviation / (s2 * (2.0f64 / 400.0).sqrt()) - 1.0).abs() < 0.2,
            "{variance:?}"
        );
        assert!(((mean.high - mean.low) / (3.92 * mean.deviation) - 1.0).abs() < 0.15);
        assert!(mean.low < fit.means()[0][0] && fit.means()[0][0] < mean.high);
        assert_eq!((b.failed, b.parameters.n_fits()), (0, 400));
        assert_eq!(b.parameters.weight(0).deviation, 0.0);
    }

    #[test]
    fn replicates_whose_labels_are_switched_do_not_widen_the_spread() {
        let truth = line(&[(0.3, 0.0, 1.0), (0.7, 30.0, 1.0)]);
        let turned = line(&[(0.7, 30.0, 1.0), (0.3, 0.0, 1.0)]);
        let x = &sample_rows(&truth, 300, 2).columns[0];
        let matrix = Matrix::uncentred(&[x]).unwrap();
        let mut calls = 0;
        let b = bootstrap(&matrix, &truth, 60, 0.9, 1, &mut |rows| {
            calls += 1;
            match calls % 3 {
                0 => None,
                1 => em(rows, &truth),
                _ => em(rows, &turned),
            }
        })
        .unwrap();
        assert_eq!((b.failed, b.parameters.n_fits()), (20, 40));
        assert!(b.parameters.mean(0, 0).deviation < 0.3);
        assert!((b.parameters.weight(1).mean - 0.7).abs() < 0.1);
    }

    #[test]
    fn what_has_no_spread_is_refused() {
        let matrix = Matrix::uncentred(&[&[0.0, 1.0]]).unwrap();
        let one = line(&[(1.0, 0.0, 1.0)]);
        let no = |b, level, fit: &mut Fit<'_>| {
            bootstrap(&matrix, &one, b, level, 1, fit)
                .unwrap_err()
                .to_string()
        };
        assert!(no(0, 0.9, &mut |_| None).contains("0 replicates: choose"));
        assert!(no(10, 1.5, &mut |_| None).contains("level"));
        assert!(no(10, 0.9, &mut |_| None).contains("failed"));
        assert!(no(10, 0.9, &mut |_| Some(line(&[(0.5, 0.0, 1.0); 2]))).contains("failed"));
    }
}
