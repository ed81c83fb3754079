//! What a half-step does to the log-likelihood, as a lower bound and a gap.

use serde::{Deserialize, Serialize};

use super::beyond;
use super::experiment::Experiment;
use super::state::Session;
use super::view::Phase;
use super::words::number;
use crate::fit::Objective;
use crate::study::Decomposition;

/// Iterations before the one shown that are explained with it.
const BEFORE: usize = 7;

/// Where rows x columns x components are more, only the one shown is.
const MUCH: usize = 2_000_000;

/// The log-likelihood after an M-step, with the responsibilities of the E-step before it:
/// bound + gap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The iteration whose M-step it was.
    pub iteration: usize,
    /// Total log-likelihood.
    pub log_likelihood: f64,
    /// The lower bound; the E-step that follows raises it to the log-likelihood.
    pub bound: f64,
    /// What is between them: see [`Decomposition`].
    pub gap: f64,
}

/// Bounds up to the half-step shown, the oldest first, and what the half-step did in words.
pub(super) fn explain(e: &Experiment) -> (Vec<Bound>, String) {
    let kinds = [
        Objective::LogLikelihood,
        Objective::Penalised,
        Objective::Single,
    ];
    let soft = |t: usize| kinds.contains(&e.run.iterates()[t].shown);
    let t = e.t();
    if !soft(t) || e.mixture().chain().is_some() {
        let none = "What this algorithm climbs does not come apart into a bound and a gap.";
        return (Vec::new(), none.to_owned());
    }
    let matrix = e.selection.matrix();
    let size = matrix.n_rows() * matrix.n_columns() * e.settings.n_components;
    let first = match size > MUCH {
        true => t.max(1),
        false => t.saturating_sub(BEFORE).max(1),
    };
    let of = |t: usize| {
        let d: Decomposition = e.run.decomposition(matrix, t).filter(|_| soft(t - 1))?;
        Some(Bound {
            iteration: t,
            // That of a pass in single precision is good for the curve only.
            log_likelihood: match e.run.iterates()[t].shown {
                Objective::Single => d.bound + d.gap,
                _ => e.run.iterates()[t].log_likelihood,
            },
            bound: d.bound,
            gap: d.gap,
        })
    };
    let bounds: Vec<Bound> = (first..=t).filter_map(of).collect();
    let here = bounds.last().filter(|b| b.iteration == t).copied();
    (bounds, words(e, here))
}

fn words(e: &Experiment, here: Option<Bound>) -> String {
    let log_likelihood = number(e.iterate().log_likelihood, 3);
    match (e.phase(), here) {
        (Phase::Start, _) => {
            "Before the first E-step there are no responsibilities, and so no bound yet.".to_owned()
        }
        (Phase::E, Some(b)) => format!(
            "The E-step closed a gap of {}: log-likelihood {log_likelihood} = lower bound {log_likelihood} + gap 0.",
            number(b.gap, 4)
        ),
        (Phase::M, Some(b)) => {
            let lifted = b.bound - e.run.iterates()[e.t() - 1].log_likelihood;
            let how = match lifted < 0.0 {
                true => "lowered",
                false => "lifted",
            };
            format!(
                "The M-step {how} the bound by {} and opened a gap of {}: log-likelihood {log_likelihood} = lower bound {} + gap {}.",
                number(lifted.abs(), 4),
                number(b.gap, 4),
                number(b.bound, 3),
                number(b.gap, 4),
            )
        }
        _ => format!(
            "The E-step made the lower bound touch the log-likelihood: {log_likelihood} = {log_likelihood} + gap 0."
        ),
    }
}

impl Session {
    /// Bounds and words for a page that wants them: not while iterations run as fast as they come,
    /// which they must not slow.
    pub(super) fn explained(&self) -> (Vec<Bound>, String) {
        let hurries = self.is_running() && self.pace().is_none();
        match self.explains && !hurries {
            true => beyond::explain(&self.now),
            false => Default::default(),
        }
    }
}
