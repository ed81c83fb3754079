//! What a fit tells: health of its components ([`health()`], [`conditioning()`], a collapse
//! [foretold](foretell_collapse)), two that have become one ([`coincident`]), one that is
//! [`spurious()`]; how it compares with fits of other sizes ([`aic`], [`bic`], [`icl`],
//! [`cross_validate`]), with another fit ([`align`], [`monte_carlo_kl`],
//! [`adjusted_rand_index`]) and with other data ([`drift()`], [`share_change`]); which of many
//! starts is to be believed ([`Search`]) and how sure its parameters are ([`bootstrap()`],
//! [`ensemble_parameters`]); which rows are odd ([`anomaly_scores`]); the most
//! probable path of a hidden Markov model ([`viterbi()`]). Also
//! [`principal_components`] and [`Scaling`], which prepare columns.
//!
//! All but the search are pure functions. Mixtures are in the coordinates of the matrix they
//! are given with; what cannot be answered is a [`StudyError`].

mod alignment;
mod anomaly;
mod bootstrap;
mod conditioning;
mod contribution;
mod criteria;
mod cross_validation;
mod divergence;
mod drift;
mod effective;
mod ensemble;
mod error;
mod foretell;
mod health;
mod impute;
mod kolmogorov_smirnov;
mod monte_carlo;
mod pca;
mod quantile;
mod rand_index;
mod restarts;
mod rows;
mod saddle;
mod sample;
mod scaling;
mod shares;
mod spread;
mod spurious;
mod viterbi;

pub use alignment::{Alignment, align};
pub use anomaly::{Detection, above, anomaly_scores, detection, oddest};
pub use bootstrap::{Bootstrap, bootstrap};
pub use conditioning::{Conditioning, conditioning};
pub use contribution::{Contribution, contributions};
pub use criteria::{aic, bic, entropy, icl};
pub use cross_validation::{CrossValidation, cross_validate};
pub use divergence::{Divergence, divergence};
pub use drift::{Drift, column_drift, drift};
pub use effective::{effective_components, occupied};
pub use ensemble::{ensemble_log_density, ensemble_parameters};
pub use error::StudyError;
pub use foretell::{foretell_collapse, thinnest};
pub use health::{Health, health, health_of};
pub use impute::{Imputed, draws, impute};
pub use kolmogorov_smirnov::kolmogorov_smirnov_p_value;
pub use monte_carlo::{Estimate, monte_carlo_kl};
pub use pca::{Projection, principal_components};
pub use quantile::quantile;
pub use rand_index::adjusted_rand_index;
pub use restarts::{MAX_RESTARTS, Outcome, Search};
pub use rows::{Fit, log_density, mean_log_density};
pub use saddle::coincident;
pub use sample::sample_rows;
pub use scaling::{Scaling, ScalingMethod};
pub use shares::{ShareChange, share_change, shares};
pub use spread::{ParameterSpread, Spread};
pub use spurious::{Spurious, SpuriousReason, spurious};
pub use viterbi::{Path, viterbi};
