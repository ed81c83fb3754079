//! How a mixture is fitted: initialisation, E-step, M-step, stopping.

mod settings;

pub use settings::{Floor, FloorScale, InitMethod, Settings};
