//! What a mixture is: parameters, covariance families, densities, draws,
//! divergences.
//!
//! p(x) = sum over k of w_k N(x; mu_k, S_k), with weights on the simplex
//! (McLachlan and Peel, Finite Mixture Models, 2000, chapter 3). Densities go
//! through Cholesky factors and log-sum-exp: see [`Evaluator`]. Components may follow one
//! another in time as a hidden Markov [`Chain`]: see [`Responsibilities`].

mod chain;
mod covariance;
mod density;
mod divergence;
pub mod eigen;
pub mod elementary;
mod marginal;
mod model;
mod posterior;
mod responsibilities;
mod sample;
pub mod special;
pub mod student;
mod walk;

pub use chain::{Chain, ChainError};
pub use covariance::{Covariance, CovarianceError, CovarianceType, Freedom, square};
pub use density::{Evaluator, n_shares};
pub use divergence::{bhattacharyya, kl_divergence, squared_wasserstein_2, symmetric_kl};
pub use marginal::{Marginal, Pattern};
pub use model::{Free, Kind, MAX_COMPONENTS, Mixture, MixtureError, Noise, letter};
pub(crate) use posterior::precision_gap;
pub use posterior::{Concentration, Posterior};
pub use responsibilities::Responsibilities;
pub use sample::{Draws, Normals, sample};
pub use walk::ChainCounts;
