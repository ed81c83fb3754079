//! How one iteration gets from parameters to parameters: the algorithm with its numbers,
//! and what it remembers from one iteration to the next.

use std::rc::Rc;

use super::annealing::Cooling;
use super::assign::Assign;
use super::beyond;
use super::em::State;
use super::method::{Algorithm, Knob};
use super::plan::Objective;
use super::settings::{Precision, Settings};
use super::stepwise::Stepwise;
use super::stochastic::Chain;
use super::stopping::StopRule;
use super::subsample;
use super::sums::Sums;
use crate::data::Matrix;
use crate::mixture::Mixture;

/// An algorithm with its numbers made ready for a matrix. All of them end as batch EM or
/// take its steps, so that all of them end at a stationary point of the objective.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Scheme {
    /// Batch EM.
    #[default]
    Em,
    /// EM in single precision, then EM.
    Single {
        /// It ends with an iteration that changes the log-likelihood by less than this a row.
        until: f64,
    },
    /// Classification EM (Celeux and Govaert 1992).
    Classification,
    /// Stochastic or Monte Carlo EM, then EM.
    Drawn(Chain),
    /// Deterministic annealing (Ueda and Nakano 1998), then EM.
    Annealed(Cooling),
    /// Stepwise EM over batches of rows, then EM.
    Stepwise(Stepwise),
    /// EM on some of the rows until it gains little, then on all.
    Subsample {
        /// Their number.
        rows: usize,
    },
    /// Squared extrapolation of EM steps (Varadhan and Roland 2008).
    Squarem,
    /// Damped Anderson acceleration of EM steps (Henderson and Varadhan 2019).
    Daarem,
}

/// What an algorithm has to know beside the parameters to go on to the same bits.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Whose memory it is: another scheme begins anew.
    pub(super) scheme: Scheme,
    /// The iteration at which that scheme began.
    pub(super) since: usize,
    pub(super) kept: Kept,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Kept {
    #[default]
    Nothing,
    /// The average of so many mixtures of a chain.
    Average(Rc<Mixture>, usize),
    /// Sufficient statistics of all rows about the current means.
    Statistics(Rc<[Sums]>),
    /// A first phase is over.
    Done,
    /// It is over with the next iteration.
    Last,
    /// The longest extrapolation that is tried.
    Longest(f64),
    /// Steps taken since the damping was strongest.
    Damping(f64),
}

/// What single precision tells of a change of the log-likelihood a row, at best: a tenth of this is
/// the noise of a pass over a thousand rows.
const RESOLVED: f64 = 2e-7;

/// EM in single precision, where there is such a way.
fn single(settings: &Settings, matrix: &Matrix) -> Scheme {
    let gain = match settings.stop_rule {
        StopRule::Gain => settings.tol,
        // A small gain alone does not end a run by the others.
        StopRule::Limit | StopRule::Step => 0.0,
    };
    match settings.can_be_fast(matrix) {
        true => Scheme::Single {
            until: if gain > RESOLVED { gain } else { RESOLVED },
        },
        false => Scheme::Em,
    }
}

impl Scheme {
    /// The scheme of `settings`.
    pub(super) fn new(settings: &Settings, matrix: &Matrix) -> Scheme {
        match settings.algorithm {
            Algorithm::Em if settings.precision == Precision::Fast => single(settings, matrix),
            Algorithm::Em | Algorithm::Map => Scheme::Em,
            _ => beyond::scheme(settings, matrix),
        }
    }

    /// The scheme of any algorithm.
    pub(super) fn otherwise(settings: &Settings, matrix: &Matrix) -> Scheme {
        let knobs = &settings.knobs;
        let iterations = knobs.count(Knob::Stage);
        match settings.algorithm {
            Algorithm::Em | Algorithm::Map => Scheme::Em,
            Algorithm::Classification => Scheme::Classification,
            Algorithm::Stochastic => Scheme::Drawn(Chain {
                draws: 1,
                iterations,
                averaged: true,
            }),
            Algorithm::MonteCarlo => Scheme::Drawn(Chain {
                draws: knobs.count(Knob::Draws),
                iterations,
                averaged: false,
            }),
            Algorithm::Annealing => Scheme::Annealed(Cooling {
                beta: knobs.get(Knob::Beta),
                iterations,
            }),
            Algorithm::Stepwise => Scheme::Stepwise(Stepwise::new(settings, matrix)),
            Algorithm::Subsample => Scheme::Subsample {
                rows: subsample::size(knobs.count(Knob::Rows), matrix.n_rows()),
            },
            Algorithm::Squarem => Scheme::Squarem,
            Algorithm::Daarem => Scheme::Daarem,
        }
    }

    /// The same state, with a memory that begins now if the one it has is another scheme's.
    pub(super) fn adopt(self, mut state: State) -> State {
        if state.memory.scheme != self {
            state.memory = Memory {
                scheme: self,
                since: state.t,
                kept: Kept::Nothing,
            };
        }
        state
    }

    /// What the E-step of a state of this scheme does with responsibilities.
    pub(super) fn assign(&self, state: &State, seed: u64) -> Assign {
        let done = state.stage();
        match *self {
            Scheme::Classification => Assign::Hard,
            Scheme::Drawn(chain) if done < chain.iterations => Assign::Drawn {
                seed,
                t: state.t,
                draws: chain.draws_at(done),
            },
            Scheme::Annealed(cooling) => match cooling.beta_at(done) {
                Some(beta) => Assign::Tempered(beta),
                None => Assign::Soft,
            },
            _ => Assign::Soft,
        }
    }

    /// The rows that the E-step of a state of this scheme goes over; `None` for all.
    pub(super) fn rows(&self, state: &State, seed: u64, n: usize) -> Option<Vec<usize>> {
        match *self {
            Scheme::Stepwise(stepwise) => stepwise.batch(state.stage(), seed, n),
            Scheme::Subsample { rows } if rows < n => match state.memory.kept {
                Kept::Done => None,
                _ => Some(subsample::rows(seed, rows, n)),
            },
            _ => None,
        }
    }

    /// What the curve shows at a state of this scheme, if it is not what the plan climbs.
    pub(super) fn objective(&self, state: &State, n: usize) -> Option<Objective> {
        let done = state.stage();
        match *self {
            Scheme::Drawn(chain) if done < chain.iterations => Some(Objective::Stochastic),
            Scheme::Annealed(cooling) if done < cooling.iterations => Some(Objective::Cooling),
            Scheme::Stepwise(stepwise) if done < stepwise.updates() => Some(Objective::Batch),
            Scheme::Subsample { rows } if rows < n => match state.memory.kept {
                Kept::Done => None,
                _ => Some(Objective::Subsample),
            },
            _ => None,
        }
    }
}
