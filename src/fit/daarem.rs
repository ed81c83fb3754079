//! DAAREM: damped Anderson acceleration of EM with restarts (Henderson and Varadhan 2019).

use super::em::Em;
use super::m_step::{StepError, m_step};
use super::plan::Plan;
use super::scheme::{Kept, Memory};
use super::squarem::valid;
use super::vector::Vectors;
use crate::data::Matrix;
use crate::mixture::Covariance;
use crate::mixture::elementary::{exp, ln};

/// Differences kept before a restart, at most: half the number of parameters where that is less.
const ORDER: usize = 10;

/// How far below its predecessor the objective of a step inside a cycle may be.
const EPSILON: f64 = 0.01;

/// Damping after s accepted steps: delta = 1 / (1 + ALPHA^(KAPPA - s)).
const ALPHA: f64 = 1.2;
const KAPPA: f64 = 25.0;

/// One cycle, from a restart to the next. With x_j the parameters, F an EM step and
/// f_j = F(x_j) - x_j, the differences of the f and x of the cycle so far are the columns of
/// dF and dX; gamma minimises |f_j - dF gamma|^2 + lambda |gamma|^2, lambda so large that
/// |gamma|^2 is delta times that of least squares, and x_j + f_j - (dX + dF) gamma is
/// accepted unless the objective falls by more than 0.01; else the EM step x_j + f_j is taken.
///
/// Over a cycle the objective never falls: it ends at its last parameters unless the EM step that
/// it began with was better. A cycle that ends below that step is damped more in the next.
pub(super) fn cycle(em: &Em, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
    let mut accepted = match em.state().memory.kept {
        Kept::Damping(accepted) => accepted,
        _ => 0.0,
    };
    let vectors = Vectors::new(matrix.variance());
    let first = em.step(matrix, plan)?;
    let (Some(mut x_old), Some(mut x)) = (vectors.of(em.mixture()), vectors.of(first.mixture()))
    else {
        return Ok(first);
    };
    if x_old.len() != x.len() {
        return Ok(first);
    }
    let order = ORDER.min(x.len().div_ceil(2));
    let mut f_old = minus(&x, &x_old);
    let (mut df, mut dx) = (Vec::new(), Vec::new());
    let mut now = first.clone();
    for _ in 0..order {
        // What ends this EM step ends the next cycle: the cycle stops where it stands.
        let Ok(mapped) = m_step(matrix, now.mixture(), now.expectation(), plan) else {
            break;
        };
        let image = vectors.of(&mapped).filter(|image| image.len() == x.len());
        let Some(image) = image else {
            break;
        };
        let f = minus(&image, &x);
        df.push(minus(&f, &f_old));
        dx.push(minus(&x, &x_old));
        let delta = 1.0 / (1.0 + exp((KAPPA - accepted) * ln(ALPHA)));
        let gamma = damped(&df, &f, delta);
        let mut proposed = image;
        for ((gamma, df), dx) in gamma.iter().zip(&df).zip(&dx) {
            for ((p, df), dx) in proposed.iter_mut().zip(df).zip(dx) {
                *p -= gamma * (df + dx);
            }
        }
        let served = vectors
            .mixture(&proposed, &mapped)
            .and_then(|mixture| valid(em, matrix, plan, mixture))
            .filter(|there| there.objective() >= now.objective() - EPSILON);
        now = match served {
            Some(there) => {
                accepted += 1.0;
                there
            }
            None => em.arrive(matrix, mapped, em.state().memory.clone(), plan)?,
        };
        let Some(reached) = vectors.of(now.mixture()).filter(|v| v.len() == x.len()) else {
            break;
        };
        (x_old, f_old, x) = (x, f, reached);
    }
    if now.objective() < first.objective() {
        accepted = (accepted - order as f64).max(-2.0 * KAPPA);
        now = first;
    }
    now.remember(Memory {
        kept: Kept::Damping(accepted),
        ..em.state().memory.clone()
    });
    Ok(now)
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// gamma of the ridge regression of `f` on the columns `df` whose squared length is `delta`
/// times that of least squares; lambda is found by bisection of its logarithm.
fn damped(df: &[Vec<f64>], f: &[f64], delta: f64) -> Vec<f64> {
    let n = df.len();
    let gram: Vec<f64> = (0..n * n).map(|e| dot(&df[e / n], &df[e % n])).collect();
    let right: Vec<f64> = df.iter().map(|df| dot(df, f)).collect();
    let largest = (0..n).map(|i| gram[i * n + i]).fold(0.0, f64::max);
    let ridge = |lambda: f64| {
        let mut matrix = gram.clone();
        for i in 0..n {
            matrix[i * n + i] += lambda;
        }
        let factored = Covariance::dense(n, matrix).ok()?;
        Some(factored.solve(&right))
    };
    let none = vec![0.0; n];
    // Nothing moves any more, or numbers left the range of doubles.
    if !(largest > 0.0 && largest.is_finite()) {
        return none;
    }
    // The least ridge that leaves the Gram matrix a factor stands for none.
    let mut low = 1e-12 * largest;
    let Some(least) = ridge(low) else {
        return none;
    };
    let target = delta * dot(&least, &least);
    // |gamma| <= |right| / lambda.
    let mut high = (dot(&right, &right) / target).sqrt();
    if !(high > low && high.is_finite()) {
        return least;
    }
    let mut gamma = least;
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        let Some(found) = ridge(middle) else {
            return none;
        };
        match dot(&found, &found) > target {
            true => low = middle,
            false => high = middle,
        }
        gamma = found;
    }
    gamma
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damping_shortens_least_squares_to_the_asked_share() {
        let df = vec![vec![1.0, 2.0, 0.5], vec![0.3, -1.0, 4.0]];
        let f = [1.0, 0.7, -2.0];
        let free = damped(&df, &f, 1.0 - 1e-12);
        let residual: Vec<f64> = (0..3)
            .map(|i| f[i] - df[0][i] * free[0] - df[1][i] * free[1])
            .collect();
        for column in &df {
            assert!(dot(column, &residual).abs() < 1e-5);
        }
        for delta in [0.5, 0.01] {
            let gamma = damped(&df, &f, delta);
            let share = dot(&gamma, &gamma) / dot(&free, &free);
            assert!((share - delta).abs() < 1e-4, "{share}");
        }
    }

    #[test]
    fn columns_without_length_and_copies_are_no_problem() {
        assert_eq!(damped(&[vec![0.0; 2]], &[1.0, 1.0], 0.5), [0.0]);
        let copies = vec![vec![1.0, 0.0], vec![1.0, 0.0]];
        assert!(
            damped(&copies, &[1.0, 1.0], 0.5)
                .iter()
                .all(|g| g.is_finite())
        );
    }
}
