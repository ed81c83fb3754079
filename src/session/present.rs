//! What the page shows of the session: everything but the points.

use super::beyond;
use super::caption::caption;
use super::experiment::Experiment;
use super::state::{Mode, Session};
use super::status::{counts, healths, status};
use super::view::{ComponentView, Status, TracePoint, View};
use super::words::{count, number};
use crate::data::Matrix;
use crate::fit::{can_split, nearest};
use crate::study::{Health, Search, aic, bic, effective_components, occupied};

/// Entries of a mean that the table can show.
const MOST_COLUMNS: usize = 8;

impl Session {
    /// Everything the page shows of the half-step now. The trace holds what has been added
    /// since the last view.
    pub fn view(&mut self) -> View {
        if self.mode == Mode::Idle && self.now.is_single() {
            beyond::settle(self);
        }
        let e = &self.now;
        let same = (self.sent.0, self.sent.1) == (e.run.id, e.data_version);
        let trace_from = if same { self.sent.2 } else { 0 };
        self.sent = (e.run.id, e.data_version, e.run.iterates().len());
        let e = &self.now;
        let matrix = e.selection.matrix();
        // A row counts as often as its weight says.
        let n = matrix.total_weight().round().max(1.0) as usize;
        let mixture = e.mixture();
        let log_likelihood = e.iterate().log_likelihood;
        let n_parameters = mixture.n_parameters();
        let (status, mut status_detail) = match self.mode {
            Mode::Idle => status(e),
            _ => (Status::Running, String::new()),
        };
        if let Some(search) = &self.search {
            status_detail = beyond::progress(search);
        } else if !e.origin.is_empty() {
            status_detail = [&status_detail, &*e.origin].join(" ").trim().to_owned();
        }
        View {
            run: e.run.id,
            data: e.selection.view(e.data_version),
            settings: e.settings.clone(),
            can_be_fast: e.settings.can_be_fast(matrix),
            speed: self.speed,
            position: e.position,
            last: e.run.last(),
            iteration: e.position.div_ceil(2),
            phase: e.phase(),
            objective_kind: e.objective(),
            objective: e.iterate().objective,
            log_likelihood,
            log_likelihood_per_point: log_likelihood / matrix.total_weight(),
            bic: bic(log_likelihood, n_parameters, n),
            aic: aic(log_likelihood, n_parameters),
            n_parameters,
            limit: (e.t() > 1).then(|| beyond::limit(e)).flatten(),
            status,
            status_detail,
            caption: caption(e),
            components: components(e, !self.is_running() || self.pace().is_some()),
            needed: match mixture.posterior() {
                None => String::new(),
                Some(_) => beyond::needed(e),
            },
            can_split: can_split(&mixture),
            extra: mixture.extra().map_or("", |(name, _)| name).to_owned(),
            noise: mixture.noise().map(|noise| [noise.weight, noise_points(e)]),
            trace_from,
            trace: trace(e, trace_from),
            problem: self.problem.clone(),
            can_undo: !self.undo.is_empty(),
            can_redo: !self.redo.is_empty(),
        }
    }
}

/// `at_leisure`: is there time to compare each with each?
fn components(e: &Experiment, at_leisure: bool) -> Vec<ComponentView> {
    let matrix = e.selection.matrix();
    let mixture = e.mixture();
    let counts = counts(e);
    let healths = healths(e);
    let [x, y] = e.selection.map_columns();
    let nearest = match at_leisure {
        true => nearest(&mixture),
        false => Vec::new(),
    };
    (0..mixture.n_components())
        .map(|k| {
            let covariance = &mixture.covariances()[k];
            let mean = &mixture.means()[k];
            let shown = 0..mean.len().min(MOST_COLUMNS);
            ComponentView {
                weight: mixture.weights()[k],
                mean: shown
                    .clone()
                    .map(|j| mean[j] + matrix.centre()[j])
                    .collect(),
                std: shown.map(|j| covariance.get(j, j).sqrt()).collect(),
                map_mean: on_map(matrix, mean, [x, y]),
                map_covariance: [
                    covariance.get(x, x),
                    covariance.get(x, y),
                    covariance.get(y, y),
                ],
                points: counts[k],
                extra: mixture.extra().map(|(_, numbers)| numbers[k]),
                nearest: nearest.get(k).copied().flatten(),
                health: healths[k],
                health_detail: match healths[k] {
                    Health::Good => String::new(),
                    ill => beyond::health_detail(e, ill),
                },
            }
        })
        .collect()
}

/// Of a fit that empties what it does not need: how many components are left.
pub(super) fn needed(e: &Experiment) -> String {
    let mixture = e.mixture();
    format!(
        "{} of {} hold a row or more. The effective number, exp of the entropy of the weights, is {}.",
        occupied(&counts(e)),
        count(mixture.n_components(), "component"),
        number(effective_components(mixture.weights()), 2)
    )
}

/// How far a search has come.
pub(super) fn progress(search: &Search) -> String {
    let done = search.outcomes().len();
    let best = match search.best() {
        Some(best) => format!(
            "The best so far reached {}, from seed {}.",
            number(best.objective, 3),
            best.seed
        ),
        None => "None can be believed so far.".to_owned(),
    };
    format!(
        "{done} of {} done. {best}",
        count(search.n_starts(), "start")
    )
}

/// Effective number of points of the noise component.
fn noise_points(e: &Experiment) -> f64 {
    match e.evaluated() {
        Some(t) => e.run.iterates()[t].noise_count,
        None => {
            let share = e.mixture().noise().map_or(0.0, |noise| noise.weight);
            share * e.selection.matrix().total_weight()
        }
    }
}

fn on_map(matrix: &Matrix, mean: &[f64], axes: [usize; 2]) -> [f64; 2] {
    axes.map(|j| mean[j] + matrix.centre()[j])
}

fn trace(e: &Experiment, from: usize) -> Vec<TracePoint> {
    let matrix = e.selection.matrix();
    let axes = e.selection.map_columns();
    e.run.iterates()[from..]
        .iter()
        .map(|i| TracePoint {
            objective: i.objective,
            means: i.means.iter().map(|m| on_map(matrix, m, axes)).collect(),
            points: i.counts.clone(),
        })
        .collect()
}

pub(super) fn health_detail(e: &Experiment, health: Health) -> String {
    let d = e.selection.matrix().n_columns();
    match health {
        Health::Good => String::new(),
        Health::Thin => format!(
            "It holds fewer points than the {} numbers of its mean and covariance: what it fits may be chance.",
            d + d * (d + 1) / 2
        ),
        Health::Flat => {
            "Almost no variance is left in one direction: it lies on a line or plane, held up by the floor if there is one.".to_owned()
        }
        Health::Collapsed => {
            "It sits on one point or on copies of one, held up by the floor alone.".to_owned()
        }
        Health::Empty if e.mixture().posterior().is_some() => {
            "It holds less than one point: the fit does not need it, and only the prior gives it a place.".to_owned()
        }
        Health::Empty => {
            "No point gives it any responsibility: its weight is 0. Choose another start or fewer components.".to_owned()
        }
    }
}
