//! The experiment as a document: what was asked, its history of half-steps,
//! commands in and views out. A state machine that a test can drive.

mod command;
mod view;

pub use crate::data::ColumnKind;
pub use command::Command;
pub use view::{ColumnView, ComponentView, DataView, Phase, Problem, Status, TracePoint, View};
