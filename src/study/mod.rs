//! What a fit tells: health of components, model selection, what changed.

mod criteria;
mod health;

pub use criteria::{aic, bic};
pub use health::Health;
