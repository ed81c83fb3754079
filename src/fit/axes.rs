//! Axes: the orientations of the covariance families that have some but not all freedom.

use std::rc::Rc;

use super::shapes::{ROUNDS, SETTLED, pool, size, sum};
use crate::mixture::eigen::{Eigen, rotate_both, rotate_rows, symmetric_eigen, tangent};
use crate::mixture::elementary::{exp, ln};
use crate::mixture::{Covariance, Freedom, square};

/// Rounds after which the lowest of several starts is chosen.
const TRIAL_ROUNDS: usize = 10;

/// Each scatter's eigenvectors and eigenvalues, both in descending order: with equal shapes,
/// no other orientation has a lower F (Celeux and Govaert 1995, EEV and VEV).
pub(super) fn own_axes(d: usize, scatters: &[Vec<f64>]) -> Vec<Eigen> {
    let decompose = |m: &Vec<f64>| {
        let mut own = symmetric_eigen(d, &square(d, m));
        for value in &mut own.values {
            *value = value.max(0.0);
        }
        own
    };
    scatters.iter().map(decompose).collect()
}

/// The common axes Q that minimise F if every shape is its own, and the variances
/// s_kj = q_j^T S_k q_j along them. `scatters` are packed and positive definite; `previous`:
/// covariances whose common axes, if they have any, are the start.
///
/// With P_k = prod over j of s_kj, and with the best volumes and shapes for given axes, F is,
/// but for a constant, sum n_k ln P_k if the volumes vary, and n D ln(sum n_k P_k^(1/D)) if
/// they are equal. Both grow with a sum that is concave in the s_kj; so where the sum of
/// m_k s'_kj / s_kj, m_k = n_k or n_k P_k^(1/D), falls, F falls. This is the majoriser of
/// Browne and McNicholas (Estimating common principal components in high dimensions, 2014);
/// here it is lowered two axes at a time, as Flury and Gautschi (1986) do: in a plane its
/// minimum is the turn that makes a symmetric 2 x 2 matrix diagonal, and no bound on
/// eigenvalues is needed. What is found is a local minimum.
pub(super) fn common_axes(
    volume: Freedom,
    d: usize,
    counts: &[f64],
    scatters: &[Vec<f64>],
    previous: &[Rc<Covariance>],
) -> Vec<Eigen> {
    let whole: Vec<Vec<f64>> = scatters.iter().map(|m| square(d, m)).collect();
    let mut best = match axes_of(d, previous) {
        Some(axes) => Turned::to(d, axes, &whole),
        None => {
            // There may be several minima: of the eigenvectors of all scatters together and of
            // each alone, those that soon lead lowest.
            let pooled = square(d, &pool(counts, scatters));
            let mut best = Turned::to(d, symmetric_eigen(d, &pooled).vectors, &whole);
            best.lower(volume, counts, TRIAL_ROUNDS);
            for own in &whole {
                let mut other = Turned::to(d, symmetric_eigen(d, own).vectors, &whole);
                other.lower(volume, counts, TRIAL_ROUNDS);
                if other.height(volume, counts) < best.height(volume, counts) {
                    best = other;
                }
            }
            best
        }
    };
    best.lower(volume, counts, ROUNDS);
    let eigen = |s: &Vec<f64>| Eigen {
        values: s.iter().step_by(d + 1).copied().collect(),
        vectors: best.axes.clone(),
    };
    best.scatters.iter().map(eigen).collect()
}

/// K scatters turned to common axes: Q^T S_k Q, d x d.
struct Turned {
    d: usize,
    /// The axes (columns of Q), one a row.
    axes: Vec<f64>,
    scatters: Vec<Vec<f64>>,
}

impl Turned {
    fn to(d: usize, axes: Vec<f64>, whole: &[Vec<f64>]) -> Turned {
        // Rows of the first times rows of the second.
        let times = |a: &[f64], b: &[f64]| -> Vec<f64> {
            let dot = |e: usize| {
                let (x, y) = (&a[e / d * d..][..d], &b[e % d * d..][..d]);
                x.iter().zip(y).map(|(x, y)| x * y).sum()
            };
            (0..d * d).map(dot).collect()
        };
        Turned {
            d,
            scatters: whole
                .iter()
                .map(|s| times(&axes, &times(&axes, s)))
                .collect(),
            axes,
        }
    }

    /// ln P_k.
    fn log_products(&self) -> impl Iterator<Item = f64> {
        let diagonal = |s: &Vec<f64>| s.iter().step_by(self.d + 1).map(|&v| ln(v)).sum();
        self.scatters.iter().map(diagonal)
    }

    /// What grows with F: sum n_k ln P_k, or sum n_k P_k^(1/D).
    fn height(&self, volume: Freedom, counts: &[f64]) -> f64 {
        match volume {
            Freedom::Varying => self.log_products().zip(counts).map(|(l, n)| n * l).sum(),
            _ => self.multipliers(volume, counts).iter().sum(),
        }
    }

    /// m_k: n_k if the volumes vary, n_k P_k^(1/D) if they are equal.
    fn multipliers(&self, volume: Freedom, counts: &[f64]) -> Vec<f64> {
        match volume {
            Freedom::Varying => counts.to_vec(),
            _ => {
                let sizes = self.log_products().map(|l| exp(l / self.d as f64));
                sizes.zip(counts).map(|(size, n)| n * size).collect()
            }
        }
    }

    /// Turns pairs of axes, each pair once a round, until no turn lowers F.
    fn lower(&mut self, volume: Freedom, counts: &[f64], rounds: usize) {
        let d = self.d;
        for _ in 0..rounds {
            let mut m = self.multipliers(volume, counts);
            let negligible = SETTLED * SETTLED * m.iter().sum::<f64>();
            let mut settled = true;
            for p in 0..d {
                for q in p + 1..d {
                    let (t, gain) = self.best_turn(p, q, &m);
                    if gain > negligible {
                        settled = false;
                        let c = 1.0 / (1.0 + t * t).sqrt();
                        rotate_rows(d, &mut self.axes, p, q, c, t * c);
                        for s in &mut self.scatters {
                            rotate_both(d, s, p, q, c, t * c);
                        }
                        // The majoriser must touch F where the next turn starts.
                        m = self.multipliers(volume, counts);
                    }
                }
            }
            if settled {
                break;
            }
        }
    }

    /// The turn (its tangent) of axes p and q that makes the majoriser lowest, and by how much.
    fn best_turn(&self, p: usize, q: usize, m: &[f64]) -> (f64, f64) {
        let d = self.d;
        let (mut pp, mut pq, mut qq) = (0.0, 0.0, 0.0);
        for (s, m) in self.scatters.iter().zip(m) {
            let (sp, sq) = (s[p * d + p], s[q * d + q]);
            let b = m / sp - m / sq;
            pp += b * sp;
            pq += b * s[p * d + q];
            qq += b * sq;
        }
        if pq == 0.0 {
            return (0.0, 0.0);
        }
        let t = tangent(pp, qq, pq);
        (t, t * pq)
    }
}

/// The axes that all these covariances have in common, if they have.
fn axes_of(d: usize, covariances: &[Rc<Covariance>]) -> Option<Vec<f64>> {
    if covariances.is_empty() {
        return None;
    }
    let entries =
        |c: &Rc<Covariance>| -> Vec<f64> { (0..d * d).map(|e| c.get(e / d, e % d)).collect() };
    let whole: Vec<Vec<f64>> = covariances.iter().map(entries).collect();
    // Unequal shares, so that shapes which mirror one another do not sum to a ball.
    let shares: Vec<f64> = covariances
        .iter()
        .enumerate()
        .map(|(k, c)| (k + 1) as f64 / size(c))
        .collect();
    let together = symmetric_eigen(d, &sum(&shares, &whole));
    if together.values[d - 1] > (1.0 - 1e-9) * together.values[0] {
        // Balls: they have no axes.
        return None;
    }
    let diagonal = |s: &Vec<f64>| {
        (0..d * d).all(|e| {
            let (i, j) = (e / d, e % d);
            i == j || s[e].abs() <= 1e-8 * s[i * d + i].sqrt() * s[j * d + j].sqrt()
        })
    };
    let turned = Turned::to(d, together.vectors, &whole);
    turned.scatters.iter().all(diagonal).then_some(turned.axes)
}
