//! SQUAREM: two EM steps tell how EM converges, and a third goes farther along (Varadhan and
//! Roland 2008, scheme S3).

use super::em::Em;
use super::m_step::{StepError, m_step, narrower_than_rounding};
use super::plan::Plan;
use super::scheme::{Kept, Memory};
use super::vector::Vectors;
use crate::data::Matrix;
use crate::mixture::Mixture;

/// By how much the longest extrapolation grows or shrinks.
const GROWTH: f64 = 4.0;

/// One cycle: x1 = F(x0), x2 = F(x1), r = x1 - x0, v = (x2 - x1) - r, a = |r| / |v|,
/// x' = x0 + 2 a r + a^2 v, and F(x') ends the cycle, F being an EM step.
///
/// a is at least 1, where x' = x2, and at most a length that grows fourfold when it was
/// reached and served, and shrinks when it did not. Where x' or F(x') is no mixture or its
/// objective is below that of x0, the cycle ends at x2: it never gives less than EM does.
pub(super) fn cycle(em: &Em, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
    let longest = match em.state().memory.kept {
        Kept::Longest(longest) => longest,
        _ => 1.0,
    };
    let memory = |longest: f64| Memory {
        kept: Kept::Longest(longest),
        ..em.state().memory.clone()
    };
    let first = em.step(matrix, plan)?;
    // What ends the next EM step ends the next cycle: the first step stands.
    let Ok(second) = m_step(matrix, first.mixture(), first.expectation(), plan) else {
        return Ok(first);
    };
    let vectors = Vectors::new(matrix.variance());
    let mut next_longest = longest;
    if let Some((extrapolated, a)) =
        extrapolate(&vectors, [em.mixture(), first.mixture(), &second], longest)
    {
        let served = farther(em, matrix, plan, extrapolated);
        next_longest = match (&served, a == longest) {
            (Some(_), true) => longest * GROWTH,
            (None, true) => (longest / GROWTH).max(1.0),
            _ => longest,
        };
        if let Some(mut served) = served {
            served.remember(memory(next_longest));
            return Ok(served);
        }
    } else if longest == 1.0 {
        next_longest = GROWTH;
    }
    em.arrive(matrix, second, memory(next_longest), plan)
}

/// F(x'), unless the objective falls on the way.
fn farther(em: &Em, matrix: &Matrix, plan: &Plan, extrapolated: Mixture) -> Option<Em> {
    let there = valid(em, matrix, plan, extrapolated)?;
    let mapped = m_step(matrix, there.mixture(), there.expectation(), plan).ok()?;
    let end = valid(em, matrix, plan, mapped)?;
    (there.objective() >= em.objective() && end.objective() >= em.objective()).then_some(end)
}

/// The E-step of a mixture that an extrapolation gave, if it can be one.
pub(super) fn valid(em: &Em, matrix: &Matrix, plan: &Plan, mixture: Mixture) -> Option<Em> {
    let narrow = |c| narrower_than_rounding(matrix, c).is_some();
    if mixture.covariances().iter().any(|c| narrow(c)) {
        return None;
    }
    let memory = em.state().memory.clone();
    em.arrive(matrix, mixture, memory, plan).ok()
}

/// x' and its length a; `None` where it would be x2 or is no mixture.
fn extrapolate(vectors: &Vectors, x: [&Mixture; 3], longest: f64) -> Option<(Mixture, f64)> {
    let [x0, x1, x2] = [vectors.of(x[0])?, vectors.of(x[1])?, vectors.of(x[2])?];
    // A component that lost its points on the way has no direction.
    if x0.len() != x2.len() || x1.len() != x2.len() {
        return None;
    }
    let (mut r2, mut v2) = (0.0, 0.0);
    for ((x0, x1), x2) in x0.iter().zip(&x1).zip(&x2) {
        let r = x1 - x0;
        let v = (x2 - x1) - r;
        r2 += r * r;
        v2 += v * v;
    }
    let a = (r2 / v2).sqrt().min(longest);
    if !(a > 1.0 && v2 > 0.0) {
        return None;
    }
    let along = x0.iter().zip(&x1).zip(&x2).map(|((x0, x1), x2)| {
        let r = x1 - x0;
        x0 + 2.0 * a * r + a * a * ((x2 - x1) - r)
    });
    let vector: Vec<f64> = along.collect();
    Some((vectors.mixture(&vector, x[2])?, a))
}
