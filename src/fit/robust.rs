//! What differs in the M-step of t components.
//!
//! With the precisions u of the E-step (Peel and McLachlan 2000, Robust mixture modelling using
//! the t distribution):
//!
//! mu_k = sum r u x / sum r u; S_k = sum r u (x - mu_k)(x - mu_k)^T / (alpha_k sum r),
//!
//! and then nu_k by [`degrees`], all from the same E-step (ECM). alpha_k = 1 is EM.
//! alpha_k = sum r u / sum r is the update of Kent, Tyler and Vardi (1994, A curious
//! likelihood identity for the multivariate t-distribution): the same summits in fewer steps.
//! It is EM with one parameter more (PX-EM: Liu, Rubin and Wu 1998), a scale alpha_k of
//! the precisions themselves, so the likelihood does not fall under it either. Where
//! components share the volume of their scales they share alpha: the maximum over the
//! larger model is then sum_k nu_k sum r u / sum_k nu_k sum r. In that model it is u / alpha_k whose tail tells nu_k.

use super::degrees::degrees;
use super::m_step::{EMPTY_COUNT, Moments, StepError};
use super::sums::Sums;
use crate::mixture::elementary::ln;
use crate::mixture::{Free, Freedom, Kind, Mixture};

/// alpha, K numbers; `None` if the components of `mixture` are no t components.
pub(super) fn expansions(mixture: &Mixture, sums: &[Sums], kent: bool) -> Option<Vec<f64>> {
    let Kind::Student { degrees, .. } = mixture.kind() else {
        return None;
    };
    let held = |s: &&Sums| s.count > EMPTY_COUNT;
    let usable = |alpha: f64| match alpha > 0.0 && alpha.is_finite() {
        true => alpha,
        false => 1.0,
    };
    Some(match (kent, mixture.covariance_type().volume()) {
        (false, _) => vec![1.0; sums.len()],
        (true, Freedom::Equal) => {
            let pairs = || sums.iter().zip(degrees).filter(|(s, _)| held(s));
            let mass: f64 = pairs().map(|(s, nu)| nu * s.mass).sum();
            let count: f64 = pairs().map(|(s, nu)| nu * s.count).sum();
            vec![usable(mass / count); sums.len()]
        }
        (true, _) => sums.iter().map(|s| usable(s.mass / s.count)).collect(),
    })
}

/// Mean shift and scatter of one component. Its mean is that of its rows as r u counts them,
/// with nothing added: all precisions may be tiny, and what keeps a count above 0 would
/// then draw the mean away.
pub(super) fn moments(sums: &Sums, alpha: f64, origin: &[f64], dense: bool) -> Moments {
    let mut m = Moments::with_total(sums, sums.mass, 0.0, origin, dense);
    m.count = sums.count + EMPTY_COUNT;
    let share = sums.mass / (alpha * m.count);
    for s in &mut m.scatter {
        *s *= share;
    }
    m
}

/// `next` with the degrees of freedom that follow those of `mixture`. A component without
/// points keeps its own.
pub(super) fn with_degrees(
    next: Mixture,
    mixture: &Mixture,
    sums: &[Sums],
    alphas: &[f64],
) -> Result<Mixture, StepError> {
    let Kind::Student {
        degrees: before,
        free,
    } = mixture.kind()
    else {
        return Ok(next);
    };
    let d = mixture.dimension();
    // Sum of r (ln v - v) with v = u / alpha.
    let tail = |(s, alpha): (&Sums, &f64)| match *alpha == 1.0 {
        true => s.tail,
        false => s.tail + s.mass * (1.0 - 1.0 / alpha) - s.count * ln(*alpha),
    };
    let tails = sums.iter().zip(alphas).map(tail);
    let nu = match free {
        Free::Fixed => before.clone(),
        Free::Each => tails
            .zip(sums)
            .zip(before)
            .map(|((tail, s), &nu)| match s.count > EMPTY_COUNT {
                true => degrees(d, nu, tail / s.count),
                false => nu,
            })
            .collect(),
        Free::Shared => {
            let total: f64 = sums.iter().map(|s| s.count).sum();
            vec![degrees(d, before[0], tails.sum::<f64>() / total); before.len()]
        }
    };
    next.with_degrees(nu, *free)
        .map_err(|_| StepError::NotFinite { component: 0 })
}
