use std::fmt;

use serde::{Deserialize, Serialize};

use super::elementary::ln;

/// The four covariance families by their scikit-learn names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CovarianceType {
    /// Every component has its own D x D matrix.
    Full,
    /// All components share one D x D matrix.
    Tied,
    /// Every component has its own D variances.
    #[serde(rename = "diag")]
    Diagonal,
    /// Every component has one variance.
    Spherical,
}

impl CovarianceType {
    /// All families, in the order of a menu.
    pub const ALL: [CovarianceType; 4] = [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diagonal,
        CovarianceType::Spherical,
    ];

    /// Free parameters of the covariances of `k` components in `d` dimensions.
    pub fn n_parameters(self, k: usize, d: usize) -> usize {
        match self {
            CovarianceType::Full => k * d * (d + 1) / 2,
            CovarianceType::Tied => d * (d + 1) / 2,
            CovarianceType::Diagonal => k * d,
            CovarianceType::Spherical => k,
        }
    }

    /// Do the matrices of this family have entries off the diagonal?
    pub fn is_dense(self) -> bool {
        matches!(self, CovarianceType::Full | CovarianceType::Tied)
    }
}

/// Why a matrix cannot serve as a covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CovarianceError {
    /// The number of entries does not fit the dimension.
    WrongSize,
    /// An entry is NaN or infinite.
    NotFinite,
    /// Entries (i, j) and (j, i) differ by more than rounding.
    NotSymmetric {
        /// Row i.
        row: usize,
        /// Column j.
        column: usize,
    },
    /// No Cholesky factor: given the dimensions before it, this one has no variance left.
    NotPositiveDefinite {
        /// The dimension, from 0.
        dimension: usize,
    },
}

impl fmt::Display for CovarianceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CovarianceError::WrongSize => {
                write!(f, "the covariance has the wrong number of entries")
            }
            CovarianceError::NotFinite => {
                write!(f, "the covariance has an entry that is no number")
            }
            CovarianceError::NotSymmetric { row, column } => write!(
                f,
                "the covariance is not symmetric: entries ({row}, {column}) and ({column}, {row}) differ"
            ),
            CovarianceError::NotPositiveDefinite { dimension } => write!(
                f,
                "the covariance has no Cholesky factor: no variance is left in dimension {dimension}"
            ),
        }
    }
}

impl std::error::Error for CovarianceError {}

/// A positive definite D x D covariance matrix together with its Cholesky factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    d: usize,
    entries: Entries,
}

#[derive(Clone, Debug, PartialEq)]
enum Entries {
    /// `matrix` and the lower `factor`, both d x d and row-major.
    Dense { matrix: Vec<f64>, factor: Vec<f64> },
    /// Variances and their square roots.
    Diagonal {
        variances: Vec<f64>,
        deviations: Vec<f64>,
    },
}

impl Covariance {
    /// From a d x d matrix, row-major. The factor is Cholesky's; no pivot is rejected
    /// for being small in comparison with the others, since columns may differ in scale.
    ///
    /// # Errors
    /// If the matrix is not square, finite, symmetric and positive definite.
    pub fn dense(d: usize, matrix: Vec<f64>) -> Result<Self, CovarianceError> {
        if d == 0 || matrix.len() != d * d {
            return Err(CovarianceError::WrongSize);
        }
        if matrix.iter().any(|v| !v.is_finite()) {
            return Err(CovarianceError::NotFinite);
        }
        for row in 0..d {
            for column in 0..row {
                let (a, b) = (matrix[row * d + column], matrix[column * d + row]);
                let scale = (matrix[row * d + row] * matrix[column * d + column])
                    .abs()
                    .sqrt();
                if (a - b).abs() > 1e-9 * scale.max(a.abs().max(b.abs())) {
                    return Err(CovarianceError::NotSymmetric { row, column });
                }
            }
        }
        let factor = cholesky(d, &matrix)?;
        Ok(Covariance {
            d,
            entries: Entries::Dense { matrix, factor },
        })
    }

    /// From d variances.
    ///
    /// # Errors
    /// If a variance is not finite and above zero.
    pub fn diagonal(variances: Vec<f64>) -> Result<Self, CovarianceError> {
        if variances.is_empty() {
            return Err(CovarianceError::WrongSize);
        }
        for (dimension, &v) in variances.iter().enumerate() {
            if !v.is_finite() {
                return Err(CovarianceError::NotFinite);
            }
            if v <= 0.0 {
                return Err(CovarianceError::NotPositiveDefinite { dimension });
            }
        }
        let deviations = variances.iter().map(|v| v.sqrt()).collect();
        Ok(Covariance {
            d: variances.len(),
            entries: Entries::Diagonal {
                variances,
                deviations,
            },
        })
    }

    /// The dimension D.
    pub fn dimension(&self) -> usize {
        self.d
    }

    /// Is it kept as variances alone?
    pub fn is_diagonal(&self) -> bool {
        matches!(self.entries, Entries::Diagonal { .. })
    }

    /// Entry (i, j).
    pub fn get(&self, i: usize, j: usize) -> f64 {
        match &self.entries {
            Entries::Dense { matrix, .. } => matrix[i * self.d + j],
            Entries::Diagonal { variances, .. } if i == j => variances[i],
            Entries::Diagonal { .. } => 0.0,
        }
    }

    /// Entry (j, j) of the Cholesky factor: the standard deviation that is left in
    /// dimension j once the dimensions before it are known.
    pub fn pivot(&self, j: usize) -> f64 {
        match &self.entries {
            Entries::Dense { factor, .. } => factor[j * self.d + j],
            Entries::Diagonal { deviations, .. } => deviations[j],
        }
    }

    /// Row j of the factor left of the diagonal; empty for a diagonal covariance.
    pub(super) fn factor_row(&self, j: usize) -> &[f64] {
        match &self.entries {
            Entries::Dense { factor, .. } => &factor[j * self.d..j * self.d + j],
            Entries::Diagonal { .. } => &[],
        }
    }

    /// S^-1 v, D numbers.
    pub fn solve(&self, v: &[f64]) -> Vec<f64> {
        let mut z = self.whiten(v);
        // Back substitution with the transposed factor.
        for j in (0..self.d).rev() {
            z[j] /= self.pivot(j);
            for (l, &factor) in self.factor_row(j).iter().enumerate() {
                z[l] -= factor * z[j];
            }
        }
        z
    }

    /// v^T S^-1 v.
    pub fn squared_norm(&self, v: &[f64]) -> f64 {
        self.whiten(v).iter().map(|z| z * z).sum()
    }

    /// L^-1 v, D numbers.
    fn whiten(&self, v: &[f64]) -> Vec<f64> {
        let mut z: Vec<f64> = v.to_vec();
        for j in 0..self.d {
            for (l, &factor) in self.factor_row(j).iter().enumerate() {
                z[j] -= factor * z[l];
            }
            z[j] /= self.pivot(j);
        }
        z
    }

    /// Natural logarithm of the determinant.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.d).map(|j| ln(self.pivot(j))).sum::<f64>()
    }
}

/// Lower Cholesky factor of a symmetric matrix, both d x d and row-major
/// (Golub and Van Loan, Matrix Computations, 4.2). The differences are formed with
/// twice the digits: nearly collinear columns lose most of them.
fn cholesky(d: usize, matrix: &[f64]) -> Result<Vec<f64>, CovarianceError> {
    let mut factor = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let (row_i, row_j) = (&factor[i * d..i * d + j], &factor[j * d..j * d + j]);
            let rest = minus_dot(matrix[i * d + j], row_i, row_j);
            if i == j {
                // Written so that NaN fails too.
                let positive = rest > 0.0 && rest.is_finite();
                if !positive {
                    return Err(CovarianceError::NotPositiveDefinite { dimension: i });
                }
                factor[i * d + i] = rest.sqrt();
            } else {
                factor[i * d + j] = rest / factor[j * d + j];
            }
        }
    }
    Ok(factor)
}

/// start - a . b, accumulated with a running correction (Ogita, Rump and Oishi 2005).
fn minus_dot(start: f64, a: &[f64], b: &[f64]) -> f64 {
    let (mut sum, mut correction) = (start, 0.0);
    for (&x, &y) in a.iter().zip(b) {
        let product = x * y;
        let (xh, xl) = split(x);
        let (yh, yl) = split(y);
        let product_error = ((xh * yh - product) + xh * yl + xl * yh) + xl * yl;
        let next = sum - product;
        let back = next - sum;
        let sum_error = (sum - (next - back)) - (product + back);
        sum = next;
        correction += sum_error - product_error;
    }
    sum + correction
}

/// High and low half of a double (Dekker 1971).
fn split(x: f64) -> (f64, f64) {
    let scaled = 134_217_729.0 * x;
    let high = scaled - (scaled - x);
    (high, x - high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn positive_definite(d: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-2.0f64..2.0, d * d).prop_map(move |a| {
            let mut m = vec![0.0; d * d];
            for i in 0..d {
                for j in 0..d {
                    m[i * d + j] = (0..d).map(|l| a[i * d + l] * a[j * d + l]).sum::<f64>()
                        + if i == j { 0.5 } else { 0.0 };
                }
            }
            m
        })
    }

    proptest! {
        #[test]
        fn factor_and_determinant_agree_with_nalgebra(m in positive_definite(5)) {
            let ours = Covariance::dense(5, m.clone()).unwrap();
            let theirs = nalgebra::DMatrix::from_row_slice(5, 5, &m).cholesky().unwrap();
            for j in 0..5 {
                prop_assert!((ours.pivot(j) - theirs.l()[(j, j)]).abs() < 1e-10);
                for (l, v) in ours.factor_row(j).iter().enumerate() {
                    prop_assert!((v - theirs.l()[(j, l)]).abs() < 1e-10);
                }
            }
            prop_assert!((ours.log_determinant() - theirs.ln_determinant()).abs() < 1e-9);
        }
    }

    #[test]
    fn columns_of_very_different_scale_are_no_reason_to_refuse() {
        let c = Covariance::dense(2, vec![1e24, 0.5e6, 0.5e6, 1e-12]);
        assert!(c.is_ok());
    }

    #[test]
    fn what_is_no_covariance_is_refused_with_the_place() {
        use CovarianceError::*;
        assert_eq!(Covariance::dense(2, vec![1.0; 3]), Err(WrongSize));
        assert_eq!(
            Covariance::dense(2, vec![1.0, 0.5, 0.1, 1.0]),
            Err(NotSymmetric { row: 1, column: 0 })
        );
        assert_eq!(
            Covariance::dense(2, vec![1.0, 1.0, 1.0, 1.0]),
            Err(NotPositiveDefinite { dimension: 1 })
        );
        assert_eq!(Covariance::dense(1, vec![f64::NAN]), Err(NotFinite));
        assert_eq!(
            Covariance::diagonal(vec![1.0, -1.0]),
            Err(NotPositiveDefinite { dimension: 1 })
        );
    }

    #[test]
    fn parameters_are_counted_as_in_the_literature() {
        assert_eq!(CovarianceType::Full.n_parameters(3, 4), 30);
        assert_eq!(CovarianceType::Tied.n_parameters(3, 4), 10);
        assert_eq!(CovarianceType::Diagonal.n_parameters(3, 4), 12);
        assert_eq!(CovarianceType::Spherical.n_parameters(3, 4), 3);
    }
}
