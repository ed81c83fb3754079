//! Responsibilities as fast as the rows allow: for pictures, which need nothing else.

use super::kernel::Kernel;
use super::lanes::{PAIR, Pair};
use super::strongest::stronger;
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::{Mixture, Responsibilities};

/// As [`Responsibilities`], block by block, and the same within rounding.
pub struct FastResponsibilities<'a> {
    kernel: Option<Kernel>,
    obvious: Responsibilities<'a>,
    /// Were those of the last block computed by the kernel?
    fast: bool,
    labels: [u8; BLOCK_ROWS],
    k: usize,
}

impl<'a> FastResponsibilities<'a> {
    /// Prepares `mixture` for the rows of `matrix`.
    pub fn new(matrix: &'a Matrix, mixture: &'a Mixture) -> Self {
        FastResponsibilities {
            kernel: Kernel::for_pass(matrix, mixture),
            obvious: Responsibilities::new(matrix, mixture),
            fast: false,
            labels: [0; BLOCK_ROWS],
            k: mixture.n_components(),
        }
    }

    /// Computes those of a block of the matrix. The blocks come in order, each once.
    pub fn take(&mut self, block: &Block<'_>) {
        // How much a row counts does not change whose it is.
        let kernel = self.kernel.as_mut();
        self.fast = kernel.is_some_and(|kernel| kernel.responsibilities(&block.unweighted()));
        if !self.fast {
            self.obvious.take(block);
        }
        let (mut labels, mut highest) = ([0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        for k in 0..self.k {
            stronger(self.row(k), k as u8, &mut highest, &mut labels);
        }
        self.labels = labels;
    }

    /// Responsibilities of component `k` for the block's rows (as many are meaningful as the block
    /// has rows).
    pub fn row(&self, k: usize) -> &[f64; BLOCK_ROWS] {
        let row = match &self.kernel {
            Some(kernel) if self.fast => kernel.row(k),
            _ => self.obvious.row(k),
        };
        &row.as_chunks().0[0]
    }

    /// The strongest of the K components of each of the block's rows, the first on ties (as many
    /// are meaningful as the block has rows).
    pub fn labels(&self) -> &[u8; BLOCK_ROWS] {
        &self.labels
    }

    /// Sums over the K components of r_ik times `numbers`, N to a component, for each row i of the
    /// block: N x [`BLOCK_ROWS`] numbers into `sums`.
    #[inline(never)]
    pub fn mix<const N: usize>(&self, numbers: &[[f64; N]], sums: &mut [[f64; BLOCK_ROWS]; N]) {
        let rows = (0..self.k.min(numbers.len())).map(|k| self.row(k).as_chunks::<PAIR>().0);
        let rows: Vec<(&[[f64; PAIR]], [Pair; N])> = rows
            .zip(numbers.iter().map(|n| n.map(Pair::splat)))
            .collect();
        for i in 0..BLOCK_ROWS / PAIR {
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
                let [ones, mixed] = sums;
                for (i, (one, mixed)) in ones.iter().zip(mixed).enumerate().take(block.len()) {
                    let r: Vec<f64> = (0..3).map(|k| obvious.row(k)[i]).collect();
                    for (k, r) in r.iter().enumerate() {
                        assert!((responsibilities.row(k)[i] - r).abs() < 1e-10);
                        assert!(
                            *r <= responsibilities.row(usize::from(responsibilities.labels()[i]))
                                [i]
                                + 1e-10
                        );
                    }
                    assert!((one - 1.0).abs() < 1e-10);
                    let expected = 2.0 * r[0] - 3.0 * r[1] + 0.5 * r[2];
                    assert!((mixed - expected).abs() < 1e-10);
                }
            }
            assert_eq!(ways, [true; 2]);
        }
    }
}
