//! What a mixture is: parameters, covariance families, densities, draws,
//! divergences.
//!
//! p(x) = sum over k of w_k N(x; mu_k, S_k), with weights on the simplex
//! (McLachlan and Peel, Finite Mixture Models, 2000, chapter 3). Densities go
//! through Cholesky factors and log-sum-exp: see [`Evaluator`].

mod covariance;
mod density;
mod divergence;
pub mod eigen;
pub mod elementary;
mod marginal;
mod model;
mod sample;
pub mod special;
pub mod student;

pub use covariance::{Covariance, CovarianceError, CovarianceType, Freedom, square};
pub use density::{Evaluator, n_shares};
pub use divergence::{bhattacharyya, kl_divergence, squared_wasserstein_2, symmetric_kl};
pub use marginal::{Marginal, Pattern};
pub use model::{Free, Kind, MAX_COMPONENTS, Mixture, MixtureError, Noise, letter};
pub use sample::{Draws, Normals, sample};
