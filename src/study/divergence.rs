//! How far one mixture is from another, by integrating over a grid.

use super::error::{StudyError, count, same};
use super::rows::{log_density, uncentred, without_noise};
use crate::mixture::Mixture;
use crate::mixture::elementary::{exp, ln};

/// Integrals over a pair of densities, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Divergence {
    /// KL(p || q), the integral of p ln p/q.
    pub kl: f64,
    /// KL(q || p).
    pub reverse_kl: f64,
    /// Half KL(p || m) and half KL(q || m), m = (p + q) / 2; from 0 to ln 2 (Lin 1991).
    pub jensen_shannon: f64,
    /// The differential entropy of p, the integral of -p ln p.
    pub entropy: f64,
    /// Standard deviation of ln p/q under p: that of one draw in [`monte_carlo_kl`](super::monte_carlo_kl).
    pub log_ratio_deviation: f64,
}

/// Standard deviations beyond the outermost mean that the grid reaches.
const REACH: f64 = 9.0;

/// Grid points to the smallest standard deviation.
const POINTS: f64 = 12.0;

/// The finest grid in one column and in two.
const MOST_POINTS: [f64; 2] = [1_048_576.0, 2048.0];

/// The divergence of mixtures of one or two columns by the trapezoid rule, which for smooth
/// densities converges faster than any power of the step (Trefethen and Weideman 2014): good
/// to about nine digits, where [`monte_carlo_kl`](super::monte_carlo_kl) has two or three.
///
/// # Errors
/// If p and q differ in the number of columns, one has a noise component, there are more than two, or the narrowest
/// component is so narrow beside the whole that the grid would be too fine: draw instead.
pub fn divergence(p: &Mixture, q: &Mixture) -> Result<Divergence, StudyError> {
    let d = p.dimension();
    same("columns", d, q.dimension())?;
    without_noise([p, q])?;
    count("columns to integrate over", d, 1, 2)?;
    let mut axes = Vec::with_capacity(d);
    for j in 0..d {
        axes.push(axis([p, q], j, MOST_POINTS[d - 1])?);
    }
    let cell: f64 = axes.iter().map(|(_, step)| step).product();
    let inner = &axes[0].0;
    let lines = axes.get(1).map_or(&[0.0][..], |(points, _)| points);
    let mut sum = Divergence::default();
    let mut squares = 0.0;
    for &y in lines {
        let mut columns = vec![inner.clone()];
        if d == 2 {
            columns.push(vec![y; inner.len()]);
        }
        let matrix = uncentred(&columns)?;
        let (lp, lq) = (log_density(&matrix, p)?, log_density(&matrix, q)?);
        for (&lp, &lq) in lp.iter().zip(&lq) {
            let (pw, qw) = (exp(lp) * cell, exp(lq) * cell);
            let (high, low) = (lp.max(lq), lp.min(lq));
            let middle = high + ln(0.5 * (1.0 + exp(low - high)));
            sum.kl += pw * (lp - lq);
            sum.reverse_kl += qw * (lq - lp);
            sum.jensen_shannon += 0.5 * (pw * (lp - middle) + qw * (lq - middle));
            sum.entropy -= pw * lp;
            squares += pw * (lp - lq) * (lp - lq);
        }
    }
    sum.log_ratio_deviation = (squares - sum.kl * sum.kl).max(0.0).sqrt();
    Ok(sum)
}

/// Grid points of a column and their step.
fn axis(pair: [&Mixture; 2], j: usize, most: f64) -> Result<(Vec<f64>, f64), StudyError> {
    let (mut low, mut high, mut narrowest) = (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY);
    for m in pair {
        let parts = m.weights().iter().zip(m.means()).zip(m.covariances());
        for ((_, mean), covariance) in parts.filter(|((w, _), _)| **w > 0.0) {
            let deviation = covariance.get(j, j).sqrt();
            low = low.min(mean[j] - REACH * deviation);
            high = high.max(mean[j] + REACH * deviation);
            // What is left of column j once the others are known: the ellipse's thickness.
            // For two columns the determinant gives it in either order.
            let others: f64 = (0..m.dimension())
                .filter(|&i| i != j)
                .map(|i| covariance.get(i, i).sqrt())
                .product();
            let whole: f64 = (0..m.dimension()).map(|i| covariance.pivot(i)).product();
            narrowest = narrowest.min(whole / others);
        }
    }
    let step = narrowest / POINTS;
    let points = (high - low) / step;
    // Written so that NaN fails too.
    let few = points < most;
    if !few {
        return Err(StudyError::TooNarrow { column: j });
    }
    let points = (0..=points as usize)
        .map(|i| low + i as f64 * step)
        .collect();
    Ok((points, step))
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{line, plane};
    use super::*;
    use crate::mixture::kl_divergence;

    #[test]
    fn the_integral_agrees_with_the_closed_form() {
        let p = plane(&[(1.0, [0.0, 1.0], [1.0, 0.3, 2.0])]);
        let q = plane(&[(1.0, [1.0, -1.0], [2.0, -0.5, 1.0])]);
        let exact = |a: &Mixture, b: &Mixture| {
            kl_divergence(
                &a.means()[0],
                &a.covariances()[0],
                &b.means()[0],
                &b.covariances()[0],
            )
        };
        let d = divergence(&p, &q).unwrap();
        assert!((d.kl - exact(&p, &q)).abs() < 1e-9, "{d:?}");
        assert!((d.reverse_kl - exact(&q, &p)).abs() < 1e-9);
    }

    #[test]
    fn mixtures_that_are_equal_in_another_order_do_not_diverge() {
        let p = line(&[(0.3, 0.0, 1.0), (0.7, 5.0, 0.2)]);
        let q = line(&[(0.7, 5.0, 0.2), (0.3, 0.0, 1.0)]);
        let d = divergence(&p, &q).unwrap();
        assert!(d.kl.abs() < 1e-14 && d.jensen_shannon.abs() < 1e-14);
        let far = divergence(&p, &line(&[(1.0, 60.0, 1.0)])).unwrap();
        assert!((far.jensen_shannon - std::f64::consts::LN_2).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let (one, two) = (
            line(&[(1.0, 0.0, 1.0)]),
            plane(&[(1.0, [0.0; 2], [1.0, 0.0, 1.0])]),
        );
        assert!(
            divergence(&one, &two)
                .unwrap_err()
                .to_string()
                .contains("columns")
        );
        let needle = line(&[(0.5, 0.0, 1e-20), (0.5, 0.0, 1.0)]);
        assert!(
            divergence(&one, &needle)
                .unwrap_err()
                .to_string()
                .contains("draw rows")
        );
    }
}
