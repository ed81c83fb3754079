//! The shape of a covariance in numbers.

use super::error::{StudyError, same};
use crate::data::Matrix;
use crate::mixture::Covariance;
use crate::mixture::eigen::symmetric_eigen;

/// How far a covariance is from singular, with every column in units of the data's own
/// standard deviation, so that units do not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditioning {
    /// The largest eigenvalue over the smallest, at least 1 and at most 1e300: the squared
    /// ratio of the longest axis to the shortest.
    pub condition_number: f64,
    /// The smallest eigenvalue: the squared shortest axis, 1 being the data's variance.
    pub smallest: f64,
    /// The smallest eigenvalue's share of their sum, from 0 to 1 / D.
    pub smallest_share: f64,
}

/// Eigenvalues of S_ij / (s_i s_j), s the columns' standard deviations over the rows. A column
/// without variance is measured by the covariance's own.
///
/// # Errors
/// If matrix and covariance differ in the number of columns.
pub fn conditioning(matrix: &Matrix, covariance: &Covariance) -> Result<Conditioning, StudyError> {
    let d = matrix.n_columns();
    same("columns", d, covariance.dimension())?;
    let deviation: Vec<f64> = (0..d)
        .map(|j| match matrix.variance()[j] {
            v if v > 0.0 => v.sqrt(),
            _ => covariance.get(j, j).sqrt(),
        })
        .collect();
    let scaled: Vec<f64> = (0..d * d)
        .map(|e| covariance.get(e / d, e % d) / deviation[e / d] / deviation[e % d])
        .collect();
    // What is beyond a double in these units is as far as can be.
    let finite: Vec<f64> = scaled.iter().map(|v| v.clamp(-1e150, 1e150)).collect();
    let values = symmetric_eigen(d, &finite).values;
    let total: f64 = values.iter().sum();
    let largest = values[0].max(f64::MIN_POSITIVE);
    // The factor exists, so only rounding can have brought it to zero or below.
    let smallest = values[d - 1].max(largest * 1e-300).max(f64::MIN_POSITIVE);
    Ok(Conditioning {
        condition_number: (largest / smallest).clamp(1.0, 1e300),
        smallest,
        smallest_share: (smallest / total.max(f64::MIN_POSITIVE)).min(1.0 / d as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_number_is_that_of_the_axes_whatever_the_units() {
        for (sx, sy) in [(1.0, 1.0), (1e-120, 1e100), (1e6, 1e-6)] {
            // Variance 1 in both columns, in their units.
            let matrix = Matrix::uncentred(&[&[sx, -sx, sx, -sx], &[sy, sy, -sy, -sy]]).unwrap();
            let xy = 0.6 * sx * sy;
            let s = Covariance::dense(2, vec![sx * sx, xy, xy, sy * sy]).unwrap();
            let c = conditioning(&matrix, &s).unwrap();
            assert!((c.condition_number - 4.0).abs() < 1e-10, "{c:?}");
            assert!((c.smallest - 0.4).abs() < 1e-12 && (c.smallest_share - 0.2).abs() < 1e-12);
        }
    }

    #[test]
    fn extremes_and_constant_columns_give_finite_numbers() {
        let matrix = Matrix::from_columns(&[&[1.0, 2.0, 3.0], &[5.0; 3]]).unwrap();
        for variances in [[1e-300, 1e300], [1e300, 1e-300], [1.0, 1e-12]] {
            let s = Covariance::diagonal(variances.to_vec()).unwrap();
            let c = conditioning(&matrix, &s).unwrap();
            assert!(
                c.condition_number.is_finite() && c.condition_number >= 1.0,
                "{c:?}"
            );
            assert!(c.smallest > 0.0 && c.smallest_share >= 0.0);
        }
        let one = Covariance::diagonal(vec![1.0]).unwrap();
        assert!(conditioning(&matrix, &one).is_err());
    }
}
