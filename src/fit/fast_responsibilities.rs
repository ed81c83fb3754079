//! Responsibilities as fast as the rows allow: for pictures and labels, which need nothing else.

use super::kernel::{Kernel, Rows};
use super::lanes::{PAIR, Pair};
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::{Mixture, Responsibilities};

/// Pairs of a block.
const PAIRS: usize = BLOCK_ROWS / PAIR;

/// As [`Responsibilities`], block by block, and the same within rounding.
pub struct FastResponsibilities<'a> {
    kernel: Option<Kernel>,
    obvious: Responsibilities<'a>,
    /// Were those of the last block computed by the kernel?
    fast: bool,
    k: usize,
}

impl<'a> FastResponsibilities<'a> {
    /// Prepares `mixture` for the rows of `matrix`.
    pub fn new(matrix: &'a Matrix, mixture: &'a Mixture) -> Self {
        FastResponsibilities {
            kernel: Kernel::for_pass(matrix, mixture),
            obvious: Responsibilities::new(matrix, mixture),
            fast: false,
            k: mixture.n_components(),
        }
    }

    /// Computes those of a block of the matrix. The blocks come in order, each once.
    pub fn take(&mut self, block: &Block<'_>) {
        let densities = self.kernel.as_mut().and_then(|k| k.densities(block));
        self.fast = densities.is_some();
        if !self.fast {
            self.obvious.take(block);
        }
    }

    /// Responsibilities of component `k` (K is the noise component) times a positive number that
    /// each of the block's rows has of its own.
    fn row(&self, k: usize) -> &Rows {
        let row = match &self.kernel {
            Some(kernel) if self.fast => kernel.row(k),
            _ => self.obvious.row(k),
        };
        &row.as_chunks().0[0]
    }

    /// The first `n` of them.
    fn rows(&self, n: usize) -> Vec<&[[f64; PAIR]; PAIRS]> {
        let pairs = |k| &self.row(k).as_chunks().0.as_chunks().0[0];
        (0..n).map(pairs).collect()
    }

    /// The strongest of the first `n` components (K is the noise component) of each of the block's
    /// rows, the first on ties (as many are meaningful as the block has rows).
    #[inline(never)]
    pub fn strongest(&self, n: usize, labels: &mut [u8; BLOCK_ROWS]) {
        let rows = self.rows(n);
        let labels: &mut [[u8; PAIR]; PAIRS] = &mut labels.as_chunks_mut().0.as_chunks_mut().0[0];
        for (i, labels) in labels.iter_mut().enumerate() {
            let (mut highest, mut label) = (Pair::splat(0.0), Pair::splat(0.0));
            let mut number = Pair::splat(0.0);
            for row in &rows {
                let r = Pair::load(&row[i]);
                label = r.where_greater(highest, number, label);
                highest = r.where_greater(highest, r, highest);
                number = number + Pair::splat(1.0);
            }
            let mut both = [0.0; PAIR];
            label.store(&mut both);
            *labels = both.map(|label| label as u8);
        }
    }

    /// Responsibilities of the K components in whole parts of which `unit` make 1, K to each of the
    /// block's rows (as many are meaningful as the block has rows). Such parts sum to the same in
    /// any order.
    #[inline(never)]
    pub fn in_parts(&self, unit: f64, parts: &mut [f64]) {
        // Adding this leaves no room for a fraction.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        let mut scale = [unit; BLOCK_ROWS];
        if let Some(kernel) = self.kernel.as_ref().filter(|_| self.fast) {
            for (scale, sum) in scale.iter_mut().zip(kernel.sums()) {
                *scale = unit / *sum;
            }
        }
        let (rows, round) = (self.rows(self.k), Pair::splat(ROUND));
        let scale = scale.as_chunks::<PAIR>().0;
        for (i, parts) in parts.chunks_exact_mut(PAIR * self.k).enumerate() {
            let scale = Pair::load(&scale[i]);
            let (first, second) = parts.split_at_mut(self.k);
            for ((first, second), row) in first.iter_mut().zip(second).zip(&rows) {
                let mut both = [0.0; PAIR];
                ((Pair::load(&row[i]) * scale + round) - round).store(&mut both);
                [*first, *second] = both;
            }
        }
    }

    /// Sums over the K components of r_ik times `numbers`, N to a component, for each row i of the
    /// block, up to a positive number that each row has of its own: N x [`BLOCK_ROWS`] numbers into
    /// `sums`.
    #[inline(never)]
    pub fn mix<const N: usize>(&self, numbers: &[[f64; N]], sums: &mut [[f64; BLOCK_ROWS]; N]) {
        let rows = self.rows(self.k.min(numbers.len())).into_iter();
        let rows: Vec<(&[[f64; PAIR]; PAIRS], [Pair; N])> = rows
            .zip(numbers.iter().map(|n| n.map(Pair::splat)))
            .collect();
        for i in 0..PAIRS {
            let mut mixed = [Pair::splat(0.0); N];
            for (row, numbers) in &rows {
                let r = Pair::load(&row[i]);
                for (sum, number) in mixed.iter_mut().zip(numbers) {
                    *sum = *sum + r * *number;
                }
            }
            for (sum, mixed) in sums.iter_mut().zip(mixed) {
                mixed.store(&mut sum.as_chunks_mut::<PAIR>().0[i]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Random, Settings, start};

    const UNIT: f64 = 1_048_576.0;

    #[test]
    fn shares_are_the_responsibilities_and_mix_what_belongs_to_them() {
        let mut random = Random::new(1);
        let mut column = |spread: f64| -> Vec<f64> {
            let value = |i: usize| spread * (i % 3) as f64 + random.uniform() + random.uniform();
            (0..700).map(value).collect()
        };
        let (mut x, y) = (column(2.0), column(0.5));
        let settings = Settings {
            n_components: 3,
            ..Settings::default()
        };
        let mixture = start(&Matrix::from_columns(&[&x, &y]).unwrap(), &settings).unwrap();
        // Too far out for the kernel: its block goes the obvious way.
        x[300] = 1e7;
        let weights = (0..700).map(|i| (i % 3) as f64).collect();
        let plain = Matrix::uncentred(&[&x, &y]).unwrap();
        for matrix in [plain.clone(), plain.with_weights(weights).unwrap()] {
            let mut responsibilities = FastResponsibilities::new(&matrix, &mixture);
            let mut obvious = Responsibilities::new(&matrix, &mixture);
            let mut ways = [false; 2];
            for block in matrix.blocks() {
                responsibilities.take(&block);
                obvious.take(&block);
                ways[usize::from(responsibilities.fast)] = true;
                let mut sums = [[0.0; BLOCK_ROWS]; 2];
                responsibilities.mix(&[[1.0, 2.0], [1.0, -3.0], [1.0, 0.5]], &mut sums);
                let mut parts = [0.0; 3 * BLOCK_ROWS];
                responsibilities.in_parts(UNIT, &mut parts);
                let mut labels = [9; BLOCK_ROWS];
                responsibilities.strongest(3, &mut labels);
                let [ones, mixed] = sums;
                for (i, (one, mixed)) in ones.iter().zip(mixed).enumerate().take(block.len()) {
                    let r: Vec<f64> = (0..3).map(|k| obvious.row(k)[i]).collect();
                    for (k, r) in r.iter().enumerate() {
                        let part = parts[3 * i + k];
                        assert_eq!(part, part.round());
                        assert!((part / UNIT - r).abs() < 1.0 / UNIT);
                        assert!(*r <= obvious.row(usize::from(labels[i]))[i] + 1e-10);
                    }
                    let expected = 2.0 * r[0] - 3.0 * r[1] + 0.5 * r[2];
                    assert!((mixed / one - expected).abs() < 1e-10);
                }
            }
            assert_eq!(ways, [true; 2]);
        }
    }
}
