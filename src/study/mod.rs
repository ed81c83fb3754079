//! What a fit tells: health of its components ([`health()`]), two that have become one
//! ([`coincident`]), and how it compares with fits of other sizes ([`aic`], [`bic`]).

mod criteria;
mod health;
mod restarts;
mod saddle;

pub use criteria::{aic, bic};
pub use health::{Health, health};
pub use restarts::{MAX_RESTARTS, Outcome, Search};
pub use saddle::coincident;
