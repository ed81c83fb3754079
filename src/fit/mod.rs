//! How a mixture is fitted: initialisation, E-step, M-step, stopping.
//!
//! [`start`] makes the mixture of iteration 0, [`Em`] takes it from iteration to
//! iteration ([`e_step()`], then [`m_step()`]), and [`stop`] says whether that is enough.
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

mod axes;
mod begin;
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
mod seeds;
mod settings;
mod shapes;
mod split_merge;
mod stopping;
pub mod variational;

pub use begin::start;
pub use e_step::{CHUNK_ROWS, Expectation, Moves, Sums, e_step};
pub use em::{Em, State};
pub use init::StartError;
pub use labels::{LabelsError, from_labels};
pub use m_step::{EMPTY_COUNT, StepError, m_step};
pub use method::{Algorithm, Knob, KnobSpec, Knobs, METHODS, Method, Model};
pub use plan::{Objective, Plan};
pub use prior::Prior;
pub use random::Random;
pub use settings::{Floor, FloorScale, InitMethod, Settings, SettingsError};
pub use split_merge::{EditError, Edited, merge, preview, split};
pub use stopping::{StopReason, aitken_limit, stop};
pub use variational::VariationalPrior;
