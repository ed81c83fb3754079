//! Which state the experiment is in, and why.

use super::beyond;
use super::experiment::Experiment;
use super::view::{Phase, Status};
use super::words::{count, list, number};
use crate::data::Matrix;
use crate::digits::Brief;
use crate::fit::{StepError, StopReason, StopRule, aitken_limit};
use crate::mixture::{Responsibilities, letter};
use crate::study::{Health, coincident, health_of};

/// The state when nothing is playing, with a sentence that says why and what can be done.
pub fn status(e: &Experiment) -> (Status, String) {
    match e.run.last() {
        0 => (Status::Ready, String::new()),
        _ => beyond::status_of_step(e),
    }
}

/// The state on a run of some half-steps.
pub(super) fn of_step(e: &Experiment) -> (Status, String) {
    if e.stuck() {
        return (
            Status::Collapsed,
            e.run.failure().map_or_else(String::new, |f| cause(e, f)),
        );
    }
    match e.phase() {
        Phase::Start => return (Status::Ready, String::new()),
        Phase::E => return (Status::Paused, String::new()),
        Phase::M => {}
    }
    let l = e.objectives();
    let floored = match *l {
        [.., before, now] if fell(before, now) => Some(before - now),
        _ => None,
    };
    let tolerance = as_typed(e.settings.tol);
    match reason(e) {
        Some(StopReason::Converged) => converged(e),
        Some(StopReason::StillClimbing) => {
            let detail = match aitken_limit(&l) {
                Some(limit) => format!(
                    "The last iteration gained less than {tolerance} a point, but at this pace about {} are still to come in all. Lower the tolerance or press Play to go on.",
                    number(limit - e.iterate().objective, 3)
                ),
                None => format!(
                    "The last iteration gained less than {tolerance} a point; that alone is not convergence. Lower the tolerance or press Play to go on."
                ),
            };
            (Status::StillClimbing, detail)
        }
        Some(StopReason::Plateau) => (
            Status::Plateau,
            "Hardly any gain, yet the gains are growing: this is not the top. Press Play to go on, or choose another start.".to_owned(),
        ),
        _ if floored.is_some() => (
            Status::FellByFloor,
            format!(
                "The log-likelihood fell by {}. Plain EM never lets it fall; the floor added to each variance did. Lower the floor to see less of it.",
                number(floored.unwrap_or_default(), 6)
            ),
        ),
        Some(StopReason::IterationLimit) => (
            Status::IterationLimit,
            format!(
                "Stopped after {} without meeting the tolerance. Raise the limit to go on.",
                count(e.t(), "iteration")
            ),
        ),
        None => (Status::Paused, String::new()),
    }
}

/// What ends a play, beside a collapse and the iteration limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The gain falls below the tolerance, whatever that means.
    Tolerance,
    /// The limit is near too: asked for by playing on from a stop that was none.
    Convergence,
    /// Nothing moves any more: asked for by playing on from convergence.
    Standstill,
}

/// Does a play or run end at the newest half-step?
pub fn finished(e: &Experiment, until: Until) -> bool {
    if e.stuck() {
        return true;
    }
    match (reason(e), until) {
        (None, _) => false,
        (Some(StopReason::IterationLimit), _) | (Some(_), Until::Tolerance) => true,
        (Some(reason), Until::Convergence) => {
            reason == StopReason::Converged || e.t() >= e.settings.max_iter
        }
        (Some(_), Until::Standstill) => {
            let still = matches!(*e.objectives(), [.., before, now] if before >= now);
            still || e.t() >= e.settings.max_iter
        }
    }
}

/// What a play that begins here should wait for: not for the state that it begins in.
pub fn patience(e: &Experiment) -> Until {
    match reason(e) {
        None | Some(StopReason::IterationLimit) => Until::Tolerance,
        Some(StopReason::StillClimbing | StopReason::Plateau) => Until::Convergence,
        Some(StopReason::Converged) => Until::Standstill,
    }
}

fn reason(e: &Experiment) -> Option<StopReason> {
    (e.phase() == Phase::M).then(|| e.stop_reason())?
}

pub(super) fn fell(before: f64, now: f64) -> bool {
    now < before - 1e-12 * before.abs().max(1.0)
}

/// Health of every component at the half-step shown.
pub fn healths(e: &Experiment) -> Vec<Health> {
    let mixture = e.mixture();
    let floor = e.floor();
    let counts = counts(e);
    (0..mixture.n_components())
        .map(|k| health_of(e.selection.matrix(), &mixture, k, counts[k], floor))
        .collect()
}

/// Effective number of points of every component: of the responsibilities shown, and at
/// the start the number its weight asks for.
pub fn counts(e: &Experiment) -> Vec<f64> {
    match e.evaluated() {
        Some(t) => e.run.iterates()[t].counts.clone(),
        None => {
            let n = e.selection.matrix().total_weight();
            e.mixture().weights().iter().map(|w| w * n).collect()
        }
    }
}

fn converged(e: &Experiment) -> (Status, String) {
    let mixture = e.mixture();
    if let Some((a, b)) = coincident(&mixture) {
        let detail = format!(
            "Components {} and {} have become one: EM cannot part them, but a better fit may lie beside. Choose another start or fewer components.",
            letter(a),
            letter(b)
        );
        return (Status::Plateau, detail);
    }
    let ill: Vec<String> = healths(e)
        .iter()
        .enumerate()
        .filter(|(_, h)| matches!(h, Health::Thin | Health::Collapsed))
        .map(|(k, _)| letter(k))
        .collect();
    if !ill.is_empty() {
        let (noun, verb) = if ill.len() == 1 {
            ("Component", "holds")
        } else {
            ("Components", "hold")
        };
        let detail = format!(
            "{noun} {} {verb} too few points to be believed, or copies of one: the likelihood is high and means little. Raise the floor, choose another start or fewer components.",
            list(&ill)
        );
        return (Status::Spurious, detail);
    }
    let tolerance = as_typed(e.settings.tol);
    let detail = match e.settings.stop_rule {
        StopRule::Step => format!(
            "The last iteration moved no parameter by more than {tolerance} of its component\u{2019}s spread, and the steps to come add up to less."
        ),
        _ => format!(
            "The last iteration gained less than {tolerance} a point, and Aitken\u{2019}s estimate of the limit agrees."
        ),
    };
    (Status::Converged, detail)
}

/// A setting as a person would write it.
fn as_typed(value: f64) -> String {
    Brief(value).to_string().replace('-', "\u{2212}")
}

fn cause(e: &Experiment, failure: &StepError) -> String {
    match failure {
        StepError::Collapsed {
            component,
            column,
            count: points,
        } => {
            let held = held_rows(e, *component);
            let rows = match held.as_slice() {
                [] => String::new(),
                rows => format!(
                    " ({} {})",
                    if rows.len() == 1 {
                        "row"
                    } else {
                        "rows, among them"
                    },
                    list(&rows.iter().map(usize::to_string).collect::<Vec<_>>())
                ),
            };
            format!(
                "Component {} collapsed: it holds {} points{rows} and no variance is left along {}, so its covariance has no Cholesky factor. Go back, raise the floor, choose another start, or tie the covariances.",
                letter(*component),
                number(*points, 1),
                e.selection.column_name(*column)
            )
        }
        StepError::AllEmpty => {
            "Every component lost its points. Go back and choose another start.".to_owned()
        }
        StepError::NotFinite { component } => format!(
            "The sums of component {} exceed what a double can hold. Go back, and check the columns for extreme values.",
            letter(*component)
        ),
    }
}

/// Numbers of the first rows, three at most, that mainly belong to `component`.
fn held_rows(e: &Experiment, component: usize) -> Vec<usize> {
    let matrix: &Matrix = e.selection.matrix();
    let mixture = e.mixture();
    let mut responsibilities = Responsibilities::new(matrix, &mixture);
    let mut rows = Vec::new();
    for block in matrix.blocks() {
        responsibilities.take(&block);
        let r = &responsibilities.row(component)[..block.len()];
        let held = r.iter().enumerate().filter(|(_, r)| **r > 0.5);
        rows.extend(held.map(|(i, _)| e.selection.row_number(block.first_row() + i)));
        if rows.len() >= 3 {
            rows.truncate(3);
            break;
        }
    }
    rows
}
