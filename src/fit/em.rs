//! Batch EM (Dempster, Laird and Rubin 1977), one iteration at a time.

use super::e_step::{Expectation, e_step};
use super::m_step::{StepError, m_step};
use crate::data::Matrix;
use crate::mixture::Mixture;

/// A mixture with the E-step that belongs to it: its log-likelihood is known and the
/// M-step can follow.
#[derive(Clone, Debug)]
pub struct Em {
    mixture: Mixture,
    expectation: Expectation,
}

impl Em {
    /// Evaluates `mixture` (of D dimensions, in the matrix's coordinates) on the rows.
    pub fn new(matrix: &Matrix, mixture: Mixture) -> Em {
        let expectation = e_step(matrix, &mixture, mixture.means(), None);
        Em {
            mixture,
            expectation,
        }
    }

    /// The current parameters.
    pub fn mixture(&self) -> &Mixture {
        &self.mixture
    }

    /// What the E-step with the current parameters gave.
    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    /// Total log-likelihood (natural logarithm) of the current parameters.
    pub fn log_likelihood(&self) -> f64 {
        self.expectation.log_likelihood
    }

    /// One iteration: the M-step from the E-step at hand, then the next E-step.
    /// `floor` (D numbers, the data's units squared) is added to every variance.
    ///
    /// # Errors
    /// If the M-step cannot be completed; `self` stays as it was.
    pub fn iterate(&self, matrix: &Matrix, floor: &[f64]) -> Result<Em, StepError> {
        let e = &self.expectation;
        let mixture = m_step(matrix, &self.mixture, &e.sums, &e.centres, floor)?;
        let expectation = e_step(matrix, &mixture, mixture.means(), Some(&e.labels));
        if !expectation.log_likelihood.is_finite() {
            return Err(StepError::NotFinite { component: 0 });
        }
        Ok(Em {
            mixture,
            expectation,
        })
    }
}
