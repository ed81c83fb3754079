//! The experiment as a document: what was asked, its history of half-steps, commands in and
//! views out. A state machine that a test can drive.
//!
//! A [`Session`] holds one [`Experiment`] and those before it (for undo). An experiment is a
//! [`Selection`] of columns with their [`Roles`], the settings, and a [`Run`]: every
//! [`Iterate`] since the start. Half-step 0 is the start, 2 t - 1 the t-th E-step, 2 t the t-th
//! M-step. An iterate keeps the parameters and the objective, never an array as long as the
//! data; above 64 MB old parameters are thinned out, and computed again, to the same bits, when
//! one goes back to them.
//!
//! The page sends [`Command`]s and shows [`View`]s. What changes the start (data, K, family,
//! model, seed) begins a new run; what changes the path (algorithm, floor, a prior) leaves the
//! half-steps after the one shown as a branch, to which one can go back; what only ends it
//! (tolerance, limit) changes nothing before. Undo brings any of it back. What happened along a run,
//! its branches and the runs before it are its [`Past`]; a [`link`](mod@link) holds what led to a
//! half-step, and leads there again. A wish that cannot be met changes nothing and comes back as the
//! view's [`Problem`]: what happened, and what to do.
//!
//! Numbers of a view are in the data's units, log-likelihoods natural and in total.

mod beyond;
mod branch;
mod caption;
mod change;
mod command;
mod events;
mod experiment;
mod explain;
mod follow;
pub mod link;
mod memory;
mod opening;
mod past;
mod present;
mod roles;
mod run;
mod source;
mod state;
mod status;
mod view;
mod words;

pub use command::Command;
pub use events::{Event, EventKind};
pub use experiment::Experiment;
pub use explain::Bound;
pub use memory::{Need, SMALLER, not_opened};
pub use opening::Opening;
pub use past::{BranchView, Past};
pub use roles::{Missing, Roles};
pub use run::{Iterate, Pass, Run};
pub use source::{Selection, Source};
pub use state::Session;
pub use view::{ColumnView, ComponentView, DataView, Phase, Problem, Status, TracePoint, View};

pub use crate::data::ColumnKind;
