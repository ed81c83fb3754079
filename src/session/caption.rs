//! One sentence that says what just happened, and one that says what comes next.

use super::beyond;
use super::experiment::Experiment;
use super::view::Phase;
use super::words::{count, number};
use crate::fit::InitMethod;
use crate::mixture::letter;

/// The caption of the half-step shown.
pub fn caption(e: &Experiment) -> String {
    match e.phase() {
        Phase::Start => started(e),
        _ => beyond::caption_of_step(e),
    }
}

/// The caption after a half-step.
pub(super) fn of_step(e: &Experiment) -> String {
    match e.phase() {
        Phase::M => moved(e),
        _ => shared_out(e),
    }
}

fn started(e: &Experiment) -> String {
    let s = &e.settings;
    let how = match s.init {
        InitMethod::KMeans => "clusters that k-means found from k-means++ seeds",
        InitMethod::KMeansPlusPlus => "k-means++ seeds",
        InitMethod::RandomPoints => "rows drawn at random",
        InitMethod::RandomResponsibilities => "random responsibilities",
        InitMethod::MiniBatchKMeans => "clusters that mini-batch k-means found",
        InitMethod::Given => "the parameters as they stood",
        InitMethod::Hierarchical => "clusters merged from single rows",
    };
    let seed = match s.init.depends_on_the_seed() {
        true => format!(", seed {}", s.seed),
        false => String::new(),
    };
    format!(
        "Start. {} from {how}{seed}. Next, the E-step shares every point out among them.",
        count(e.mixture().n_components(), "component"),
    )
}

fn shared_out(e: &Experiment) -> String {
    if e.objective().of_some_rows() {
        return "E-step: some of the rows were shared out among the components in proportion to their densities. Next, each component moves to what it holds of them."
            .to_owned();
    }
    let next = "Next, each component moves to the points it now holds.";
    let what = match e.run.moves(e.selection.matrix(), e.t()) {
        None => "every point was shared out among the components in proportion to their densities."
            .to_owned(),
        Some(m) => match m.commonest {
            None => {
                "every point was shared out again; none changed its strongest component.".to_owned()
            }
            Some((from, to, rows)) => {
                let which = match (rows == m.rows, rows) {
                    (true, _) => format!("from {} to {}", name(e, from), name(e, to)),
                    (false, _) => {
                        format!("most of them from {} to {}", name(e, from), name(e, to))
                    }
                };
                format!(
                    "every point was shared out again; {} changed {} strongest component, {which}.",
                    count(m.rows, "point"),
                    if m.rows == 1 { "its" } else { "their" }
                )
            }
        },
    };
    format!("E-step: {what} {next}")
}

/// What a component goes by: K is the noise component.
fn name(e: &Experiment, component: usize) -> String {
    match component < e.mixture().n_components() {
        true => letter(component),
        false => "noise".to_owned(),
    }
}

fn moved(e: &Experiment) -> String {
    let (before, now) = (&e.run.iterates()[e.t() - 1], e.iterate());
    let who = match farthest(e) {
        Some(k) => format!("; {} moved farthest", letter(k)),
        None => String::new(),
    };
    if before.shown != now.shown {
        return format!(
            "M-step: each component moved to its points{who}. From here on the curve shows the {}: {}.",
            now.shown.words(),
            number(now.objective, 3)
        );
    }
    let (before, now) = (before.objective, now.objective);
    let change = now - before;
    let how = if change.abs() <= 1e-12 * now.abs() {
        "stayed where it was".to_owned()
    } else if change > 0.0 {
        format!("rose by {}", number(change, 3))
    } else {
        format!("fell by {}", number(-change, 3))
    };
    format!(
        "M-step: each component moved to its points{who}. The {} {how}, to {}.",
        e.objective().words(),
        number(now, 3)
    )
}

/// The component whose mean moved farthest in units of the data's spread, if K > 1 and it moved visibly.
fn farthest(e: &Experiment) -> Option<usize> {
    let t = e.t();
    let (before, now) = (&e.run.iterates()[t - 1].means, &e.iterate().means);
    let variance = e.selection.matrix().variance();
    let squared = |k: usize| -> f64 {
        let moves = before[k].iter().zip(&now[k]).zip(variance);
        moves
            .filter(|(_, v)| **v > 0.0)
            .map(|((a, b), v)| (a - b) * (a - b) / v)
            .sum()
    };
    let k = (0..now.len()).max_by(|&a, &b| squared(a).total_cmp(&squared(b)))?;
    (now.len() > 1 && squared(k) > 1e-6).then_some(k)
}
