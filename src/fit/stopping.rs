//! When to stop, and what stopping means.

use super::settings::Settings;

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
}
