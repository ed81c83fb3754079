//! Deterministic annealing EM (Ueda and Nakano 1998): responsibilities begin nearly level and
//! sharpen while the temperature falls; EM ends it.

use super::em::Em;
use super::m_step::{StepError, m_step};
use super::plan::Plan;
use super::random::Random;
use crate::data::Matrix;
use crate::mixture::Mixture;
use crate::mixture::elementary::{exp, ln};

/// How far a mean is pushed after an iteration, in standard deviations of its component.
const PUSH: f64 = 0.01;

/// A schedule of temperatures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooling {
    /// Inverse temperature of the first E-step.
    pub beta: f64,
    /// Iterations until it is 1; it rises by equal ratios.
    pub iterations: usize,
}

impl Cooling {
    /// The inverse temperature after `done` iterations; `None` once it is 1.
    pub fn beta_at(&self, done: usize) -> Option<f64> {
        let left = 1.0 - done as f64 / self.iterations as f64;
        (left > 0.0).then(|| exp(left * ln(self.beta)))
    }
}

/// One iteration of EM with tempered responsibilities.
///
/// At a high temperature all components become one, and as one they would stay: while it
/// falls, each iteration ends with a small random push of every mean, which dies out where
/// the components belong together and parts them where they do not (Rose 1998, section II.C).
pub(super) fn iterate(
    em: &Em,
    matrix: &Matrix,
    plan: &Plan,
    cooling: Cooling,
) -> Result<Em, StepError> {
    if cooling.beta_at(em.state().stage()).is_none() {
        return em.step(matrix, plan);
    }
    let next = m_step(matrix, em.mixture(), em.expectation(), plan)?;
    let pushed = pushed(&next, plan.seed, em.state().t).unwrap_or(next);
    em.arrive(matrix, pushed, em.state().memory.clone(), plan)
}

fn pushed(mixture: &Mixture, seed: u64, t: usize) -> Option<Mixture> {
    let mut means = mixture.means().to_vec();
    for (k, (mean, covariance)) in means.iter_mut().zip(mixture.covariances()).enumerate() {
        // An empty component keeps its place.
        if mixture.weights()[k] == 0.0 {
            continue;
        }
        let mut random = Random::at(seed, t as u64, k as u64);
        for (j, m) in mean.iter_mut().enumerate() {
            *m += PUSH * covariance.get(j, j).sqrt() * (2.0 * random.uniform() - 1.0);
        }
    }
    Mixture::new(
        mixture.covariance_type(),
        mixture.weights().to_vec(),
        means,
        mixture.covariances().to_vec(),
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_falls_by_equal_ratios_to_one() {
        let cooling = Cooling {
            beta: 0.25,
            iterations: 4,
        };
        let beta: Vec<f64> = (0..4).filter_map(|t| cooling.beta_at(t)).collect();
        for (got, expected) in beta
            .iter()
            .zip([0.25, 0.5f64.powf(1.5), 0.5, 0.5f64.sqrt()])
        {
            assert!((got - expected).abs() < 1e-15);
        }
        assert_eq!((beta.len(), cooling.beta_at(4)), (4, None));
    }
}
