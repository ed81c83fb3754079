use serde::{Deserialize, Serialize};

use crate::mixture::CovarianceType;

/// Where the first parameters come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitMethod {
    /// k-means++ seeds, then Lloyd's iterations; covariances of the clusters.
    KMeans,
    /// k-means++ seeds as means (Arthur and Vassilvitskii 2007); pooled covariance.
    KMeansPlusPlus,
    /// K distinct rows as means; pooled covariance.
    RandomPoints,
    /// Uniform random responsibilities, then one M-step.
    RandomResponsibilities,
}

/// How the additive floor is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FloorScale {
    /// A share of each column's variance: scaled data give scaled fits.
    Relative,
    /// The same number added to every variance, as scikit-learn's `reg_covar`.
    Absolute,
}

/// What is added to the diagonal of every covariance at each M-step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// At least 0.
    pub value: f64,
    /// What `value` is measured in.
    pub scale: FloorScale,
}

/// What was asked of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// K, 1 to 32.
    pub n_components: usize,
    /// The covariance family.
    pub covariance_type: CovarianceType,
    /// Where the first parameters come from.
    pub init: InitMethod,
    /// Seed of the start.
    pub seed: u64,
    /// Keeps covariances from collapsing.
    pub floor: Floor,
    /// Stop when the mean log-likelihood gains less than this in an iteration.
    pub tol: f64,
    /// Play and run stop after this many iterations.
    pub max_iter: usize,
}
