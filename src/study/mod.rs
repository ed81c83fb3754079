//! What a fit tells: health of components, model selection, what changed.

mod health;

pub use health::Health;
