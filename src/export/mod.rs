//! Files out: everything that a run has found, in forms that other programs read.
//!
//! | file | what it is |
//! |---|---|
//! | [`ModelFile`] | the model as JSON, to score other rows and to go on fitting; it opens again |
//! | [`ExperimentFile`] | the run as JSON, to be made again half-step for half-step |
//! | [`RowsWriter`] | the rows as CSV with what the model says of each |
//! | [`SamplesWriter`] | rows drawn from the model as CSV |
//! | [`script()`] | programs that score rows and go on fitting in Python, R or Spark |
//! | [`run_log()`] | the run as JSON lines, one an iteration |
//!
//! The formats are published in docs/model-format.md. Numbers are written as the shortest decimals
//! that read back to the same bits, so that nothing is lost on the way out and in; the same run
//! gives the same bytes on every device.

mod cells;
mod checksum;
mod error;
mod experiment_file;
mod file_name;
mod layout;
mod model_file;
mod names;
mod open;
mod parameters;
mod rows;
mod run_log;
mod samples;
mod script;
mod wanted;

pub use checksum::of_data;
pub use error::ExportError;
pub use experiment_file::{Asked, EXPERIMENT_FORMAT, EXPERIMENT_VERSION, ExperimentFile};
pub use file_name::file_name;
pub use model_file::{
    DataRecord, FitRecord, MODEL_FORMAT, MODEL_VERSION, ModelFile, Preparation, SettingsRecord,
};
pub use names::Named;
pub use open::open;
pub use parameters::{
    ChainRecord, NoiseRecord, Parameters, PosteriorRecord, Spread, Sticks, StudentRecord,
};
pub use rows::{ANOMALOUS, RowsWriter};
pub use run_log::{LOG_FORMAT, run_log};
pub use samples::SamplesWriter;
pub use script::{Script, has_script, offers, script};
pub use wanted::{Outgoing, Wanted};

/// What a file says of the program that wrote it.
const WRITTEN_BY: &str = concat!("Mixscope ", env!("CARGO_PKG_VERSION"));

/// A file that is written a piece at a time, so that something else can be done in between and
/// no file is ever whole in memory.
pub trait Pieces {
    /// Appends the next piece; false if it was the last. A piece may be empty.
    fn next(&mut self, out: &mut Vec<u8>) -> bool;

    /// How far it is, from 0 to 1.
    fn progress(&self) -> f64;
}
