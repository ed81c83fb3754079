//! How a mixture is fitted: initialisation, E-step, M-step, stopping.
//!
//! [`start`] makes the mixture of iteration 0, [`Em`] takes it from iteration to
//! iteration ([`e_step()`], then [`m_step()`]), and [`stop`] says whether that is enough.
//! What an iteration is depends on the [`Scheme`]; each algorithm has a file of its own:
//!
//! | file | algorithm |
//! |---|---|
//! | `em` | EM, and what all share |
//! | `assign` | responsibilities taken hard, drawn, tempered: classification EM and the next two |
//! | `stochastic` | stochastic and Monte Carlo EM |
//! | `annealing` | deterministic annealing |
//! | `stepwise` | stepwise (online, mini-batch) EM |
//! | `subsample` | EM on a part of the rows, then on all |
//! | `squarem`, `daarem` | accelerated EM, over `vector` |
//!
//! Mixtures here are in the coordinates of the [`Matrix`](crate::data::Matrix): add its
//! [`centre`](crate::data::Matrix::centre) to a mean to have it in the data's units.
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
pub mod hierarchical;
mod init;
pub mod kmeans;
mod labels;
mod m_step;
mod markov;
mod method;
mod mini_batch;
mod missing;
mod plan;
mod prior;
mod random;
mod robust;
mod scheme;
mod seeds;
mod settings;
mod shapes;
mod shuffle;
mod split_merge;
mod squarem;
mod stepwise;
mod stochastic;
mod stopping;
mod subsample;
pub mod variational;
mod vector;

pub use annealing::Cooling;
pub use assign::Assign;
pub use begin::start;
pub use e_step::{CHUNK_ROWS, Expectation, Moves, Sums, e_step, e_step_as};
pub use em::{Em, State};
pub use init::StartError;
pub use labels::{LabelsError, from_labels};
pub use m_step::{EMPTY_COUNT, StepError, m_step};
pub use method::{Algorithm, Knob, KnobSpec, Knobs, METHODS, Method, Model};
pub use plan::{Objective, Plan};
pub use prior::Prior;
pub use random::Random;
pub use scheme::{Memory, Scheme};
pub use settings::{Floor, FloorScale, InitMethod, Settings, SettingsError};
pub use split_merge::{EditError, Edited, can_split, merge, nearest, preview, split};
pub use stepwise::Stepwise;
pub use stochastic::Chain;
pub use stopping::{Progress, StopReason, StopRule, Trail, aitken_limit, judge, step_length, stop};
pub use variational::VariationalPrior;
