//! How a mixture is fitted: initialisation, E-step, M-step, stopping.

mod e_step;
mod em;
mod init;
pub mod kmeans;
mod m_step;
mod random;
mod settings;
mod stopping;

pub use e_step::{CHUNK_ROWS, Expectation, Moves, Sums, e_step};
pub use em::Em;
pub use init::{StartError, start};
pub use m_step::{EMPTY_COUNT, StepError, m_step};
pub use random::Random;
pub use settings::{Floor, FloorScale, InitMethod, Settings, SettingsError};
pub use stopping::{StopReason, aitken_limit, stop};
