//! What a fit tells: health of components, model selection, what changed.

mod criteria;
mod health;
mod saddle;

pub use criteria::{aic, bic};
pub use health::{Health, health};
pub use saddle::coincident;
