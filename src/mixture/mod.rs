//! What a mixture is: parameters, covariance families, densities, draws, divergences.
//!
//! # The model
//!
//! A row x of D numbers has density
//!
//! p(x) = sum over k of w_k f(x; mu_k, S_k),  w_k >= 0,  sum over k of w_k = 1
//!
//! (McLachlan and Peel, Finite Mixture Models, 2000, chapter 3). A [`Mixture`] holds the K
//! weights w, the K means mu (K x D, in the units of the columns less the matrix's centre) and
//! the K matrices S (D x D each, units squared), which it may share between components. What f
//! is says its [`Kind`]:
//!
//! | kind | f, or what stands for it | source |
//! |---|---|---|
//! | [`Gaussian`](Kind::Gaussian) | (2 pi)^(-D/2) det(S)^(-1/2) exp(-q / 2), q = (x - mu)' S^-1 (x - mu) | |
//! | [`Student`](Kind::Student) | proportional to det(S)^(-1/2) (1 + q / nu)^(-(nu + D) / 2) | Peel and McLachlan 2000 |
//! | [`Posterior`](Kind::Posterior) | exp of the expected log-density under a normal-Wishart posterior | Bishop 2006, 10.64 to 10.67 |
//! | [`Chain`](Kind::Chain) | normal, of a state that depends on the state before | Rabiner 1989 |
//!
//! A mixture may have a [`Noise`] component beside them, of constant density one over the
//! volume of the box of the rows (Banfield and Raftery 1993).
//!
//! # Covariance families
//!
//! S_k = v_k Q_k A_k Q_k' with volume v_k, axes Q_k and shape A_k of determinant 1 (Celeux and
//! Govaert 1995). [`CovarianceType`] has the fourteen families that arise when each of the
//! three is equal, varies or (shape and axes) is the identity, by mclust's codes: `Full` is
//! VVV, `Tied` EEE, `Diagonal` VVI, `Spherical` VII.
//!
//! # Numbers
//!
//! Everything goes through the Cholesky factor S = L L' ([`Covariance`]): q is the squared
//! length of L^-1 (x - mu), ln det S twice the sum of the logarithms of L's diagonal.
//! Responsibilities
//!
//! r_nk = w_k f_k(x_n) / sum over j of w_j f_j(x_n)
//!
//! come from log-densities by log-sum-exp ([`Evaluator`]), block by block of
//! [`BLOCK_ROWS`](crate::data::BLOCK_ROWS) rows, so that no N x K matrix exists; of a chain
//! from the forward and backward pass ([`Responsibilities`]). A row that misses entries has
//! the marginal density of those it has. `exp` and `ln` are our own ([`elementary`]), as are
//! the digamma and gamma functions ([`special`]): the platform's differ from machine to
//! machine.
//!
//! # Errors
//!
//! Parameters that make no mixture are a [`MixtureError`], matrices that are no covariance a
//! [`CovarianceError`]; each names the component (by [`letter()`]) or the column and says what
//! to do.

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
pub(crate) use density::LN_2_PI;
pub use density::{Evaluator, n_shares};
pub use divergence::{bhattacharyya, kl_divergence, squared_wasserstein_2, symmetric_kl};
pub use marginal::{Marginal, Pattern};
pub use model::{Free, Kind, MAX_COMPONENTS, Mixture, MixtureError, Noise, letter};
pub(crate) use posterior::precision_gap;
pub use posterior::{Concentration, Posterior};
pub use responsibilities::Responsibilities;
pub use sample::{Draws, Normals, draw, sample};
pub use walk::ChainCounts;
