//! One way to every file.

use serde::{Deserialize, Serialize};

use super::experiment_file::ExperimentFile;
use super::model_file::ModelFile;
use super::rows::RowsWriter;
use super::run_log::run_log;
use super::samples::SamplesWriter;
use super::script::{Script, offers, script};
use super::{ExportError, Pieces, file_name};
use crate::fit::Settings;
use crate::session::{DataView, Experiment};

/// A file that one can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// The model as JSON.
    Model,
    /// The run as JSON, to be made again.
    Experiment,
    /// Every row with what the model says of it, as CSV.
    Rows,
    /// Rows drawn from the model, as CSV.
    Samples {
        /// How many.
        n: u64,
        /// What they are drawn by.
        seed: u64,
    },
    /// The iterations as JSON lines.
    RunLog,
    /// A program that goes on from the model.
    Script(Script),
}

/// A file on its way out.
pub struct Outgoing {
    /// What it is called.
    pub name: String,
    /// What it is, as browsers call it.
    pub media_type: &'static str,
    /// Its bytes.
    pub pieces: Box<dyn Pieces>,
}

impl Wanted {
    /// How the name of the file ends.
    pub fn ending(self) -> &'static str {
        match self {
            Wanted::Model => ".model.json",
            Wanted::Experiment => ".experiment.json",
            Wanted::Rows => ".rows.csv",
            Wanted::Samples { .. } => ".samples.csv",
            Wanted::RunLog => ".log.jsonl",
            Wanted::Script(Script::Python) => ".py",
            Wanted::Script(Script::R) => ".R",
            Wanted::Script(Script::Spark) => ".spark.py",
            Wanted::Script(Script::ScorePython) => ".score.py",
            Wanted::Script(Script::ScoreJavaScript) => ".score.mjs",
        }
    }

    /// Can there be such a file of what the page shows?
    ///
    /// # Errors
    /// If not, why, and what there is instead.
    pub fn offered(self, settings: &Settings, data: &DataView) -> Result<(), ExportError> {
        match self {
            Wanted::Script(script) => offers(script, settings, data),
            _ => Ok(()),
        }
    }

    /// Begins to write it. `times` has the milliseconds at which the iterates were there; NaN where
    /// nobody looked.
    ///
    /// # Errors
    /// If there is no such file of this model.
    pub fn write(self, experiment: &Experiment, times: &[f64]) -> Result<Outgoing, ExportError> {
        let pieces: Box<dyn Pieces> = match self {
            Wanted::Model => Box::new(Whole(ModelFile::of(experiment).to_text()?)),
            Wanted::Experiment => Box::new(Whole(ExperimentFile::of(experiment).to_text()?)),
            Wanted::Rows => Box::new(RowsWriter::new(experiment)),
            Wanted::Samples { n, seed } => {
                let n = usize::try_from(n).unwrap_or(usize::MAX);
                Box::new(SamplesWriter::new(experiment, n, seed))
            }
            Wanted::RunLog => Box::new(Whole(run_log(experiment, times)?)),
            Wanted::Script(which) => Box::new(Whole(script(experiment, which)?)),
        };
        let table = experiment.selection().source().table();
        Ok(Outgoing {
            name: file_name(table.name(), experiment.settings(), self.ending()),
            media_type: match self {
                Wanted::Model | Wanted::Experiment => "application/json",
                Wanted::Rows | Wanted::Samples { .. } => "text/csv",
                _ => "text/plain",
            },
            pieces,
        })
    }
}

/// A file that is small enough to be written at once.
struct Whole(String);

impl Pieces for Whole {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        out.append(&mut std::mem::take(&mut self.0).into_bytes());
        false
    }

    fn progress(&self) -> f64 {
        f64::from(u8::from(self.0.is_empty()))
    }
}
