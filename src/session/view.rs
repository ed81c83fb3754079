use serde::{Deserialize, Serialize};

use super::command::Command;
use super::roles::{Missing, Roles};
use crate::data::ColumnKind;
use crate::fit::{InitMethod, Objective, Settings};
use crate::study::Health;

/// Everything the page shows of one half-step, small whatever N and D.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Counts the runs of this session: a new number means that `trace` begins anew.
    pub run: u64,
    /// The data set.
    pub data: DataView,
    /// What was asked.
    pub settings: Settings,
    /// Can these rows be fitted in single precision first? See [`Settings::can_be_fast`].
    pub can_be_fast: bool,
    /// Half-steps a second while playing; 0 means as fast as they come.
    pub speed: f64,
    /// Index of the half-step that is shown: 0 is the start, odd ones follow an
    /// E-step, even ones an M-step.
    pub position: usize,
    /// Index of the newest half-step recorded.
    pub last: usize,
    /// The iteration that the half-step belongs to: 0 at the start, t after its E-step and after its M-step.
    pub iteration: usize,
    /// What the half-step was.
    pub phase: Phase,
    /// What the run climbs.
    pub objective_kind: Objective,
    /// Its value at the parameters shown.
    pub objective: f64,
    /// Total log-likelihood (natural logarithm) of the parameters shown.
    pub log_likelihood: f64,
    /// The same divided by the number of rows.
    pub log_likelihood_per_point: f64,
    /// Bayesian information criterion, lower is better.
    pub bic: f64,
    /// Akaike information criterion, lower is better.
    pub aic: f64,
    /// Free parameters of the model.
    pub n_parameters: usize,
    /// Aitken's estimate of the objective that the run is heading for, once there are three iterations that allow one.
    pub limit: Option<f64>,
    /// Exactly one state.
    pub status: Status,
    /// Why the status is what it is, and what can be done: one or two sentences, or empty.
    pub status_detail: String,
    /// One sentence that says what just happened.
    pub caption: String,
    /// The components, in order A, B, C ...
    pub components: Vec<ComponentView>,
    /// How many components the fit needs, in a sentence; empty unless the model tells.
    pub needed: String,
    /// Can a component be split by hand?
    pub can_split: bool,
    /// What [`ComponentView::extra`] is called; empty if the model has no such number.
    pub extra: String,
    /// Weight and effective number of points of the noise component, if there is one.
    pub noise: Option<[f64; 2]>,
    /// `trace[trace_from..]` of the run; the page keeps what it had before that index.
    pub trace_from: usize,
    /// One entry an iteration, from iteration `trace_from` on.
    pub trace: Vec<TracePoint>,
    /// Something that was asked and could not be done; everything else stands as before.
    pub problem: Option<Problem>,
    /// Is there anything to undo, to redo?
    pub can_undo: bool,
    /// See `can_undo`.
    pub can_redo: bool,
}

impl View {
    /// What a session begun anew must be told to have the same data and settings, once the
    /// file is open if they come from one. Parameters that were given are not kept:
    /// k-means stands in for them.
    pub fn choices(&self) -> Vec<Command> {
        let data = &self.data;
        let mut settings = self.settings.clone();
        if settings.init == InitMethod::Given {
            settings.init = InitMethod::KMeans;
        }
        let restore = Command::Restore {
            roles: Roles {
                fitted: data.fitted.clone(),
                missing: data.missing,
                weights: data.weights,
                labels: data.labels,
                sequences: data.sequences,
            },
            axes: data.axes,
            settings: Box::new(settings),
        };
        let set = data.builtin.clone().map(Command::OpenBuiltin);
        set.into_iter()
            .chain([restore, Command::SetSpeed(self.speed)])
            .collect()
    }
}

/// The data set, without its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataView {
    /// Changes whenever rows, fitted columns or axes do.
    pub version: u64,
    /// Id of a built-in set, or `None` for a file.
    pub builtin: Option<String>,
    /// Name of the set or file, to be shown as text.
    pub name: String,
    /// Where it comes from and under which licence, or for a file how it was read.
    pub provenance: String,
    /// What was guessed or dropped while reading, one sentence each.
    pub warnings: Vec<String>,
    /// Rows of the table.
    pub n_rows: usize,
    /// Rows that the fit uses.
    pub n_fitted: usize,
    /// What becomes of rows with a missing value in a fitted column.
    pub missing: Missing,
    /// How many such rows the table has: left out, or fitted by what they have.
    pub n_incomplete: usize,
    /// Rows that are fitted and not drawn on the map: they miss one of its two columns.
    pub n_not_drawn: usize,
    /// Index of the column that gives each row its weight.
    pub weights: Option<usize>,
    /// Index of the column that gives rows their component.
    pub labels: Option<usize>,
    /// What that column calls the first components, in order A, B, C ...
    pub label_names: Vec<String>,
    /// Rows whose component is known.
    pub n_labelled: usize,
    /// Index of the column that tells sequences apart.
    pub sequences: Option<usize>,
    /// How many sequences the rows make.
    pub n_sequences: usize,
    /// All columns of the table.
    pub columns: Vec<ColumnView>,
    /// Indices of the fitted columns.
    pub fitted: Vec<usize>,
    /// Indices of the columns that the map shows; the same index twice means that only one column is fitted.
    pub axes: [usize; 2],
    /// Smallest and largest value on the two axes: `[x_min, x_max, y_min, y_max]`, finite.
    pub bounds: [f64; 4],
}

/// One column of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnView {
    /// Its header, to be shown as text.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Cells without a value.
    pub missing: usize,
}

/// What the half-step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The start: parameters, no responsibilities yet.
    Start,
    /// Responsibilities were computed with the parameters shown.
    E,
    /// Parameters were computed from the responsibilities shown.
    M,
}

/// The state of the session, exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// At the start.
    Ready,
    /// Playing or running.
    Running,
    /// Stopped by the person, or stepping by hand.
    Paused,
    /// The gain and the distance to Aitken's limit are both below the tolerance.
    Converged,
    /// The gain is below the tolerance, the distance to the limit is not.
    StillClimbing,
    /// Hardly any gain, and the gains are growing.
    Plateau,
    /// An M-step could not be completed: a component lost its points or its covariance has no factor.
    Collapsed,
    /// Finished, but on a component that holds too few points to be believed, or copies of one.
    Spurious,
    /// The log-likelihood fell, which plain EM cannot do: the floor did it.
    FellByFloor,
    /// The iteration limit was reached.
    IterationLimit,
}

impl Status {
    /// The words shown on the page.
    pub fn words(self) -> &'static str {
        match self {
            Status::Ready => "ready",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Converged => "converged",
            Status::StillClimbing => "stopped by tolerance (still climbing)",
            Status::Plateau => "plateau or saddle",
            Status::Collapsed => "collapsed",
            Status::Spurious => "spurious component",
            Status::FellByFloor => "objective fell because of the floor",
            Status::IterationLimit => "iteration limit",
        }
    }
}

/// One component at the half-step shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentView {
    /// Mixing weight, 0 to 1.
    pub weight: f64,
    /// Mean, in the units of the fitted columns and in their order (at most 8 entries are sent).
    pub mean: Vec<f64>,
    /// Standard deviations of the fitted columns, same order and cut as `mean`.
    pub std: Vec<f64>,
    /// Mean on the two axes of the map.
    pub map_mean: [f64; 2],
    /// Covariance of the two axes of the map: `[xx, xy, yy]`.
    pub map_covariance: [f64; 3],
    /// Effective number of points: the sum of its responsibilities (at the start: weight times N).
    pub points: f64,
    /// A number that only this model has, such as degrees of freedom.
    pub extra: Option<f64>,
    /// The component that is nearest by symmetric Kullback-Leibler divergence, to be merged
    /// with; `None` if there is no other, if this model's components cannot be merged, or while
    /// iterations run as fast as they come.
    pub nearest: Option<usize>,
    /// How it is doing.
    pub health: Health,
    /// Why, in a sentence; empty if good.
    pub health_detail: String,
}

/// What the curve and the trails need of one iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracePoint {
    /// Objective of the parameters after this iteration.
    pub objective: f64,
    /// Means on the two axes of the map, one a component.
    pub means: Vec<[f64; 2]>,
    /// Effective number of points of each component, by the responsibilities of these parameters.
    pub points: Vec<f64>,
}

/// Something that was asked and could not be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened and where (row, column, component).
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}
