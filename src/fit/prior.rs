//! Priors of MAP estimation (Fraley and Raftery 2007): inverse-Wishart on covariances,
//! normal on means, Dirichlet on weights.

use super::m_step::{Moments, pairs};
use super::method::Knob;
use super::missing;
use super::settings::Settings;
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Matrix};
use crate::mixture::elementary::{exp, ln};
use crate::mixture::{Covariance, Freedom, Mixture};

/// Rows that the prior on a mean is worth (Fraley and Raftery 2007, section 2).
const MEAN_ROWS: f64 = 0.01;

/// The conjugate prior of every component, in the matrix's coordinates.
///
/// ln p = sum over k of (alpha - 1) ln w_k - (a ln |S_k| + tr(S_k^-1 L)
/// + kappa (mu_k - m)^T S_k^-1 (mu_k - m)) / 2, up to a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// m: D numbers.
    mean: Vec<f64>,
    /// L: packed lower triangle if the family is dense, else its diagonal.
    scale: Vec<f64>,
    /// a: what the prior adds to n_k where a covariance is divided by it.
    rows: f64,
    /// alpha - 1: what it adds to n_k in a weight.
    weight_rows: f64,
    dense: bool,
}

impl Prior {
    /// The default of Fraley and Raftery: nu = D + 2, and L the covariance of the data
    /// (divided by N) over K^(2/D), so that K components of that size fill the data's volume.
    /// For a common covariance the prior counts once and not K times; where components share
    /// only parts of theirs, each S_k has the prior of a family that shares nothing. Spherical components
    /// take the average variance; diagonal ones each column's own, where the paper takes the
    /// average for them too, so that no column's units matter. More rows
    /// ([`Knob::PriorRows`]) make the prior stronger about the same mode.
    pub fn new(settings: &Settings, matrix: &Matrix) -> Prior {
        let family = settings.covariance_type;
        let (d, k) = (matrix.n_columns() as f64, settings.n_components as f64);
        let nu = d + 2.0;
        let ball = family.shape() == Freedom::Identity;
        let dense = family.is_dense();
        // One for all components counts once and not K times.
        let shares = if family.is_shared() { k } else { 1.0 };
        // Exponent of |S_k|: the inverse-Wishart's, or an inverse gamma's on each variance
        // or on the only one, and 1 for the normal prior of the mean.
        let exponent = match (ball, dense) {
            (true, _) => (nu + 2.0) / d,
            (false, false) => nu + 2.0,
            (false, true) => nu + d + 1.0,
        };
        let own = exponent / shares + 1.0;
        let rows = own + settings.knobs.get(Knob::PriorRows);
        let copies = if ball { d } else { 1.0 } * shares;
        let size = exp(-2.0 / d * ln(k)) / copies * (rows / own);
        let all = whole(matrix, dense);
        Prior {
            mean: all.shift,
            scale: all.scatter.iter().map(|s| s * size).collect(),
            rows,
            weight_rows: settings.knobs.get(Knob::PriorWeight),
            dense,
        }
    }

    /// What the prior adds to the count of a component in its weight.
    pub(super) fn weight_rows(&self) -> f64 {
        self.weight_rows
    }

    /// a: what the prior adds to the count of a component in its covariance.
    pub(super) fn rows(&self) -> f64 {
        self.rows
    }

    /// The posterior mode of one component's mean and scatter, from the moments about
    /// its centre of sums: mean (n m_k + kappa m) / (n + kappa), scatter
    /// (n S_k + L + kappa n / (kappa + n) e e^T) / (n + a), e = m_k - m.
    pub(super) fn pull(&self, moments: &mut Moments, centre: &[f64]) {
        let n = moments.count;
        let off: Vec<f64> = (0..centre.len())
            .map(|j| centre[j] + moments.shift[j] - self.mean[j])
            .collect();
        for (shift, e) in moments.shift.iter_mut().zip(&off) {
            *shift -= MEAN_ROWS / (n + MEAN_ROWS) * e;
        }
        let between = MEAN_ROWS * n / (MEAN_ROWS + n);
        let places = pairs(off.len(), self.dense);
        for ((s, l), (i, j)) in moments.scatter.iter_mut().zip(&self.scale).zip(places) {
            *s = (n * *s + l + between * off[i] * off[j]) / (n + self.rows);
        }
    }

    /// ln p of the parameters, up to a constant that they do not change.
    pub fn log_density(&self, mixture: &Mixture) -> f64 {
        let d = mixture.dimension();
        let mut sum = 0.0;
        for (k, covariance) in mixture.covariances().iter().enumerate() {
            if self.weight_rows > 0.0 {
                sum += self.weight_rows * ln(mixture.weights()[k]);
            }
            let off: Vec<f64> = (0..d)
                .map(|j| mixture.means()[k][j] - self.mean[j])
                .collect();
            sum -= 0.5
                * (self.rows * covariance.log_determinant()
                    + trace_of_ratio(covariance, &self.scale, self.dense)
                    + MEAN_ROWS * covariance.squared_norm(&off));
        }
        sum
    }
}

/// tr(S^-1 L).
pub(super) fn trace_of_ratio(covariance: &Covariance, packed: &[f64], dense: bool) -> f64 {
    let d = covariance.dimension();
    let mut sum = 0.0;
    let mut unit = vec![0.0; d];
    let places: Vec<_> = pairs(d, dense).collect();
    for i in 0..d {
        unit.fill(0.0);
        unit[i] = 1.0;
        let column = covariance.solve(&unit);
        for (l, &(a, b)) in packed.iter().zip(&places) {
            if a == i {
                sum += l * column[b];
            } else if b == i {
                sum += l * column[a];
            }
        }
    }
    sum
}

/// Moments of all rows about the origin of the matrix's coordinates. Where entries are
/// missing the mean of their column stands for them, and the covariance is scaled to the
/// variances of the entries that are there.
pub(super) fn whole(matrix: &Matrix, dense: bool) -> Moments {
    let d = matrix.n_columns();
    let zero = vec![0.0; d];
    let means = missing::stand_ins(matrix);
    let mut sums = Sums::zero(d, dense);
    let (mut offsets, mut values) = (Vec::new(), Vec::new());
    for block in matrix.blocks() {
        let ones = [1.0; BLOCK_ROWS];
        let r = block.weights().unwrap_or(&ones[..block.len()]);
        if block.has_holes() {
            let block = missing::fill(&block, &means, &mut values);
            sums.add(&block, r, &zero, &mut offsets);
        } else {
            sums.add(&block, r, &zero, &mut offsets);
        }
    }
    let mut moments = Moments::of(&sums, &zero, dense);
    if matrix.has_holes() {
        let filled: Vec<f64> = diagonal(&moments.scatter, d, dense);
        let scale = |j: usize| match filled[j] > 0.0 {
            true => (matrix.variance()[j] / filled[j]).sqrt(),
            false => 0.0,
        };
        for (s, (i, j)) in moments.scatter.iter_mut().zip(pairs(d, dense)) {
            *s *= scale(i) * scale(j);
        }
    }
    moments
}

/// The diagonal of a packed scatter.
fn diagonal(scatter: &[f64], d: usize, dense: bool) -> Vec<f64> {
    let on = scatter
        .iter()
        .zip(pairs(d, dense))
        .filter(|(_, (i, j))| i == j);
    on.map(|(s, _)| *s).collect()
}
