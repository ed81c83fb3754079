//! What a fit tells.
//!
//! All but [`Search`] are pure functions of a [`Matrix`](crate::data::Matrix) (N x D) and
//! mixtures in its coordinates. Log-likelihoods are natural and in total, divergences in nats.
//! What cannot be answered is a [`StudyError`] that names what is wrong with it.
//!
//! | question | answer | source |
//! |---|---|---|
//! | Which K? | [`aic`] = -2 l + 2 p, [`bic`] = -2 l + p ln N, [`icl`] = BIC + 2 x entropy of the responsibilities; [`cross_validate`]: log-likelihood of rows left out | Akaike 1974; Schwarz 1978; Biernacki and others 2000 |
//! | Is each component sound? | [`health()`]: effective count, smallest eigenvalue; [`conditioning()`]: condition number; [`contributions`]: share of the likelihood | |
//! | Will one collapse? | [`foretell_collapse`] by the trend of its smallest eigenvalue | |
//! | Is this a maximum? | [`coincident`] components: a saddle; [`spurious()`]: high likelihood on few rows | McLachlan and Peel 2000, 3.10 |
//! | What does a half-step do? | [`decompose()`]: log-likelihood = lower bound + gap | Neal and Hinton 1998 |
//! | How many are needed? | [`effective_components`], [`occupied`] | Hill 1973 |
//! | Which start is to be believed? | [`Search`]: many seeds, and a rule that no collapsed fit wins | |
//! | How sure are the parameters? | [`bootstrap()`] with components aligned; [`ensemble_parameters`] | Efron and Tibshirani 1993 |
//! | Who became whom? | [`align`]: the assignment of least symmetric Kullback-Leibler divergence | Kuhn 1955 |
//! | How far apart are two fits? | [`monte_carlo_kl`] with its standard error; of two components in closed form | |
//! | Do two partitions agree? | [`adjusted_rand_index`] | Hubert and Arabie 1985 |
//! | Which rows are odd? | [`anomaly_scores`] = -ln p(x), a threshold by quantile, precision and recall | |
//! | Have the data changed? | [`drift()`]: Wasserstein, energy distance, Kolmogorov and Smirnov; [`share_change`] of components | |
//! | What stands in a gap? | the mean and covariance of what is missing given what is known: [`impute()`] | Ghahramani and Jordan 1994 |
//! | Which path did a chain take? | [`viterbi()`] | Rabiner 1989 |
//! | Which columns? | [`principal_components`] and [`Scaling`]: their parameters travel with the model | |

mod alignment;
mod anomaly;
mod bootstrap;
mod cells;
mod conditioning;
mod contribution;
mod criteria;
mod cross_validation;
mod decomposition;
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
pub use cells::{CELLS, Cell};
pub use conditioning::{Conditioning, conditioning};
pub use contribution::{Contribution, contributions};
pub use criteria::{aic, bic, entropy, icl};
pub use cross_validation::{CrossValidation, cross_validate};
pub use decomposition::{Decomposition, decompose};
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
