//! What a mixture is: parameters, covariance families, densities.

mod covariance;

pub use covariance::CovarianceType;
