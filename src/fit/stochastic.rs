//! Stochastic EM (Celeux and Diebolt 1985) and Monte Carlo EM (Wei and Tanner 1990): rows are
//! drawn to components, so that a chain of parameters can leave a poor optimum; EM ends it.

use std::rc::Rc;

use super::em::Em;
use super::m_step::{StepError, m_step};
use super::plan::Plan;
use super::scheme::{Kept, Memory};
use super::vector::takes;
use crate::data::Matrix;
use crate::mixture::{Covariance, Mixture};

/// More draws a row than this gain nothing over responsibilities that a page could show.
const MOST_DRAWS: usize = 200;

/// A chain of drawn assignments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// Draws a row in the first E-step.
    pub draws: usize,
    /// Iterations before EM takes over.
    pub iterations: usize,
    /// Does the second half of the chain give the parameters that EM goes on from, as their
    /// average (the estimate of Celeux and Diebolt)? Else the draws grow by a tenth of
    /// their first number an iteration, up to 200, and EM goes on from the last
    /// parameters (Monte Carlo EM must draw ever more to converge: Fort and Moulines 2003).
    pub averaged: bool,
}

impl Chain {
    /// Draws a row after `done` iterations.
    pub(super) fn draws_at(&self, done: usize) -> usize {
        match self.averaged {
            true => self.draws,
            false => (self.draws + self.draws * done / 10).min(MOST_DRAWS.max(self.draws)),
        }
    }
}

/// One iteration: the M-step from drawn assignments; the last one of an averaged chain gives
/// the average of its second half, if averages of covariances are of the family.
///
/// A component that no row was drawn to gets weight 0 and stays where it is, for ever.
pub(super) fn iterate(
    em: &Em,
    matrix: &Matrix,
    plan: &Plan,
    chain: Chain,
) -> Result<Em, StepError> {
    let done = em.state().stage() + 1;
    let mut next = m_step(matrix, em.mixture(), em.expectation(), plan)?;
    let memory = &em.state().memory;
    let mut kept = Kept::Nothing;
    let averages = chain.averaged && takes(next.covariance_type());
    if averages && 2 * done > chain.iterations && done <= chain.iterations {
        let mean = match &memory.kept {
            Kept::Average(mean, n) => averaged(mean, &next, *n).map(|mean| (Rc::new(mean), n + 1)),
            _ => Some((Rc::new(next.clone()), 1)),
        };
        if let Some((mean, n)) = mean {
            match done == chain.iterations {
                true => next = (*mean).clone(),
                false => kept = Kept::Average(mean, n),
            }
        }
    }
    let memory = Memory {
        kept,
        ..memory.clone()
    };
    em.arrive(matrix, next, memory, plan)
}

/// The average of `n` mixtures, `mean` theirs, and one more: of weights, means and covariances.
/// Components keep their number in a chain, so none has to be matched.
fn averaged(mean: &Mixture, next: &Mixture, n: usize) -> Option<Mixture> {
    let share = 1.0 / (n as f64 + 1.0);
    let mix = |a: f64, b: f64| a + (b - a) * share;
    let all =
        |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| mix(*a, *b)).collect() };
    let d = mean.dimension();
    let family = mean.covariance_type();
    let covariance = |a: &Covariance, b: &Covariance| match family.is_dense() {
        true => {
            let entries = (0..d * d).map(|e| mix(a.get(e / d, e % d), b.get(e / d, e % d)));
            Covariance::dense(d, entries.collect())
        }
        false => Covariance::diagonal((0..d).map(|j| mix(a.get(j, j), b.get(j, j))).collect()),
    };
    let pairs = mean.covariances().iter().zip(next.covariances());
    let mut covariances: Vec<Rc<Covariance>> = pairs
        .map(|(a, b)| covariance(a, b).ok().map(Rc::new))
        .collect::<Option<_>>()?;
    if family.is_shared() {
        covariances = vec![covariances[0].clone(); covariances.len()];
    }
    let means = mean.means().iter().zip(next.means());
    Mixture::new(
        family,
        all(mean.weights(), next.weights()),
        means.map(|(a, b)| all(a, b)).collect(),
        covariances,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::CovarianceType;

    #[test]
    fn the_average_of_a_chain_is_the_average_of_its_mixtures() {
        let one = |w: f64, m: f64, v: f64| {
            let c = |v| Rc::new(Covariance::dense(1, vec![v]).unwrap());
            let means = vec![vec![m], vec![-m]];
            Mixture::new(
                CovarianceType::Full,
                vec![w, 1.0 - w],
                means,
                vec![c(v), c(1.0)],
            )
            .unwrap()
        };
        let mean = averaged(&one(0.2, 1.0, 1.0), &one(0.4, 2.0, 3.0), 1).unwrap();
        let mean = averaged(&mean, &one(0.6, 6.0, 5.0), 2).unwrap();
        assert!((mean.weights()[0] - 0.4).abs() < 1e-15);
        assert!((mean.means()[1][0] + 3.0).abs() < 1e-15);
        assert!((mean.covariances()[0].get(0, 0) - 3.0).abs() < 1e-15);
    }

    #[test]
    fn monte_carlo_draws_grow_up_to_a_limit_and_those_of_a_chain_do_not() {
        let chain = |draws, averaged| Chain {
            draws,
            iterations: 50,
            averaged,
        };
        assert_eq!(
            [0, 5, 1000].map(|t| chain(10, false).draws_at(t)),
            [10, 15, 200]
        );
        assert_eq!(chain(1, true).draws_at(40), 1);
    }
}
