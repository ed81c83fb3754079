//! One iteration at a time: the parameters, the E-step that belongs to them, and the
//! step to the next.

use std::rc::Rc;

use super::e_step::{Expectation, e_step};
use super::m_step::{StepError, m_step};
use super::plan::Plan;
use super::variational;
use crate::data::Matrix;
use crate::mixture::Mixture;

/// Where a fit stands between two iterations: enough to go on from, to the same bits.
#[derive(Clone, Debug)]
pub struct State {
    /// The parameters, in the matrix's coordinates.
    pub mixture: Rc<Mixture>,
    /// Iterations done.
    pub t: usize,
}

/// A mixture with the E-step that belongs to it: its objective is known and the
/// M-step can follow (Dempster, Laird and Rubin 1977).
#[derive(Clone, Debug)]
pub struct Em {
    state: State,
    expectation: Expectation,
    log_likelihood: f64,
    objective: f64,
}

impl Em {
    /// Evaluates `mixture` (of D dimensions, in the matrix's coordinates) on the rows. Under
    /// a plan that seeks a posterior, the first one is drawn from its responsibilities
    /// ([`variational::first`]).
    pub fn new(matrix: &Matrix, mixture: Mixture, plan: &Plan) -> Em {
        let mixture = Rc::new(variational::first(matrix, mixture, plan));
        Em::resume(matrix, State { mixture, t: 0 }, plan)
    }

    /// Goes on from where a fit stood.
    pub fn resume(matrix: &Matrix, state: State, plan: &Plan) -> Em {
        let mixture = &state.mixture;
        let expectation = e_step(matrix, mixture, mixture.means(), None);
        Em::of(matrix, state, expectation, plan)
    }

    fn of(matrix: &Matrix, state: State, expectation: Expectation, plan: &Plan) -> Em {
        Em {
            objective: expectation.log_likelihood + plan.beside_likelihood(&state.mixture),
            log_likelihood: match state.mixture.posterior() {
                None => expectation.log_likelihood,
                Some(_) => variational::log_density(matrix, &state.mixture.plug_in()),
            },
            state,
            expectation,
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

    /// What the E-step with the current parameters gave.
    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    /// Total log-likelihood (natural logarithm) of the current parameters; for a posterior
    /// that of its [`Mixture::plug_in`].
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The value of [`Plan::objective`] at the current parameters.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// One iteration: the M-step from the E-step at hand, then the next E-step.
    ///
    /// # Errors
    /// If the M-step cannot be completed; `self` stays as it was.
    pub fn iterate(&self, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        let mixture = m_step(matrix, self.mixture(), &self.expectation, plan)?;
        let labels = &self.expectation.labels;
        let expectation = e_step(matrix, &mixture, mixture.means(), Some(labels));
        let state = State {
            mixture: Rc::new(mixture),
            t: self.state.t + 1,
        };
        let next = Em::of(matrix, state, expectation, plan);
        if next.objective.is_finite() {
            Ok(next)
        } else {
            Err(StepError::NotFinite { component: 0 })
        }
    }
}
