use std::fmt;

use serde::{Deserialize, Serialize};

use super::elementary::ln;

/// What components may do on their own in volume, shape or orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freedom {
    /// Nothing: a ball, or the axes of the data.
    Identity,
    /// The same for all components.
    Equal,
    /// Each component its own.
    Varying,
}

/// The covariance families S_k = v_k Q_k A_k Q_k^T: volume v_k = |S_k|^(1/D), shape A_k
/// (diagonal, |A_k| = 1) and orientation Q_k (orthogonal), each equal or varying between
/// components (Banfield and Raftery 1993; Celeux and Govaert 1995). The first four go by
/// their scikit-learn names, the others by mclust's codes: E equal, V varying, I identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CovarianceType {
    /// Every component has its own D x D matrix: volume, shape and orientation vary.
    Full,
    /// All components share one D x D matrix: volume, shape and orientation are equal.
    Tied,
    /// Every component has its own D variances: volume and shape vary, along the columns.
    #[serde(rename = "diag")]
    Diagonal,
    /// Every component has one variance: balls of varying volume.
    Spherical,
    /// Balls of equal volume: one variance for all.
    #[serde(rename = "EII")]
    Eii,
    /// Equal volume, equal shape, along the columns: D variances for all.
    #[serde(rename = "EEI")]
    Eei,
    /// Varying volume, equal shape, along the columns.
    #[serde(rename = "VEI")]
    Vei,
    /// Equal volume, varying shape, along the columns.
    #[serde(rename = "EVI")]
    Evi,
    /// Varying volume, equal shape, equal orientation: multiples of one matrix.
    #[serde(rename = "VEE")]
    Vee,
    /// Equal volume, varying shape, equal orientation.
    #[serde(rename = "EVE")]
    Eve,
    /// Varying volume, varying shape, equal orientation: common principal components.
    #[serde(rename = "VVE")]
    Vve,
    /// Equal volume, equal shape, varying orientation: one matrix, turned.
    #[serde(rename = "EEV")]
    Eev,
    /// Varying volume, equal shape, varying orientation.
    #[serde(rename = "VEV")]
    Vev,
    /// Equal volume, varying shape, varying orientation: matrices of one determinant.
    #[serde(rename = "EVV")]
    Evv,
}

impl CovarianceType {
    /// The four plain families, in the order of a menu.
    pub const ALL: [CovarianceType; 4] = [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diagonal,
        CovarianceType::Spherical,
    ];

    /// All fourteen families, in mclust's order.
    pub const SHAPES: [CovarianceType; 14] = [
        CovarianceType::Eii,
        CovarianceType::Spherical,
        CovarianceType::Eei,
        CovarianceType::Vei,
        CovarianceType::Evi,
        CovarianceType::Diagonal,
        CovarianceType::Tied,
        CovarianceType::Vee,
        CovarianceType::Eve,
        CovarianceType::Vve,
        CovarianceType::Eev,
        CovarianceType::Vev,
        CovarianceType::Evv,
        CovarianceType::Full,
    ];

    /// mclust's code: one letter each for volume, shape and orientation.
    pub fn code(self) -> &'static str {
        match self {
            CovarianceType::Full => "VVV",
            CovarianceType::Tied => "EEE",
            CovarianceType::Diagonal => "VVI",
            CovarianceType::Spherical => "VII",
            CovarianceType::Eii => "EII",
            CovarianceType::Eei => "EEI",
            CovarianceType::Vei => "VEI",
            CovarianceType::Evi => "EVI",
            CovarianceType::Vee => "VEE",
            CovarianceType::Eve => "EVE",
            CovarianceType::Vve => "VVE",
            CovarianceType::Eev => "EEV",
            CovarianceType::Vev => "VEV",
            CovarianceType::Evv => "EVV",
        }
    }

    /// The family of a [`code`](Self::code), if there is one.
    pub fn from_code(code: &str) -> Option<CovarianceType> {
        Self::SHAPES.into_iter().find(|f| f.code() == code)
    }

    fn letter(self, i: usize) -> Freedom {
        match self.code().as_bytes()[i] {
            b'V' => Freedom::Varying,
            b'E' => Freedom::Equal,
            _ => Freedom::Identity,
        }
    }

    /// What the volumes v_k may do; never [`Freedom::Identity`].
    pub fn volume(self) -> Freedom {
        self.letter(0)
    }

    /// What the shapes A_k may do; [`Freedom::Identity`]: balls.
    pub fn shape(self) -> Freedom {
        self.letter(1)
    }

    /// What the orientations Q_k may do; [`Freedom::Identity`]: along the columns.
    pub fn orientation(self) -> Freedom {
        self.letter(2)
    }

    /// The code in words, such as "equal volume, varying shape, equal orientation".
    pub fn meaning(self) -> String {
        let word = |f| match f {
            Freedom::Varying => "varying",
            _ => "equal",
        };
        let mut meaning = [word(self.volume()), " volume, "].concat();
        if self.shape() == Freedom::Identity {
            return meaning + "spherical";
        }
        meaning += word(self.shape());
        meaning += " shape, ";
        if self.orientation() == Freedom::Identity {
            return meaning + "along the columns";
        }
        meaning + word(self.orientation()) + " orientation"
    }

    /// Do all components share one matrix?
    pub fn is_shared(self) -> bool {
        [self.volume(), self.shape(), self.orientation()]
            .iter()
            .all(|&f| f != Freedom::Varying)
    }

    /// Free parameters of the covariances of `k` components in `d` dimensions: 1 for a
    /// volume, D - 1 for a shape, D (D - 1) / 2 for an orientation, once or `k` times
    /// (Celeux and Govaert 1995, table 1).
    pub fn n_parameters(self, k: usize, d: usize) -> usize {
        let times = |f| match f {
            Freedom::Identity => 0,
            Freedom::Equal => 1,
            Freedom::Varying => k,
        };
        times(self.volume())
            + times(self.shape()) * (d - 1)
            + times(self.orientation()) * (d * (d - 1) / 2)
    }

    /// Does the M-step need the whole scatter matrix, not its diagonal alone? So it is where
    /// the matrices of the family have entries off the diagonal.
    pub fn is_dense(self) -> bool {
        self.orientation() != Freedom::Identity
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
                write!(
                    f,
                    "the covariance has the wrong number of entries: give D x D of them, or D variances"
                )
            }
            CovarianceError::NotFinite => {
                write!(
                    f,
                    "the covariance has an entry that is not finite: give finite numbers"
                )
            }
            CovarianceError::NotSymmetric { row, column } => write!(
                f,
                "the covariance is not symmetric: give entries ({0}, {1}) and ({1}, {0}) the same value",
                row + 1,
                column + 1
            ),
            CovarianceError::NotPositiveDefinite { dimension } => write!(
                f,
                "the covariance has no Cholesky factor, no variance is left along column {}: use larger variances",
                dimension + 1
            ),
        }
    }
}

impl std::error::Error for CovarianceError {}

/// A positive definite D x D covariance matrix together with its Cholesky factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Covariance {
    d: usize,
    entries: Entries,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub(crate) fn factor_row(&self, j: usize) -> &[f64] {
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

    /// tr(S^-1 M) = the sum of the squared distances that M stands for; M is symmetric,
    /// packed as its lower triangle row by row, or as its D diagonal entries where S is diagonal.
    pub fn trace_of_quotient(&self, packed: &[f64]) -> f64 {
        let d = self.d;
        match &self.entries {
            Entries::Diagonal { variances, .. } => {
                packed.iter().zip(variances).map(|(m, v)| m / v).sum()
            }
            Entries::Dense { factor, .. } => {
                // The trace of L^-1 M L^-T: forward substitution in the columns, then in the rows.
                let mut m = square(d, packed);
                for i in 0..d {
                    for c in 0..d {
                        let known: f64 = (0..i).map(|l| factor[i * d + l] * m[l * d + c]).sum();
                        m[i * d + c] = (m[i * d + c] - known) / factor[i * d + i];
                    }
                }
                for row in m.chunks_exact_mut(d) {
                    for j in 0..d {
                        let known: f64 = (0..j).map(|l| row[l] * factor[j * d + l]).sum();
                        row[j] = (row[j] - known) / factor[j * d + j];
                    }
                }
                (0..d).map(|i| m[i * d + i]).sum()
            }
        }
    }

    /// Natural logarithm of the determinant.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.d).map(|j| ln(self.pivot(j))).sum::<f64>()
    }
}

/// The d x d matrix, row-major, of a lower triangle packed row by row.
pub fn square(d: usize, packed: &[f64]) -> Vec<f64> {
    let mut matrix = vec![0.0; d * d];
    let mut entries = packed.iter();
    for i in 0..d {
        for (j, &v) in (0..=i).zip(&mut entries) {
            matrix[i * d + j] = v;
            matrix[j * d + i] = v;
        }
    }
    matrix
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

    proptest! {
        #[test]
        fn the_trace_of_a_quotient_agrees_with_nalgebra(
            s in positive_definite(4),
            m in positive_definite(4),
        ) {
            let packed: Vec<f64> = (0..4).flat_map(|i| m[i * 4..=i * 5].to_vec()).collect();
            prop_assert_eq!(&square(4, &packed), &m);
            let n = |v: &[f64]| nalgebra::DMatrix::from_row_slice(4, 4, v);
            let theirs = (n(&s).try_inverse().unwrap() * n(&m)).trace();
            let ours = Covariance::dense(4, s).unwrap().trace_of_quotient(&packed);
            prop_assert!((ours - theirs).abs() < 1e-9 * theirs.abs(), "{} {}", ours, theirs);
        }
    }

    #[test]
    fn parameters_are_counted_as_in_the_literature() {
        // Celeux and Govaert 1995, table 1, for D = 4 and K = 3; in mclust's order.
        let published = [1, 3, 4, 6, 10, 12, 10, 12, 16, 18, 22, 24, 28, 30];
        let counted = CovarianceType::SHAPES.map(|f| f.n_parameters(3, 4));
        assert_eq!(counted, published);
        for family in CovarianceType::SHAPES {
            let expected = if family.volume() == Freedom::Equal {
                1
            } else {
                3
            };
            assert_eq!(family.n_parameters(3, 1), expected, "{}", family.code());
        }
    }

    #[test]
    fn every_family_has_a_code_a_name_and_a_meaning_of_its_own() {
        let mut seen = Vec::new();
        for family in CovarianceType::SHAPES {
            assert_eq!(CovarianceType::from_code(family.code()), Some(family));
            let name = serde_json::to_string(&family).unwrap();
            assert_eq!(
                serde_json::from_str::<CovarianceType>(&name).unwrap(),
                family
            );
            if !CovarianceType::ALL.contains(&family) {
                assert_eq!(name.trim_matches('"'), family.code());
            }
            seen.extend([family.code().to_owned(), name, family.meaning()]);
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3 * 14);
        assert_eq!(CovarianceType::from_code("VIE"), None);
        let meaning = |f: CovarianceType| f.meaning();
        assert_eq!(
            meaning(CovarianceType::Eve),
            "equal volume, varying shape, equal orientation"
        );
        assert_eq!(
            meaning(CovarianceType::Vei),
            "varying volume, equal shape, along the columns"
        );
        assert_eq!(meaning(CovarianceType::Eii), "equal volume, spherical");
    }
}
