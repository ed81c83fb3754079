//! One iteration at a time: the parameters, the E-step that belongs to them, and the
//! step to the next.

use std::rc::Rc;

use super::assign::Assign;
use super::beyond;
use super::e_step::{Expectation, e_step_as};
use super::m_step::{StepError, m_step};
use super::plan::{Objective, Plan};
use super::scheme::{Kept, Memory, Scheme};
use super::share::Share;
use super::{annealing, daarem, squarem, stochastic, subsample};
use crate::data::Matrix;
use crate::mixture::Mixture;

/// Where a fit stands between two iterations: enough to go on from, to the same bits.
#[derive(Clone, Debug)]
pub struct State {
    /// The parameters, in the matrix's coordinates.
    pub mixture: Rc<Mixture>,
    /// Iterations done.
    pub t: usize,
    /// What the algorithm has to know beside them.
    pub memory: Memory,
}

impl State {
    /// Iterations done since the algorithm began.
    pub(super) fn stage(&self) -> usize {
        self.t - self.memory.since
    }

    /// Is its E-step made in single precision?
    pub(super) fn is_single(&self) -> bool {
        let single = matches!(self.memory.scheme, Scheme::Single { .. });
        single && !matches!(self.memory.kept, Kept::Done)
    }
}

/// A mixture with the E-step that belongs to it: its objective is known and the
/// M-step can follow (Dempster, Laird and Rubin 1977).
#[derive(Clone, Debug)]
pub struct Em {
    state: State,
    expectation: Expectation,
    log_likelihood: f64,
    objective: f64,
    shown: Objective,
}

impl Em {
    /// Evaluates `mixture` (of D dimensions, in the matrix's coordinates) on the rows. Under
    /// a plan that seeks a posterior, the first one is drawn from its responsibilities
    /// (`variational::first`).
    pub fn new(matrix: &Matrix, mixture: Mixture, plan: &Plan) -> Em {
        let state = State {
            mixture: Rc::new(match plan.variational {
                None => mixture,
                Some(_) => beyond::first_posterior(matrix, mixture, plan),
            }),
            t: 0,
            memory: Memory::default(),
        };
        Em::resume(matrix, state, plan)
    }

    /// Goes on from where a fit stood. A plan of another algorithm begins that algorithm here.
    pub fn resume(matrix: &Matrix, state: State, plan: &Plan) -> Em {
        Em::evaluate(matrix, plan.scheme.adopt(state), plan)
    }

    /// The E-step of a state, over the rows that its algorithm looks at.
    fn evaluate(matrix: &Matrix, state: State, plan: &Plan) -> Em {
        let mixture = &state.mixture;
        let n = matrix.n_rows();
        let (assign, rows) = match plan.scheme {
            Scheme::Em | Scheme::Single { .. } => Default::default(),
            scheme => (
                beyond::assign(&scheme, &state, plan.seed),
                beyond::rows(&scheme, &state, plan.seed, n),
            ),
        };
        let expectation = match rows {
            None if state.is_single() => beyond::single(matrix, mixture),
            None => e_step_as(matrix, mixture, mixture.means(), assign),
            Some(rows) => beyond::expectation_of_part(matrix, &rows, mixture),
        };
        Em::with(matrix, state, expectation, plan)
    }

    /// A state whose E-step is made.
    fn with(matrix: &Matrix, state: State, expectation: Expectation, plan: &Plan) -> Em {
        let mixture = &state.mixture;
        let shown = plan.objective_at(&state, matrix.n_rows());
        let beside = match shown {
            Objective::Classification => expectation.classification,
            _ => plan.beside_likelihood(mixture),
        };
        Em {
            log_likelihood: match mixture.posterior() {
                None => expectation.log_likelihood,
                Some(_) => beyond::plug_in_log_likelihood(matrix, mixture),
            },
            objective: expectation.log_likelihood + beside,
            state,
            expectation,
            shown,
        }
    }

    /// Where the fit stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The current parameters.
    pub fn mixture(&self) -> &Mixture {
        &self.state.mixture
    }

    /// What the E-step with the current parameters gave, over the rows that the algorithm looks
    /// at: its log-likelihood is scaled to all rows, its sums are not.
    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    /// Total log-likelihood (natural logarithm) of the current parameters; for a posterior
    /// that of its [`Mixture::plug_in`]; an estimate
    /// where the algorithm looks at some of the rows only.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The value of [`Self::shown`] at the current parameters.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// What the curve shows here: [`Plan::objective`], or what an algorithm shows on its way.
    pub fn shown(&self) -> Objective {
        self.shown
    }

    /// Effective number of points of every component among all `n` rows (the sum of their
    /// weights), K numbers; where the E-step went over some of them, in proportion.
    pub fn counts(&self, n: f64) -> Vec<f64> {
        let e = &self.expectation;
        let scale = if e.rows > 0.0 { n / e.rows } else { 0.0 };
        let part = self.shown.of_some_rows();
        let count = |count: f64| if part { count * scale } else { count };
        e.sums.iter().map(|s| count(s.count)).collect()
    }

    /// One iteration of the plan's algorithm; of EM: the M-step from the E-step at hand, then
    /// the next E-step.
    ///
    /// # Errors
    /// If the M-step cannot be completed; `self` stays as it was.
    pub fn iterate(&self, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        if self.state.memory.scheme != plan.scheme {
            return Em::resume(matrix, self.state.clone(), plan).iterate(matrix, plan);
        }
        match plan.scheme {
            Scheme::Em | Scheme::Single { .. } => self.step(matrix, plan),
            _ => beyond::iterate(self, matrix, plan),
        }
    }

    /// An iteration of another algorithm than EM.
    pub(super) fn iterate_otherwise(&self, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        match plan.scheme {
            Scheme::Em | Scheme::Single { .. } | Scheme::Classification => self.step(matrix, plan),
            Scheme::Annealed(cooling) => annealing::iterate(self, matrix, plan, cooling),
            Scheme::Drawn(chain) => stochastic::iterate(self, matrix, plan, chain),
            Scheme::Stepwise(stepwise) => stepwise.iterate(self, matrix, plan),
            Scheme::Subsample { .. } => subsample::iterate(self, matrix, plan),
            Scheme::Squarem => squarem::cycle(self, matrix, plan),
            Scheme::Daarem => daarem::cycle(self, matrix, plan),
        }
    }

    /// The M-step from the E-step at hand, then the next E-step.
    pub(super) fn step(&self, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        let mixture = m_step(matrix, self.mixture(), &self.expectation, plan)?;
        let next = self.arrive(matrix, mixture, self.next_memory(), plan)?;
        Ok(self.weigh(next, matrix))
    }

    /// What the next iteration begins with.
    fn next_memory(&self) -> Memory {
        let mut memory = self.state.memory.clone();
        if matches!(memory.kept, Kept::Last) {
            memory.kept = Kept::Done;
        }
        memory
    }

    /// Single precision has its last iteration where it gained little. Rounding may make that
    /// a loss.
    fn weigh(&self, mut next: Em, matrix: &Matrix) -> Em {
        if let Scheme::Single { until } = next.state.memory.scheme
            && next.shown == Objective::Single
            && self.shown == next.shown
            && (next.objective - self.objective).abs() < until * matrix.total_weight()
        {
            next.state.memory.kept = Kept::Last;
        }
        next
    }

    /// Is the next pass made in single precision?
    pub fn next_is_single(&self) -> bool {
        self.next_state(self.state.mixture.clone(), self.next_memory())
            .is_single()
    }

    /// The parameters that [`Self::iterate`] comes to, if its E-step is one pass over the rows that
    /// can be made in shares ([`share`](super::share())): [`Self::iterate_with`] then goes there.
    pub fn next_mixture(&self, matrix: &Matrix, plan: &Plan) -> Option<Mixture> {
        let plain = matches!(plan.scheme, Scheme::Em | Scheme::Single { .. });
        let plain = plain && self.state.memory.scheme == plan.scheme;
        let independent = self.mixture().chain().is_none();
        (plain && independent)
            .then(|| m_step(matrix, self.mixture(), &self.expectation, plan).ok())
            .flatten()
    }

    /// As [`Self::iterate`], to the parameters of [`Self::next_mixture`] with their pass: all
    /// shares in the order of the rows. If some are missing, the pass is made here.
    ///
    /// # Errors
    /// As [`Self::iterate`].
    pub fn iterate_with(
        &self,
        matrix: &Matrix,
        plan: &Plan,
        mixture: Mixture,
        shares: Vec<Share>,
    ) -> Result<Em, StepError> {
        match Expectation::join(matrix, mixture.means(), Assign::Soft, shares) {
            Some(expectation) => {
                let state = self.next_state(Rc::new(mixture), self.next_memory());
                let next = Em::with(matrix, state, expectation, plan).if_finite()?;
                Ok(self.weigh(next, matrix))
            }
            None => self.iterate(matrix, plan),
        }
    }

    /// The E-step of the parameters that an iteration ends with.
    pub(super) fn arrive(
        &self,
        matrix: &Matrix,
        mixture: Mixture,
        memory: Memory,
        plan: &Plan,
    ) -> Result<Em, StepError> {
        let state = self.next_state(Rc::new(mixture), memory);
        Em::evaluate(matrix, state, plan).if_finite()
    }

    fn next_state(&self, mixture: Rc<Mixture>, memory: Memory) -> State {
        State {
            mixture,
            t: self.state.t + 1,
            memory,
        }
    }

    fn if_finite(self) -> Result<Em, StepError> {
        match self.objective.is_finite() {
            true => Ok(self),
            false => Err(StepError::NotFinite { component: 0 }),
        }
    }

    /// Changes what the algorithm remembers, where nothing that was computed depends on it.
    pub(super) fn remember(&mut self, memory: Memory) {
        self.state.memory = memory;
    }
}

/// The E-step over some of the rows, its log-likelihood scaled to all of them. Rows without
/// any weight tell nothing: the log-likelihood is then that of all rows.
pub(super) fn part(matrix: &Matrix, rows: &[usize], mixture: &Mixture) -> Expectation {
    let some = matrix.subset(rows);
    let soft = Default::default();
    let mut expectation = e_step_as(&some, mixture, mixture.means(), soft);
    expectation.log_likelihood = match expectation.rows > 0.0 {
        true => expectation.log_likelihood * (matrix.total_weight() / expectation.rows),
        false => e_step_as(matrix, mixture, mixture.means(), soft).log_likelihood,
    };
    expectation
}
