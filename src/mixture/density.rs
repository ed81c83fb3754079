//! Densities of a mixture on a block of rows.

use super::elementary::{exp, ln};
use super::marginal::{Marginal, Marginals, Pattern};
use super::model::{Kind, Mixture};
use super::student;
use crate::data::{BLOCK_ROWS, Block};
use crate::later::later;

/// ln(2 pi)
pub(crate) const LN_2_PI: f64 = 1.837_877_066_409_345_3;

/// A squared distance that stands for every larger one, so that no density is
/// minus infinity for rounding's sake and no sum of them NaN.
const FARTHEST: f64 = 1e300;

/// How many components share a row: K, and the noise component if there is one.
pub fn n_shares(mixture: &Mixture) -> usize {
    mixture.n_components() + usize::from(mixture.noise().is_some())
}

/// A mixture made ready to be evaluated on blocks of rows, with room for one block.
/// Mixture and rows must be in the same coordinates and of the same D columns.
///
/// Rows are taken to be independent: of a hidden Markov model this evaluates the mixture
/// of its states by occupancy, and [`Responsibilities`](super::Responsibilities) the model itself.
///
/// Nothing here grows with the number of rows: the K x 256 numbers of one block
/// are overwritten by the next.
///
/// For a [`Kind::Posterior`] E ln pi_k + E ln N(x; mu_k, Lambda_k^-1) stands throughout for
/// ln w_k + ln N(x; mu_k, S_k): the responsibilities are the variational ones, and the
/// log-density is a lower bound that is not normalised (scikit-learn's `score_samples`).
pub struct Evaluator<'a> {
    mixture: &'a Mixture,
    /// ln w_k - (D ln 2 pi + ln |S_k|) / 2, or what it is for a t component; minus infinity
    /// for an empty one.
    constants: Vec<f64>,
    /// L^-1 (x - mu), D x BLOCK_ROWS.
    whitened: Vec<f64>,
    /// ln w_k + ln N(x; mu_k, S_k), K x BLOCK_ROWS and one more row for a noise
    /// component; then responsibilities.
    table: Vec<f64>,
    /// ln sum_k w_k N(x; mu_k, S_k), BLOCK_ROWS.
    log_density: Vec<f64>,
    /// u of t components, K x BLOCK_ROWS; empty for others.
    precisions: Vec<f64>,
    /// The rows with holes of the block last evaluated.
    patterns: Vec<Pattern>,
    marginals: Marginals,
}

impl<'a> Evaluator<'a> {
    /// Prepares `mixture`.
    pub fn new(mixture: &'a Mixture) -> Self {
        Self::weighted(mixture, mixture.weights())
    }

    /// The same with all weights 1, for [`Self::emissions`].
    pub fn unweighted(mixture: &'a Mixture) -> Self {
        Self::weighted(mixture, &vec![1.0; mixture.n_components()])
    }

    fn weighted(mixture: &'a Mixture, weights: &[f64]) -> Self {
        let d = mixture.dimension();
        let degrees = mixture.degrees();
        let log_weight = |k: usize| match mixture.kind() {
            Kind::Posterior(p) => p.offsets()[k],
            _ => ln(weights[k]),
        };
        let constant = |k: usize, log_determinant: f64| match degrees {
            None => -(0.5 * (d as f64 * LN_2_PI + log_determinant)),
            Some(degrees) => student_constant(d, degrees[k], log_determinant),
        };
        let constants = mixture
            .covariances()
            .iter()
            .enumerate()
            .map(|(k, c)| log_weight(k) + constant(k, c.log_determinant()))
            .collect();
        Evaluator {
            mixture,
            constants,
            whitened: vec![0.0; d * BLOCK_ROWS],
            table: vec![0.0; n_shares(mixture) * BLOCK_ROWS],
            log_density: vec![0.0; BLOCK_ROWS],
            precisions: vec![0.0; degrees.map_or(0, |nu| nu.len() * BLOCK_ROWS)],
            patterns: Vec::new(),
            marginals: Marginals::default(),
        }
    }

    /// What ln w_k + ln f_k(x) has that does not depend on the row, K numbers; minus infinity for
    /// an empty component.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// Squared Mahalanobis distances of the block's rows from component `k`, into `out`
    /// (at least as many numbers as the block has rows); of a row with holes, that of what
    /// it has.
    pub fn squared_distances(&mut self, block: &Block<'_>, k: usize, out: &mut [f64]) {
        self.whole_distances(block, k, out);
        self.find_patterns(block);
        if !self.patterns.is_empty() {
            known_distances(self, block, k, out);
        }
    }

    /// As [`Self::squared_distances`] for rows without holes; of the others a number that means nothing.
    fn whole_distances(&mut self, block: &Block<'_>, k: usize, out: &mut [f64]) {
        let covariance = &self.mixture.covariances()[k];
        let mean = &self.mixture.means()[k];
        let out = &mut out[..block.len()];
        out.fill(0.0);
        for (j, &mu) in mean.iter().enumerate() {
            let (before, rest) = self.whitened.split_at_mut(j * BLOCK_ROWS);
            let z = &mut rest[..block.len()];
            for (z, x) in z.iter_mut().zip(block.column(j)) {
                *z = x - mu;
            }
            // Forward substitution, row by row of the factor.
            for (l, &factor) in covariance.factor_row(j).iter().enumerate() {
                let known = &before[l * BLOCK_ROWS..l * BLOCK_ROWS + block.len()];
                for (z, w) in z.iter_mut().zip(known) {
                    *z -= factor * w;
                }
            }
            let scale = 1.0 / covariance.pivot(j);
            for (z, q) in z.iter_mut().zip(out.iter_mut()) {
                *z *= scale;
                *q += *z * *z;
            }
        }
        for q in out {
            // Also catches NaN.
            *q = if *q < FARTHEST { *q } else { FARTHEST };
        }
    }

    fn find_patterns(&mut self, block: &Block<'_>) {
        self.patterns = match block.has_holes() {
            true => patterns(block, self.mixture.dimension()),
            false => Vec::new(),
        };
    }

    /// Row, marginal of component `k` and squared distance of every row with holes of the
    /// block whose patterns were found.
    fn each_known(
        &mut self,
        block: &Block<'_>,
        k: usize,
        mut take: impl FnMut(usize, &Marginal, f64),
    ) {
        let mixture = self.mixture;
        let mean = &mixture.means()[k];
        self.each_pattern(k, |rows, marginal| {
            let mut z = Vec::new();
            for &i in rows {
                marginal.whiten(|j| block.column(j)[i], mean, &mut z);
                let q: f64 = z.iter().map(|z| z * z).sum();
                take(i, marginal, if q < FARTHEST { q } else { FARTHEST });
            }
        });
    }

    /// The patterns of the block last evaluated: their rows, and component `k` as these rows
    /// see it.
    pub fn each_pattern(&mut self, k: usize, mut take: impl FnMut(&[usize], &Marginal)) {
        let covariance = &self.mixture.covariances()[k];
        for pattern in &self.patterns {
            take(pattern.rows(), &self.marginals.get(k, covariance, pattern));
        }
    }

    /// The block last evaluated, what is missing replaced by its mean under component `k`
    /// given what is known: D x [`BLOCK_ROWS`] numbers into `values`.
    pub fn complete(&mut self, block: &Block<'_>, k: usize, values: &mut Vec<f64>) {
        values.clear();
        for j in 0..self.mixture.dimension() {
            values.extend_from_slice(block.column(j));
            values.resize((j + 1) * BLOCK_ROWS, 0.0);
        }
        let mixture = self.mixture;
        let mean = &mixture.means()[k];
        self.each_pattern(k, |rows, marginal| {
            let mut z = Vec::new();
            for &i in rows {
                marginal.whiten(|j| block.column(j)[i], mean, &mut z);
                for (j, x) in marginal.regression(&z, mean) {
                    values[j * BLOCK_ROWS + i] = x;
                }
            }
        });
    }

    /// ln w_k + ln N(x; mu_k, S_k) of the block's rows for every component; read with [`Self::row`].
    /// A row with holes has the marginal density of what it has: 1 if it has nothing.
    pub fn log_joint(&mut self, block: &Block<'_>) {
        self.find_patterns(block);
        let mut table = std::mem::take(&mut self.table);
        for (k, slot) in table.chunks_exact_mut(BLOCK_ROWS).enumerate() {
            if let (true, Some(noise)) = (k == self.constants.len(), self.mixture.noise()) {
                slot.fill(ln(noise.weight) + noise.log_density);
                continue;
            }
            let constant = self.constants[k];
            let slot = &mut slot[..block.len()];
            if constant == f64::NEG_INFINITY {
                slot.fill(constant);
                continue;
            }
            self.whole_distances(block, k, slot);
            match self.mixture.degrees() {
                None => {
                    for q in slot.iter_mut() {
                        *q = constant - 0.5 * *q;
                    }
                }
                Some(degrees) => {
                    let d = self.mixture.dimension();
                    let precisions = &mut self.precisions[k * BLOCK_ROWS..];
                    student_densities(d, degrees[k], constant, slot, precisions);
                }
            }
            // Of normal components: a fit of others refuses holes.
            if !self.patterns.is_empty() {
                known_densities(self, block, k, slot);
            }
        }
        self.table = table;
    }

    /// ln N(x; mu_k, S_k) of the block's rows for every component of an [`Self::unweighted`]
    /// one, minus infinity where a label says that the row is another's; read with [`Self::row`].
    pub fn emissions(&mut self, block: &Block<'_>) {
        self.log_joint(block);
        if let Some(labels) = block.labels() {
            self.clamp(labels);
        }
    }

    /// Leaves labelled rows to their component alone.
    fn clamp(&mut self, labels: &[u8]) {
        for (c, row) in self.table.chunks_exact_mut(BLOCK_ROWS).enumerate() {
            for (v, &label) in row.iter_mut().zip(labels) {
                let other = usize::from(label) != c && usize::from(label) < self.constants.len();
                *v = if other { f64::NEG_INFINITY } else { *v };
            }
        }
    }

    /// Responsibilities and log-densities of the block's rows (log-sum-exp, so that
    /// neither under- nor overflows); read with [`Self::row`] and [`Self::log_density`].
    /// A labelled row belongs to its component y alone; its log-density is ln w_y N(x; mu_y, S_y).
    pub fn responsibilities(&mut self, block: &Block<'_>) {
        self.emissions(block);
        let len = block.len();
        let highest = &mut self.log_density[..len];
        highest.fill(f64::NEG_INFINITY);
        for row in self.table.chunks_exact(BLOCK_ROWS) {
            for (h, &v) in highest.iter_mut().zip(row) {
                *h = if v > *h { v } else { *h };
            }
        }
        let mut sum = [0.0; BLOCK_ROWS];
        for row in self.table.chunks_exact_mut(BLOCK_ROWS) {
            for ((v, s), h) in row.iter_mut().zip(&mut sum).zip(highest.iter()) {
                *v = exp(*v - h);
                *s += *v;
            }
        }
        for (h, &s) in highest.iter_mut().zip(&sum) {
            *h += ln(s);
        }
        for s in &mut sum[..len] {
            *s = 1.0 / *s;
        }
        for row in self.table.chunks_exact_mut(BLOCK_ROWS) {
            for (v, s) in row.iter_mut().zip(&sum[..len]) {
                *v *= s;
            }
        }
    }

    /// What was last computed for component `k` (K is the noise component), one number a row of the block
    /// (only the block's own length is meaningful).
    pub fn row(&self, k: usize) -> &[f64] {
        &self.table[k * BLOCK_ROWS..(k + 1) * BLOCK_ROWS]
    }

    /// The weights u of the block's rows in mean and scale of t component `k`
    /// ([`student::precision_weight`]), after [`Self::log_joint`]; empty for other kinds.
    pub fn precisions(&self, k: usize) -> &[f64] {
        self.precisions
            .chunks_exact(BLOCK_ROWS)
            .nth(k)
            .unwrap_or(&[])
    }

    /// What [`Self::row`] reads, one row of [`BLOCK_ROWS`] numbers a component, to be changed.
    pub(crate) fn table_mut(&mut self) -> &mut [f64] {
        &mut self.table
    }

    /// Log-density of each row of the block, after [`Self::responsibilities`].
    pub fn log_density(&self) -> &[f64] {
        &self.log_density
    }
}

later! { Methods 1:
    fn patterns(block: &Block<'_>, n_columns: usize) -> Vec<Pattern> {
        Pattern::of(block, n_columns)
    }
}

later! { Methods 2:
    /// Distances of the rows with holes of the block whose patterns were found.
    fn known_distances(e: &mut Evaluator<'_>, block: &Block<'_>, k: usize, out: &mut [f64]) {
        e.each_known(block, k, |i, _, q| out[i] = q);
    }
}

later! { Methods 3:
    /// ln w_k + ln N(x_o; mu_k, S_k) of these rows.
    fn known_densities(e: &mut Evaluator<'_>, block: &Block<'_>, k: usize, out: &mut [f64]) {
        let weight = ln(e.mixture.weights()[k]);
        e.each_known(block, k, |i, marginal, q| {
            out[i] = weight + (marginal.log_constant() - 0.5 * q);
        });
    }
}

later! { Methods 4:
    fn student_constant(d: usize, nu: f64, log_determinant: f64) -> f64 {
        student::log_constant(d, nu, log_determinant)
    }
}

later! { Methods 5:
    /// Squared distances made into log-densities of a t component, with the precisions.
    fn student_densities(d: usize, nu: f64, constant: f64, rows: &mut [f64], us: &mut [f64]) {
        let d = d as f64;
        for (q, u) in rows.iter_mut().zip(us) {
            *u = student::precision_weight(d, nu, *q);
            *q = constant + student::log_kernel(d, nu, *q);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::data::Matrix;
    use crate::mixture::{Covariance, CovarianceType};

    fn evaluate(mixture: &Mixture, x: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let matrix = Matrix::uncentred(&[x]).unwrap();
        let mut e = Evaluator::new(mixture);
        let mut density = vec![];
        let mut r = vec![vec![]; mixture.n_components()];
        for block in matrix.blocks() {
            e.responsibilities(&block);
            density.extend_from_slice(&e.log_density()[..block.len()]);
            for (k, r) in r.iter_mut().enumerate() {
                r.extend_from_slice(&e.row(k)[..block.len()]);
            }
        }
        (density, r)
    }

    fn two(weights: [f64; 2]) -> Mixture {
        let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
        Mixture::new(
            CovarianceType::Spherical,
            weights.into(),
            vec![vec![0.0], vec![4.0]],
            vec![unit.clone(), unit],
        )
        .unwrap()
    }

    #[test]
    fn a_row_between_two_equal_components_belongs_half_to_each() {
        let (density, r) = evaluate(&two([0.5, 0.5]), &[2.0]);
        assert!((r[0][0] - 0.5).abs() < 1e-15 && (r[1][0] - 0.5).abs() < 1e-15);
        let expected = -0.5 * LN_2_PI - 2.0;
        assert!((density[0] - expected).abs() < 1e-14);
    }

    #[test]
    fn far_outliers_keep_finite_densities_and_responsibilities_that_sum_to_one() {
        let x: Vec<f64> = [1e3, -1e8, 1e140, -1e149].into();
        let (density, r) = evaluate(&two([0.3, 0.7]), &x);
        for i in 0..x.len() {
            assert!(density[i].is_finite(), "{}", x[i]);
            assert!((r[0][i] + r[1][i] - 1.0).abs() < 1e-12, "{}", x[i]);
        }
    }

    #[test]
    fn an_empty_component_takes_no_part() {
        let (density, r) = evaluate(&two([1.0, 0.0]), &[4.0]);
        assert_eq!(r[1][0], 0.0);
        assert_eq!(r[0][0], 1.0);
        assert!((density[0] - (-0.5 * LN_2_PI - 8.0)).abs() < 1e-14);
    }

    #[test]
    fn blocks_do_not_leak_into_one_another() {
        let x: Vec<f64> = (0..600).map(|i| i as f64 / 100.0).collect();
        let (all, _) = evaluate(&two([0.5, 0.5]), &x);
        for i in [0, 255, 256, 511, 512, 599] {
            assert_eq!(all[i], evaluate(&two([0.5, 0.5]), &x[i..=i]).0[0]);
        }
    }
}
