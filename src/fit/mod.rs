//! How a mixture is fitted: starts, E-step, M-step, algorithms, stopping.
//!
//! # Expectation-maximisation
//!
//! EM (Dempster, Laird and Rubin 1977) climbs the log-likelihood l = sum over n of ln p(x_n)
//! by two half-steps that never let it fall. Of N rows with weights a_n (1 unless they are
//! given), the E-step computes responsibilities r_nk and sums them up,
//!
//! n_k = sum of a_n r_nk,  s_k = sum of a_n r_nk x_n,  C_k = sum of a_n r_nk x_n x_n',
//!
//! centred at the present means so that nothing cancels ([`Sums`], K of them with 1 + D +
//! D (D + 1) / 2 numbers each). The M-step maximises the expected complete log-likelihood:
//!
//! w_k = n_k / N,  mu_k = s_k / n_k,  S_k = C_k / n_k - mu_k mu_k'
//!
//! and for the other families of covariance the closed forms and iterations of Celeux and
//! Govaert 1995 and of Browne and McNicholas 2014 (`shapes`, `axes`). A component whose own
//! count is nothing beside rounding keeps its place with weight 0.
//!
//! [`start`] makes the mixture of iteration 0, [`Em`] takes it from iteration to iteration
//! ([`e_step()`], then [`m_step()`]), and [`judge`] says whether that is enough. A [`Plan`] is
//! [`Settings`] made ready for one matrix: floor, prior, scheme, seed.
//!
//! # What is fitted, and how
//!
//! [`METHODS`] lists the pairs of [`Model`] and [`Algorithm`] that go together, with the
//! [`Knob`]s of each. Each has a file a reader can hold beside the paper:
//!
//! | file | what | source |
//! |---|---|---|
//! | `em` | EM, and what all algorithms share | Dempster, Laird and Rubin 1977 |
//! | `prior` | MAP: inverse-Wishart and Dirichlet priors | Fraley and Raftery 2007 |
//! | `robust`, `degrees` | t components; the equation of their degrees of freedom | Peel and McLachlan 2000; Kent, Tyler and Vardi 1994 |
//! | `variational` | Dirichlet and truncated Dirichlet process | Bishop 2006, chapter 10; Blei and Jordan 2006 |
//! | `markov` | Baum-Welch | Rabiner 1989 |
//! | `missing` | rows with missing entries | Ghahramani and Jordan 1994 |
//! | `labels` | rows whose component is known | |
//! | `assign` | responsibilities taken hard, drawn, tempered: classification EM and the next two | Celeux and Govaert 1992 |
//! | `stochastic` | stochastic and Monte Carlo EM | Celeux and Diebolt 1985; Wei and Tanner 1990 |
//! | `annealing` | deterministic annealing | Ueda and Nakano 1998 |
//! | `stepwise` | stepwise (online, mini-batch) EM | Cappé and Moulines 2009; Liang and Klein 2009 |
//! | `subsample` | EM on a part of the rows, then on all | |
//! | `squarem`, `daarem` | accelerated EM, over `vector` | Varadhan and Roland 2008; Henderson and Varadhan 2019 |
//! | `split_merge` | components split and merged by hand | Ueda and others 2000 |
//! | `begin`, `init`, `kmeans`, `mini_batch`, `hierarchical` | where the first parameters come from | Arthur and Vassilvitskii 2007; Sculley 2010; Fraley 1998 |
//! | `stopping` | when a run ends, and why | McLachlan and Peel 2000, 2.11 |
//!
//! What each climbs is its [`Objective`]: the log-likelihood, the penalised one, the lower
//! bound of the evidence, the classification likelihood; others are shown on the way only.
//!
//! # The floor
//!
//! What a [`Floor`] adds to each variance after an M-step keeps covariances from collapsing
//! and is no step of EM: with it the likelihood can fall. Under a prior there is none.
//!
//! # Conventions
//!
//! Mixtures here are in the coordinates of the [`Matrix`](crate::data::Matrix): add its
//! [`centre`](crate::data::Matrix::centre) to a mean to have it in the data's units. Objectives
//! are totals over the rows, tolerances are on the mean of a row. Random numbers are
//! [`Random`]'s, derived from the seed, the iteration and the block, so that a fit can be taken
//! up at any of its states and goes on to the same bits. Sums run over
//! [`CHUNK_ROWS`] rows at a time and are merged in a fixed order (`share`).
//!
//! What cannot be fitted is a [`SettingsError`] or [`StartError`] before it begins, and a
//! [`StepError`] where an M-step has no result: the collapse of a named component.
//!
//! ```
//! use mixscope::data::Matrix;
//! use mixscope::fit::{Em, Plan, Settings, start};
//!
//! let x: Vec<f64> = (0..60).map(|i| f64::from(i % 6) + 20.0 * f64::from(i % 2)).collect();
//! let matrix = Matrix::from_columns(&[&x])?;
//! let settings = Settings { n_components: 2, ..Settings::default() };
//! let plan = Plan::new(&settings, &matrix);
//! let first = Em::new(&matrix, start(&matrix, &settings)?, &plan);
//! let second = first.iterate(&matrix, &plan)?;
//! assert!(second.log_likelihood() >= first.log_likelihood());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod annealing;
mod assign;
mod axes;
mod begin;
mod beyond;
mod daarem;
mod degrees;
mod e_step;
mod em;
mod fast_responsibilities;
pub mod hierarchical;
mod init;
mod kernel;
pub mod kmeans;
mod labels;
mod lanes;
mod limit;
mod m_step;
mod markov;
mod method;
mod mini_batch;
mod missing;
mod plan;
mod prior;
mod quad;
mod random;
mod robust;
mod scheme;
mod seeds;
mod settings;
mod shapes;
mod share;
mod shuffle;
mod single;
mod single_component;
mod space;
mod split_merge;
mod squarem;
mod stepwise;
mod stochastic;
mod stopping;
mod strongest;
mod subsample;
mod sums;
pub mod variational;
mod vector;

pub use annealing::Cooling;
pub use assign::Assign;
pub use begin::start;
pub use beyond::share_single;
pub use e_step::{Expectation, e_step, e_step_as, share};
pub use em::{Em, State};
pub use fast_responsibilities::FastResponsibilities;
pub use init::StartError;
pub use labels::{LabelsError, from_labels};
pub use limit::{MULTIPLICATIONS, multiply};
pub use m_step::{EMPTY_COUNT, StepError, m_step};
pub use method::{Algorithm, Knob, KnobSpec, Knobs, METHODS, Method, Model};
pub use plan::{Objective, Plan};
pub use prior::Prior;
pub use random::Random;
pub use scheme::{Memory, Scheme};
pub use settings::{Floor, FloorScale, InitMethod, Precision, Settings, SettingsError};
pub use share::{CHUNK_ROWS, Share, cuts};
pub use split_merge::{EditError, Edited, can_split, merge, nearest, preview, split};
pub use stepwise::Stepwise;
pub use stochastic::Chain;
pub use stopping::{Progress, StopReason, StopRule, Trail, aitken_limit, judge, step_length, stop};
pub use strongest::{Moves, moves, strongest};
pub use sums::Sums;
pub use variational::VariationalPrior;
