//! What happened along a run, pinned to its half-steps. Everything is read from the history, so that
//! the same run has the same events.

use serde::{Deserialize, Serialize};

use super::experiment::Experiment;
use super::words::{count, list, number};
use crate::digits::Brief;
use crate::fit::{
    Floor, FloorScale, Knob, Method, Precision, Progress, Settings, StepError, StopReason,
    StopRule, judge, step_length,
};
use crate::mixture::letter;
use crate::study::Health;

/// Events of one run that are told, at most: the first ones.
const MOST_EVENTS: usize = 64;

/// The share of all points that must change hands in an E-step to be told.
const MANY: f64 = 0.005;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The run began with components that were split, merged or chosen among many starts.
    Restart,
    /// Settings were changed, and act from here on.
    Change,
    /// Many points changed hands in one E-step.
    Reassignment,
    /// The objective fell.
    Fall,
    /// A component has no variance left in some direction, or the M-step cannot be done.
    Collapse,
    /// A component lost all its points.
    Empty,
    /// A stopping rule held that is not convergence.
    Stop,
    /// The stopping rule and Aitken's limit held.
    Converged,
}

impl EventKind {
    /// Its name on the page.
    pub fn words(self) -> &'static str {
        match self {
            EventKind::Restart => "Restart",
            EventKind::Change => "Change of settings",
            EventKind::Reassignment => "Reassignment",
            EventKind::Fall => "Objective fell",
            EventKind::Collapse => "Collapse",
            EventKind::Empty => "Empty component",
            EventKind::Stop => "Stopping rule",
            EventKind::Converged => "Converged",
        }
    }
}

/// Something that happened at a half-step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The half-step.
    pub at: usize,
    /// What it was.
    pub kind: EventKind,
    /// The same in a sentence or two.
    pub words: String,
}

/// Everything that happened along the run so far, in the order of the half-steps.
pub(super) fn events(e: &Experiment) -> Vec<Event> {
    let mut events = Vec::new();
    if !e.origin.is_empty() {
        events.push(Event {
            at: 0,
            kind: EventKind::Restart,
            words: e.origin.to_string(),
        });
    }
    changes(e, &mut events);
    reassignments(e, &mut events);
    falls(e, &mut events);
    ailments(e, &mut events);
    stops(e, &mut events);
    if let Some(failure) = e.run.failure() {
        events.push(Event {
            at: e.run.last(),
            kind: EventKind::Collapse,
            words: match failure {
                StepError::Collapsed { component, .. } => format!(
                    "Component {} collapsed: its covariance has no Cholesky factor, and the M-step cannot be done.",
                    letter(*component)
                ),
                StepError::AllEmpty => "Every component lost its points.".to_owned(),
                StepError::NotFinite { component } => format!(
                    "The sums of component {} exceed what a double can hold.",
                    letter(*component)
                ),
            },
        });
    }
    events.sort_by_key(|event| event.at);
    events.truncate(MOST_EVENTS);
    events
}

fn changes(e: &Experiment, events: &mut Vec<Event>) {
    let mut before = &e.first;
    for change in &e.changes {
        events.push(Event {
            at: change.at,
            kind: EventKind::Change,
            words: match difference(before, &change.settings) {
                Some(what) => format!("From here on: {what}."),
                None => "From here on the settings are others.".to_owned(),
            },
        });
        before = &change.settings;
    }
}

/// What is set otherwise now, in words, if anything that acts on the path is.
pub(super) fn difference(before: &Settings, now: &Settings) -> Option<String> {
    let mut parts = Vec::new();
    if before.algorithm != now.algorithm {
        let name = Method::of(now.model, now.algorithm).map_or("", |method| method.name);
        parts.push(format!("algorithm {name}"));
    }
    if before.precision != now.precision {
        parts.push(
            match now.precision {
                Precision::Exact => "double precision",
                Precision::Fast => "single precision first",
            }
            .to_owned(),
        );
    }
    if before.floor != now.floor {
        parts.push(format!("floor {}", floor(now.floor)));
    }
    for knob in Knob::ALL {
        let value = now.knobs.get(knob);
        if value != before.knobs.get(knob) {
            let spec = knob.spec();
            let choice = spec.choices.get(value as usize);
            let value = choice.map_or_else(|| Brief(value).to_string(), ToString::to_string);
            parts.push(format!("{} {value}", spec.name.to_lowercase()));
        }
    }
    (!parts.is_empty()).then(|| list(&parts))
}

fn floor(floor: Floor) -> String {
    let value = Brief(floor.value).to_string().replace('-', "\u{2212}");
    match floor.scale {
        FloorScale::Relative => format!("{value} of each variance"),
        FloorScale::Absolute => value,
    }
}

/// E-steps in which the effective counts show that many points changed hands; of several in
/// a row the one in which most did.
fn reassignments(e: &Experiment, events: &mut Vec<Event>) {
    let iterates = e.run.iterates();
    let n = e.selection.matrix().total_weight();
    let moved = |t: usize| {
        let (before, now) = (&iterates[t - 1], &iterates[t]);
        let both = before.counts.iter().zip(&now.counts);
        let noise = now.noise_count - before.noise_count;
        let sum: f64 = both.map(|(a, b)| (b - a).abs()).sum();
        // What one component gains another one loses.
        0.5 * (sum + noise.abs())
    };
    // The E-step with the newest parameters may not have been asked for yet.
    let last = e.run.last().div_ceil(2);
    let mut most: Option<(usize, f64)> = None;
    for t in 1..=last {
        let points = match t < last && !iterates[t].shown.of_some_rows() {
            true => moved(t),
            false => 0.0,
        };
        if points >= MANY * n {
            if most.is_none_or(|(_, before)| points > before) {
                most = Some((t, points));
            }
        } else if let Some((t, points)) = most.take() {
            let change = |k: usize| iterates[t].counts[k] - iterates[t - 1].counts[k];
            let by_change = |a: &usize, b: &usize| change(*a).total_cmp(&change(*b));
            let k = iterates[t].counts.len();
            let who = match ((0..k).min_by(by_change), (0..k).max_by(by_change)) {
                (Some(from), Some(to)) if from != to => {
                    format!("; {} lost most, {} gained most", letter(from), letter(to))
                }
                _ => String::new(),
            };
            events.push(Event {
                at: 2 * t + 1,
                kind: EventKind::Reassignment,
                words: format!(
                    "At least {} of {} points changed hands in this E-step{who}.",
                    number(points, 1),
                    number(n, 0)
                ),
            });
        }
    }
}

/// Iterations in which the objective fell, several in a row as one.
fn falls(e: &Experiment, events: &mut Vec<Event>) {
    let iterates = e.run.iterates();
    let mut begun: Option<usize> = None;
    for t in 1..=iterates.len() {
        let fell = iterates.get(t).is_some_and(|now| {
            let before = &iterates[t - 1];
            let (a, b) = (before.objective, now.objective);
            before.shown == now.shown && now.shown.climbs() && super::status::fell(a, b)
        });
        match (fell, begun) {
            (true, None) => begun = Some(t),
            (false, Some(first)) => {
                let by = iterates[first - 1].objective - iterates[t - 1].objective;
                let floored = e.run.plan(first).floor.iter().any(|&f| f > 0.0);
                let why = match floored {
                    true => " Plain EM never lets it fall; the floor added to each variance did.",
                    false => "",
                };
                let so_far = match t - first {
                    1 => String::new(),
                    n => format!(" in {}", count(n, "iteration")),
                };
                events.push(Event {
                    at: 2 * first,
                    kind: EventKind::Fall,
                    words: format!(
                        "The {} fell by {}{so_far}.{why}",
                        iterates[first].shown.words(),
                        number(by, 6)
                    ),
                });
                begun = None;
            }
            _ => {}
        }
    }
}

/// Components that fell ill.
fn ailments(e: &Experiment, events: &mut Vec<Event>) {
    let matrix = e.selection.matrix();
    // A posterior is kept proper by its prior, and empties what it does not need.
    let posterior = e.mixture().posterior().is_some();
    let mut before: Vec<Health> = Vec::new();
    for t in 0..e.run.iterates().len() {
        let Some(now) = e.run.healths(matrix, t) else {
            continue;
        };
        // Those that fell ill of the same in the same half-step are one event.
        let mut ill: Vec<(EventKind, [&str; 2], Vec<String>)> = Vec::new();
        for (k, &health) in now.iter().enumerate() {
            if before.get(k).is_none_or(|&was| was == health) {
                continue;
            }
            let (kind, what) = match health {
                Health::Collapsed => (
                    EventKind::Collapse,
                    [
                        "sits on one point or on copies of one, held up by the floor alone",
                        "sit each on one point or on copies of one, held up by the floor alone",
                    ],
                ),
                Health::Flat if before[k] != Health::Collapsed => (
                    EventKind::Collapse,
                    [
                        "has almost no variance left in one direction",
                        "have almost no variance left in one direction",
                    ],
                ),
                Health::Empty if posterior => (
                    EventKind::Empty,
                    [
                        "is left with less than one point: the fit does not need it",
                        "are left with less than one point: the fit does not need them",
                    ],
                ),
                Health::Empty => (
                    EventKind::Empty,
                    ["lost all its points", "lost all their points"],
                ),
                _ => continue,
            };
            match ill.iter_mut().find(|(_, same, _)| *same == what) {
                Some((.., who)) => who.push(letter(k)),
                None => ill.push((kind, what, vec![letter(k)])),
            }
        }
        events.extend(ill.into_iter().map(|(kind, [one, many], who)| Event {
            at: 2 * t,
            kind,
            words: match who.as_slice() {
                [k] => format!("Component {k} {one}."),
                who => format!("Components {} {many}.", list(who)),
            },
        }));
        before = now.to_vec();
    }
}

/// Where a play would have ended: the first half-step of each reason.
fn stops(e: &Experiment, events: &mut Vec<Event>) {
    let iterates = e.run.iterates();
    let matrix = e.selection.matrix();
    let values: Vec<f64> = iterates.iter().map(|i| i.objective).collect();
    let mut told: Vec<StopReason> = Vec::new();
    let mut since = 0;
    for t in 1..iterates.len() {
        let shown = iterates[t].shown;
        if shown != iterates[t - 1].shown {
            since = t;
        }
        let mut steps = Vec::new();
        if e.settings.stop_rule == StopRule::Step {
            let from = t.saturating_sub(2).max(since);
            let kept = |s: usize| e.run.kept(s);
            steps.extend((from..t).filter_map(|s| Some(step_length(kept(s)?, kept(s + 1)?))));
        }
        let progress = Progress {
            objectives: match shown.climbs() {
                true => &values[since..=t],
                false => &[],
            },
            steps: &steps,
            t,
            n: matrix.total_weight(),
        };
        let Some(reason) = judge(&progress, &e.settings).filter(|r| !told.contains(r)) else {
            continue;
        };
        told.push(reason);
        let tolerance = Brief(e.settings.tol).to_string().replace('-', "\u{2212}");
        let (kind, words) = match reason {
            StopReason::Converged => (
                EventKind::Converged,
                "The gain and the distance to the estimated limit are both below the tolerance."
                    .to_owned(),
            ),
            StopReason::StillClimbing => (
                EventKind::Stop,
                format!(
                    "The gain is below the tolerance of {tolerance} a point, the distance to the estimated limit is not: still climbing."
                ),
            ),
            StopReason::Plateau => (
                EventKind::Stop,
                "Hardly any gain, yet the gains are growing: a plateau or a saddle.".to_owned(),
            ),
            StopReason::IterationLimit => (
                EventKind::Stop,
                format!("The limit of {} was reached.", count(t, "iteration")),
            ),
        };
        events.push(Event {
            at: 2 * t,
            kind,
            words,
        });
    }
}
