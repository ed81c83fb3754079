//! What a mixture is: parameters, covariance families, densities.
//!
//! p(x) = sum over k of w_k N(x; mu_k, S_k), with weights on the simplex
//! (McLachlan and Peel, Finite Mixture Models, 2000, chapter 3). Densities go
//! through Cholesky factors and log-sum-exp: see [`Evaluator`].

mod covariance;
mod density;
pub mod eigen;
pub mod elementary;
mod model;
pub mod special;
pub mod student;

pub use covariance::{Covariance, CovarianceError, CovarianceType, Freedom, square};
pub use density::{Evaluator, n_shares};
pub use model::{Kind, MAX_COMPONENTS, Mixture, MixtureError, Noise, letter};
