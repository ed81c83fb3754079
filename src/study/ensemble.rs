//! Several fits as one.

use super::error::{StudyError, count, fraction, same};
use super::rows::log_density;
use super::spread::{ParameterSpread, aligned_parameters, spread};
use crate::data::Matrix;
use crate::mixture::Mixture;
use crate::mixture::elementary::{exp, ln};

/// Mean, standard deviation and percentile interval (of `level`, 0 to 1) of every parameter
/// over several fits of one size in one system of coordinates, components matched with those
/// of the first.
///
/// # Errors
/// If there are fewer than 2 fits, they differ in the number of components or columns, or
/// the level is not from 0 to 1.
pub fn ensemble_parameters(fits: &[Mixture], level: f64) -> Result<ParameterSpread, StudyError> {
    fraction("a confidence level", level)?;
    count("fits", fits.len(), 2, usize::MAX)?;
    let first = &fits[0];
    let mut parameters = Vec::with_capacity(fits.len());
    for fit in fits {
        same("columns", first.dimension(), fit.dimension())?;
        same("components", first.n_components(), fit.n_components())?;
        parameters.extend(aligned_parameters(first, fit));
    }
    Ok(spread(first, &parameters, level))
}

/// ln of the mean of the fits' densities at every row, N numbers (Smyth and Wolpert 1999):
/// several fits, of any size, as one estimate. All are in the matrix's coordinates.
///
/// # Errors
/// If there are no fits, or one differs from the matrix in the number of columns.
pub fn ensemble_log_density(matrix: &Matrix, fits: &[Mixture]) -> Result<Vec<f64>, StudyError> {
    let Some((first, others)) = fits.split_first() else {
        return Err(StudyError::Empty("fits"));
    };
    let mut highest = log_density(matrix, first)?;
    let mut sums = vec![1.0; highest.len()];
    for fit in others {
        let density = log_density(matrix, fit)?;
        for ((h, s), l) in highest.iter_mut().zip(&mut sums).zip(density) {
            if l > *h {
                *s = *s * exp(*h - l) + 1.0;
                *h = l;
            } else {
                *s += exp(l - *h);
            }
        }
    }
    let n = fits.len() as f64;
    for (h, s) in highest.iter_mut().zip(&sums) {
        *h += ln(s / n);
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{line, plane};
    use super::*;
    use crate::study::Spread;

    #[test]
    fn parameters_are_found_under_their_place() {
        let a = plane(&[
            (0.4, [1.0, 2.0], [3.0, 0.5, 4.0]),
            (0.6, [11.0, 12.0], [5.0, 0.7, 6.0]),
        ]);
        let b = plane(&[
            (0.5, [11.5, 12.0], [5.0, 0.9, 6.0]),
            (0.5, [1.0, 2.0], [3.0, 0.5, 4.0]),
        ]);
        let s = ensemble_parameters(&[a, b], 1.0).unwrap();
        assert_eq!((s.weight(1).low, s.weight(1).high), (0.5, 0.6));
        assert!((s.weight(0).deviation - 0.1 / 2f64.sqrt()).abs() < 1e-15);
        assert!((s.mean(1, 0).mean - 11.25).abs() < 1e-14);
        assert_eq!(
            s.mean(0, 1),
            Spread {
                mean: 2.0,
                deviation: 0.0,
                low: 2.0,
                high: 2.0
            }
        );
        assert_eq!(
            (s.covariance(1, 0, 1).low, s.covariance(1, 1, 0).high),
            (0.7, 0.9)
        );
        assert_eq!(s.covariance(1, 1, 1).mean, 6.0);
        let wide = line(&[(1.0, 0.0, 1e290)]);
        let s = ensemble_parameters(&[wide, line(&[(1.0, 0.0, 3e290)])], 0.5).unwrap();
        assert!((s.covariance(0, 0, 0).deviation / 2f64.sqrt() - 1e290).abs() < 1e277);
    }

    #[test]
    fn the_density_of_an_ensemble_is_the_mean_of_the_densities() {
        let x = [-1.0, 0.0, 2.0, 500.0, -1e4];
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let fits = [
            line(&[(1.0, 0.0, 1.0)]),
            line(&[(0.5, 2.0, 1.0), (0.5, 500.0, 4.0)]),
            line(&[(1.0, 400.0, 9.0)]),
        ];
        let all: Vec<Vec<f64>> = fits
            .iter()
            .map(|f| log_density(&matrix, f).unwrap())
            .collect();
        let mean = ensemble_log_density(&matrix, &fits).unwrap();
        for i in 0..x.len() {
            let high = all.iter().map(|l| l[i]).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = all.iter().map(|l| (l[i] - high).exp()).sum();
            assert!(
                (mean[i] - (high + (sum / 3.0).ln())).abs() < 1e-9,
                "{}",
                x[i]
            );
        }
        let same = ensemble_log_density(&matrix, &[fits[1].clone(), fits[1].clone()]).unwrap();
        assert_eq!(same, all[1]);
    }

    #[test]
    fn fits_that_make_no_ensemble_are_refused() {
        let matrix = Matrix::uncentred(&[&[0.0, 1.0]]).unwrap();
        let one = line(&[(1.0, 0.0, 1.0)]);
        assert!(ensemble_log_density(&matrix, &[]).is_err());
        assert!(ensemble_parameters(std::slice::from_ref(&one), 0.9).is_err());
        let two = line(&[(0.5, 0.0, 1.0); 2]);
        let error = ensemble_parameters(&[one, two], 0.9).unwrap_err();
        assert!(error.to_string().contains("2 components where 1"));
    }
}
