//! The run as JSON lines: what it was asked, then a line for every iteration.

use serde::Serialize;

use super::ExportError;
use super::model_file::{DataRecord, SettingsRecord, column_names};
use super::names::{self, Named};
use crate::session::Experiment;
use crate::study::conditioning;

/// What the first line says that the file is.
pub const LOG_FORMAT: &str = "mixscope-run-log";

#[derive(Serialize)]
struct First<'a> {
    format: &'a str,
    version: u32,
    kind: &'a str,
    covariance_type: &'a str,
    n_components: usize,
    columns: Vec<String>,
    settings: SettingsRecord,
    data: DataRecord,
}

#[derive(Serialize)]
struct Line<'a> {
    iteration: usize,
    objective: &'a str,
    value: f64,
    log_likelihood: f64,
    /// Effective rows of each component.
    counts: &'a [f64],
    /// Largest over smallest eigenvalue of each covariance, the columns in units of their own
    /// standard deviation; none where the parameters are no longer kept.
    condition_numbers: Option<Vec<f64>>,
    /// The share of all pairs of a row and a component that the E-step left out, since no sum would
    /// change.
    left_out: f64,
    /// How many of the numbers of this iteration are NaN or infinite.
    nan_count: usize,
    /// Since the run began, as the clock of the device has it: not what must be the same.
    milliseconds: Option<f64>,
}

#[derive(Serialize)]
struct Last {
    stopped: String,
}

/// The log of the run of an experiment. `times` has the milliseconds at which each iterate was
/// there, as far as somebody has taken them.
///
/// # Errors
/// If JSON cannot hold it, which does not happen.
pub fn run_log(experiment: &Experiment, times: &[f64]) -> Result<String, ExportError> {
    let selection = experiment.selection();
    let (settings, matrix) = (experiment.settings(), selection.matrix());
    let mut log = String::new();
    push(
        &mut log,
        &First {
            format: LOG_FORMAT,
            version: 1,
            kind: settings.model.name(),
            covariance_type: settings.covariance_type.name(),
            n_components: settings.n_components,
            columns: column_names(selection),
            settings: SettingsRecord::of(settings),
            data: DataRecord::of(selection),
        },
    )?;
    for (t, iterate) in experiment.run().iterates().iter().enumerate() {
        let of_run = [
            iterate.objective,
            iterate.log_likelihood,
            iterate.noise_count,
        ];
        let numbers = of_run
            .iter()
            .chain(&iterate.counts)
            .chain(iterate.means.iter().flatten());
        let mut nan_count = numbers.filter(|x| !x.is_finite()).count();
        let mixture = experiment.run().kept_mixture(t);
        let condition_numbers = mixture.as_ref().map(|mixture| {
            let all = mixture.covariances().iter();
            let of = |c: &std::rc::Rc<_>| {
                conditioning(matrix, c).map_or(f64::NAN, |c| c.condition_number)
            };
            all.map(of).collect::<Vec<f64>>()
        });
        if let Some(mixture) = &mixture {
            let d = mixture.dimension();
            let bad = |e: &usize, c: &crate::mixture::Covariance| !c.get(e / d, e % d).is_finite();
            for c in mixture.covariances() {
                nan_count += (0..d * d).filter(|e| bad(e, c)).count();
            }
        }
        push(
            &mut log,
            &Line {
                iteration: t,
                objective: names::objective(iterate.shown),
                value: iterate.objective,
                log_likelihood: iterate.log_likelihood,
                counts: &iterate.counts,
                condition_numbers,
                left_out: iterate.left_out,
                nan_count,
                milliseconds: times.get(t).copied().filter(|t| t.is_finite()),
            },
        )?;
    }
    if let Some(failure) = experiment.run().failure() {
        let stopped = failure.to_string();
        push(&mut log, &Last { stopped })?;
    }
    Ok(log)
}

fn push(log: &mut String, line: &impl Serialize) -> Result<(), ExportError> {
    *log += &serde_json::to_string(line).map_err(|e| ExportError::Json(e.to_string()))?;
    log.push('\n');
    Ok(())
}
