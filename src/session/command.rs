use serde::{Deserialize, Serialize};

use super::roles::{Missing, Roles};
use crate::fit::{Algorithm, Floor, InitMethod, Knob, Model, Precision, Settings, StopRule};
use crate::mixture::CovarianceType;

/// What a person can ask of a session.
///
/// A new K, covariance type, start, seed or data set begins a new run; floor,
/// tolerance and iteration limit take effect from the current iteration on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Open a built-in data set by its id.
    OpenBuiltin(String),
    /// The table's columns that the fit uses, by index, in this order; at least one.
    SetColumns(Vec<usize>),
    /// The two columns of the table that the map shows (both among the fitted ones).
    SetAxes {
        /// Across.
        x: usize,
        /// Up.
        y: usize,
    },
    /// Whether rows with a missing value in a fitted column are left out or fitted by what they
    /// have.
    SetMissing(Missing),
    /// The column of numbers, not among the fitted ones, that gives each row its weight.
    SetWeights(Option<usize>),
    /// The column of words or whole numbers, not among the fitted ones, whose values name the
    /// components A, B ... of the rows, in order of first appearance; where it is empty the
    /// component is unknown. K is raised to their number.
    SetLabels(Option<usize>),
    /// The column, not among the fitted ones, that tells sequences of rows apart for a hidden
    /// Markov model: one begins wherever its value changes.
    SetSequences(Option<usize>),
    /// Roles of the columns, axes and settings of the data that are open, all at once: one
    /// after another, some would be refused for what the others still are.
    Restore {
        /// Which columns play which role.
        roles: Roles,
        /// The two columns that the map shows.
        axes: [usize; 2],
        /// What is asked of the fit.
        settings: Box<Settings>,
    },
    /// K, 1 to 32.
    SetComponents(usize),
    /// The covariance family.
    SetCovariance(CovarianceType),
    /// What is fitted, and how. Another model begins a new run; another algorithm goes on
    /// from the iteration shown.
    SetMethod(Model, Algorithm),
    /// In which numbers the passes over the rows are made.
    SetPrecision(Precision),
    /// One of the numbers that model and algorithm have.
    SetKnob(Knob, f64),
    /// Where the first parameters come from.
    SetInit(InitMethod),
    /// Seed of the start.
    SetSeed(u64),
    /// What keeps covariances from collapsing.
    SetFloor(Floor),
    /// What ends a run.
    SetStopRule(StopRule),
    /// Tolerance on the gain of the mean log-likelihood.
    SetTolerance(f64),
    /// Iteration limit of play and run.
    SetMaxIterations(usize),
    /// Begin again from the same seed.
    SameStart,
    /// Begin again from the next seed.
    NewStart,
    /// Begin again with this component split in two.
    Split(usize),
    /// Begin again with these two components made one.
    Merge(usize, usize),
    /// Fit from this many seeds, this one first, and begin again from the one that led to the
    /// best fit that can be believed.
    FindBest(usize),
    /// One E-step: share the points out. (After an E-step: nothing to do.)
    EStep,
    /// One M-step: move the components. (Does the E-step first if it is due.)
    MStep,
    /// A full iteration: on to the end of the next M-step.
    Step,
    /// Forward one half-step, whichever is due.
    Forward,
    /// Back one half-step.
    Back,
    /// To the start.
    First,
    /// To the newest half-step.
    Last,
    /// To the half-step of this index.
    Seek(usize),
    /// Half-steps at the set speed, from here, until stopped.
    Play,
    /// Stop playing or running.
    Pause,
    /// Iterations as fast as they come, until a stopping rule holds.
    RunToConvergence,
    /// Half-steps a second while playing; 0 means as fast as they come.
    SetSpeed(f64),
    /// Go on from what the same start has led to otherwise, by its place among the
    /// [`branches`](super::Past::branches).
    TakeBranch(usize),
    /// Go where a link leads: what follows the `#` of its address.
    OpenLink(String),
    /// Whether the half-step shown is explained as a bound and a gap, in the
    /// [`Past`](super::Past).
    Explain(bool),
    /// Take back the last change of data, settings or start.
    Undo,
    /// Do it again.
    Redo,
}

impl Command {
    /// Does it need more than the first view brings along? See [`crate::later::Part::Methods`].
    pub fn goes_beyond(&self) -> bool {
        match self {
            Command::SetCovariance(family) => !CovarianceType::ALL.contains(family),
            Command::SetInit(init) => *init != InitMethod::KMeans,
            Command::SetMissing(_)
            | Command::SetWeights(_)
            | Command::SetLabels(_)
            | Command::SetSequences(_)
            | Command::Restore { .. }
            | Command::SetMethod(..)
            | Command::SetKnob(..)
            | Command::SetStopRule(_)
            | Command::FindBest(_)
            | Command::Split(_)
            | Command::Merge(..) => true,
            _ => false,
        }
    }
}
