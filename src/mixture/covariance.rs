use serde::{Deserialize, Serialize};

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
