//! When to stop, and what stopping means.

use serde::{Deserialize, Serialize};

use super::beyond;
use super::em::Em;
use super::settings::Settings;
use crate::mixture::{Covariance, Mixture};

/// What ends a run, beside the iteration limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StopRule {
    /// A gain of the objective below the tolerance; Aitken's limit tells whether that is
    /// convergence.
    #[default]
    Gain,
    /// Aitken's limit nearer than the tolerance: a small gain alone does not end a run.
    Limit,
    /// A step of the parameters below the tolerance, and a limit of the steps as near:
    /// [`step_length`].
    Step,
}

/// What a stopping rule looks at, after some iterations.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Values of one and the same objective, that the algorithm climbs, up to now: those
    /// since it last changed. Empty while what is shown is not climbed, and no tolerance
    /// holds then.
    pub objectives: &'a [f64],
    /// Lengths of the steps that led to the last of them, at most two, the newest last; only the rule
    /// [`StopRule::Step`] looks at them.
    pub steps: &'a [f64],
    /// Iterations done.
    pub t: usize,
    /// Number of rows (the sum of their weights): the tolerance is on the mean.
    pub n: f64,
}

/// What a stopping rule needs to know of a fit that keeps no history.
#[derive(Clone, Debug)]
pub struct Trail {
    objectives: Vec<f64>,
    steps: Vec<f64>,
    t: usize,
}

impl Trail {
    /// Of a fit that begins at `em`.
    pub fn new(em: &Em) -> Trail {
        let mut trail = Trail {
            objectives: Vec::new(),
            steps: Vec::new(),
            t: 0,
        };
        trail.add(em);
        trail
    }

    fn add(&mut self, em: &Em) {
        if em.shown().climbs() {
            self.objectives.push(em.objective());
        }
    }

    /// Takes the iteration from `before` to `now` into account; does the fit end there?
    /// `n` is the number of rows (the sum of their weights).
    pub fn follow(
        &mut self,
        before: &Em,
        now: &Em,
        n: f64,
        settings: &Settings,
    ) -> Option<StopReason> {
        self.t += 1;
        if before.shown() != now.shown() {
            (self.objectives, self.steps) = (Vec::new(), Vec::new());
        } else if settings.stop_rule == StopRule::Step && now.shown().climbs() {
            self.steps.drain(..self.steps.len().saturating_sub(1));
            self.steps
                .push(step_length(before.mixture(), now.mixture()));
        }
        self.add(now);
        let progress = Progress {
            objectives: &self.objectives,
            steps: &self.steps,
            t: self.t,
            n,
        };
        judge(&progress, settings)
    }

    /// Iterations followed.
    pub fn iterations(&self) -> usize {
        self.t
    }
}

/// How far an iteration moved the parameters, without units: the largest change of a weight;
/// of a mean, as Mahalanobis distance in its component's covariance; and of an entry of
/// a covariance over the root of the product of its variances. An EM step is the gradient of the
/// log-likelihood times a positive definite matrix (Xu and Jordan 1996), so that this is
/// a norm of the gradient, in the units in which a stopping rule should measure steps (Dennis and
/// Schnabel 1983, 7.2); at the fixed point of EM with a floor it is 0, the gradient itself is not.
pub fn step_length(before: &Mixture, now: &Mixture) -> f64 {
    beyond::step_length(before, now)
}

pub(super) fn length_of_step(before: &Mixture, now: &Mixture) -> f64 {
    let d = now.dimension();
    let mut largest = 0.0f64;
    for k in 0..now.n_components().min(before.n_components()) {
        largest = largest.max((now.weights()[k] - before.weights()[k]).abs());
        if now.weights()[k] == 0.0 {
            continue;
        }
        let (old, new) = (&before.covariances()[k], &now.covariances()[k]);
        let means = now.means()[k].iter().zip(&before.means()[k]);
        let moved: Vec<f64> = means.map(|(a, b)| a - b).collect();
        largest = largest.max(new.squared_norm(&moved).sqrt());
        let variance = |c: &Covariance, j: usize| c.get(j, j);
        for i in 0..d {
            for j in 0..=i {
                let scale = (variance(new, i) * variance(new, j)).sqrt();
                largest = largest.max((new.get(i, j) - old.get(i, j)).abs() / scale);
            }
        }
    }
    largest
}

/// Does the run end here, and why? A gain within the rounding of the sum always is
/// convergence, a limit of iterations always an end.
pub fn judge(progress: &Progress<'_>, settings: &Settings) -> Option<StopReason> {
    let &Progress {
        objectives,
        steps,
        t,
        n,
    } = progress;
    let reason = match settings.stop_rule {
        StopRule::Step => match *steps {
            // Steps that shrink by a ratio a go on for step a / (1 - a) in all.
            [before, now] if now < settings.tol => {
                let left = now * now / (before - now);
                let near = now == 0.0 || now < before && left < settings.tol;
                near.then_some(StopReason::Converged)
            }
            _ => None,
        },
        rule => stop(objectives, n, settings).filter(|reason| {
            // A single gain says nothing where what is climbed has only just become known.
            let single = objectives.len() == 2 && t > 1;
            *reason == StopReason::Converged
                || rule == StopRule::Gain && !single && *reason != StopReason::IterationLimit
        }),
    };
    reason.or((t >= settings.max_iter).then_some(StopReason::IterationLimit))
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The gain and the distance to Aitken's limit are both below the tolerance.
    Converged,
    /// The gain is below the tolerance, the distance to the limit is not.
    StillClimbing,
    /// The gain is below the tolerance but gains are growing: a plateau or saddle.
    Plateau,
    /// The iteration limit was reached.
    IterationLimit,
}

/// Aitken's estimate of the limit of the last three values, and the ratio a of their
/// gains: l_inf = l_2 + (l_3 - l_2) / (1 - a) (Boehning et al. 1994; McLachlan and Peel 2000, 2.11).
/// `None` where there are not three, nothing moves, or the gains do not shrink.
pub fn aitken_limit(log_likelihoods: &[f64]) -> Option<f64> {
    let (ratio, last) = gain_ratio(log_likelihoods)?;
    let n = log_likelihoods.len();
    (ratio > 0.0 && ratio < 1.0).then(|| log_likelihoods[n - 2] + last / (1.0 - ratio))
}

/// The ratio of the last gain to the one before it, and the last gain.
fn gain_ratio(l: &[f64]) -> Option<(f64, f64)> {
    let [.., a, b, c] = l else { return None };
    let (before, last) = (b - a, c - b);
    (before != 0.0).then(|| (last / before, last))
}

/// Does the run end after the iterations whose total log-likelihoods are given, the
/// start first? `n` is the number of rows (the sum of their weights): the tolerance is on the
/// mean log-likelihood.
///
/// A gain below the tolerance is convergence only if Aitken's limit is as near
/// (McLachlan and Peel 2000, 2.11); a gain within the rounding of the sum always is.
pub fn stop(log_likelihoods: &[f64], n: f64, settings: &Settings) -> Option<StopReason> {
    let [.., before, now] = log_likelihoods else {
        return None;
    };
    let gain = (now - before) / n;
    // A gain within rounding of the sum is none.
    let rounding = 4.0 * f64::EPSILON * now.abs() / n;
    if gain.abs() <= rounding {
        return Some(StopReason::Converged);
    }
    if gain.abs() < settings.tol {
        return Some(match gain_ratio(log_likelihoods) {
            Some((ratio, _)) if ratio >= 1.0 && gain > 0.0 => StopReason::Plateau,
            Some(_) => match aitken_limit(log_likelihoods) {
                Some(limit) if (limit - now) / n >= settings.tol => StopReason::StillClimbing,
                _ => StopReason::Converged,
            },
            // A single gain says nothing of the limit.
            None => StopReason::StillClimbing,
        });
    }
    (log_likelihoods.len() > settings.max_iter).then_some(StopReason::IterationLimit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(l: &[f64], tol: f64) -> Option<StopReason> {
        let settings = Settings {
            tol,
            max_iter: 5,
            ..Settings::default()
        };
        stop(l, 1.0, &settings)
    }

    #[test]
    fn aitken_finds_the_limit_of_a_geometric_series() {
        let l: Vec<f64> = (0..5).map(|i| -(0.5f64.powi(i))).collect();
        assert!(aitken_limit(&l).unwrap().abs() < 1e-15);
        assert_eq!(aitken_limit(&[-2.0, -1.0]), None);
        assert_eq!(aitken_limit(&[-4.0, -3.0, -1.0]), None);
    }

    #[test]
    fn a_small_gain_far_from_the_limit_is_not_convergence() {
        let slow: Vec<f64> = (0..4).map(|i| -(0.999f64.powi(i))).collect();
        assert_eq!(reason(&slow, 1e-2), Some(StopReason::StillClimbing));
        let fast: Vec<f64> = (0..4).map(|i| -(1e-3f64.powi(i))).collect();
        assert_eq!(reason(&fast, 1e-2), Some(StopReason::Converged));
    }

    #[test]
    fn growing_gains_are_a_plateau() {
        assert_eq!(
            reason(&[-1.0, -0.9999, -0.9996], 1e-3),
            Some(StopReason::Plateau)
        );
    }

    #[test]
    fn large_gains_go_on_until_the_iteration_limit() {
        assert_eq!(reason(&[-5.0, -4.0, -3.0], 1e-3), None);
        assert_eq!(
            reason(&[-5.0, -4.0, -3.0, -2.0, -1.0, 0.0], 1e-3),
            Some(StopReason::IterationLimit)
        );
        assert_eq!(reason(&[-5.0], 1e-3), None);
    }

    #[test]
    fn a_limit_farther_than_the_tolerance_ends_a_run_by_gain_but_not_by_limit() {
        let slow: Vec<f64> = (0..4).map(|i| -(0.999f64.powi(i))).collect();
        let judged = |stop_rule, objectives: &[f64], steps: &[f64], t| {
            let settings = Settings {
                stop_rule,
                tol: 1e-2,
                max_iter: 5,
                ..Settings::default()
            };
            let progress = Progress {
                objectives,
                steps,
                t,
                n: 1.0,
            };
            judge(&progress, &settings)
        };
        let climbing = Some(StopReason::StillClimbing);
        assert_eq!(judged(StopRule::Gain, &slow, &[], 3), climbing);
        assert_eq!(judged(StopRule::Limit, &slow, &[], 3), None);
        assert_eq!(
            judged(StopRule::Limit, &slow, &[], 5),
            Some(StopReason::IterationLimit)
        );
        // A step below the tolerance, and what is still to come far above or below it.
        assert_eq!(judged(StopRule::Step, &slow, &[9.01e-3, 9e-3], 3), None);
        assert_eq!(judged(StopRule::Step, &slow, &[9e-3, 9.1e-3], 3), None);
        let converged = Some(StopReason::Converged);
        assert_eq!(judged(StopRule::Step, &slow, &[9e-3, 1e-3], 3), converged);
        assert_eq!(judged(StopRule::Step, &slow, &[0.0, 0.0], 3), converged);
        // While nothing is climbed, nothing but the limit of iterations ends a run.
        for rule in [StopRule::Gain, StopRule::Limit, StopRule::Step] {
            assert_eq!(judged(rule, &[], &[], 4), None);
            assert_eq!(judged(rule, &[], &[], 5), Some(StopReason::IterationLimit));
        }
    }

    #[test]
    fn the_length_of_a_step_does_not_depend_on_the_units_of_the_data() {
        let mixture = |unit: f64, shift: f64| {
            let entries = [2.0, 0.5, 0.5, 1.0].map(|v| v * unit * unit * (1.0 + shift));
            let covariance = Covariance::dense(2, entries.into()).unwrap();
            let mean = vec![(1.0 + shift) * unit, 2.0 * unit];
            let family = crate::mixture::CovarianceType::Full;
            Mixture::new(family, vec![1.0], vec![mean], vec![covariance.into()]).unwrap()
        };
        let length = |unit| step_length(&mixture(unit, 0.0), &mixture(unit, 0.1));
        assert!((length(1.0) - length(1e-6)).abs() < 1e-12);
        assert!(length(1.0) > 0.05 && step_length(&mixture(1.0, 0.1), &mixture(1.0, 0.1)) == 0.0);
    }
}
