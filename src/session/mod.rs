//! The experiment as a document: what was asked, its history of half-steps,
//! commands in and views out. A state machine that a test can drive.
//!
//! A [`Session`] holds one [`Experiment`] and those before it (for undo). An experiment is a
//! [`Selection`] of columns, the settings, and a [`Run`]: every [`Iterate`] since the start.
//! The page sends [`Command`]s and shows [`View`]s; a wish that cannot be met changes nothing
//! and comes back as the view's [`Problem`].

mod beyond;
mod caption;
mod command;
mod experiment;
mod present;
mod roles;
mod run;
mod source;
mod state;
mod status;
mod view;
mod words;

pub use command::Command;
pub use experiment::Experiment;
pub use roles::{Missing, Roles};
pub use run::{Iterate, Run};
pub use source::{Selection, Source};
pub use state::Session;
pub use view::{ColumnView, ComponentView, DataView, Phase, Problem, Status, TracePoint, View};

pub use crate::data::ColumnKind;
