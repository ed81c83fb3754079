//! Standard sizes by which the speed of a fit is compared between devices and programs.

use std::rc::Rc;

use super::sample::sample_rows;
use crate::data::Matrix;
use crate::fit::{Plan, Precision, Random, Scheme};
use crate::mixture::{Covariance, CovarianceType, Mixture};

/// A data set of a standard size, with the mixture that its fit begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it goes by: a letter, the same for full and diagonal covariances.
    pub name: &'static str,
    /// N.
    pub n_rows: usize,
    /// D.
    pub n_columns: usize,
    /// K.
    pub n_components: usize,
    /// Full or diagonal.
    pub covariance_type: CovarianceType,
    /// In which numbers: single precision has no end here.
    pub precision: Precision,
}

const fn cell(name: &'static str, n_rows: usize, n_columns: usize, n_components: usize) -> Cell {
    Cell {
        name,
        n_rows,
        n_columns,
        n_components,
        covariance_type: CovarianceType::Full,
        precision: Precision::Exact,
    }
}

const fn diagonal(cell: Cell) -> Cell {
    Cell {
        covariance_type: CovarianceType::Diagonal,
        ..cell
    }
}

const fn fast(cell: Cell) -> Cell {
    Cell {
        precision: Precision::Fast,
        ..cell
    }
}

const A: Cell = cell("a", 10_000, 2, 3);
const B: Cell = cell("b", 100_000, 2, 8);
const C: Cell = cell("c", 1_000_000, 2, 8);
const D: Cell = cell("d", 100_000, 10, 10);
const E: Cell = cell("e", 100_000, 50, 8);

/// Full covariances, then diagonal ones where they differ enough to be told; then those for which
/// there is a way in single precision.
pub const CELLS: [Cell; 15] = [
    A,
    B,
    C,
    D,
    E,
    diagonal(B),
    diagonal(C),
    diagonal(D),
    diagonal(E),
    fast(B),
    fast(C),
    fast(diagonal(B)),
    fast(diagonal(C)),
    fast(diagonal(D)),
    fast(diagonal(E)),
];

impl Cell {
    /// N rows of K normal groups with random means and covariances, as D columns: the same
    /// numbers on every device. Groups touch and overlap: an average row belongs to one of them for
    /// some nine tenths in two dimensions, more in higher ones.
    pub fn columns(&self) -> Vec<Vec<f64>> {
        let mut random = Random::new(20_261_121);
        sample_rows(&self.truth(&mut random), self.n_rows, 7).columns
    }

    fn truth(&self, random: &mut Random) -> Mixture {
        let (d, k) = (self.n_columns, self.n_components);
        let mut between = |low: f64, high: f64| low + (high - low) * random.uniform();
        // Groups in few dimensions need more room to be told apart.
        let room = 16.0 / (d as f64).sqrt();
        let (mut means, mut covariances) = (Vec::new(), Vec::new());
        for _ in 0..k {
            means.push((0..d).map(|_| between(0.0, room)).collect());
            let tilt = 1.0 / (d as f64).sqrt();
            let mut factor = vec![0.0; d * d];
            for i in 0..d {
                for j in 0..i {
                    factor[i * d + j] = between(-tilt, tilt);
                }
                factor[i * d + i] = between(0.5, 1.5);
            }
            let entry = |i: usize, j: usize| -> f64 {
                let rows = factor[i * d..].iter().zip(&factor[j * d..]);
                rows.take(i.min(j) + 1).map(|(a, b)| a * b).sum()
            };
            let entries = (0..d * d).map(|at| entry(at / d, at % d)).collect();
            let covariance = Covariance::dense(d, entries);
            covariances.push(Rc::new(covariance.expect("a product L L' has a factor")));
        }
        let weights = vec![1.0 / k as f64; k];
        Mixture::new(CovarianceType::Full, weights, means, covariances)
            .expect("equal weights, finite means")
    }

    /// Where the fit begins, in the matrix's coordinates: the rows number 0, N/K, 2 N/K ... as
    /// means, the columns' own variances as covariances, equal weights.
    pub fn start(&self, matrix: &Matrix) -> Mixture {
        let (d, k) = (self.n_columns, self.n_components);
        let variance = matrix.variance();
        let covariance = match self.covariance_type.is_dense() {
            false => Covariance::diagonal(variance.to_vec()),
            true => {
                let entry = |at: usize| {
                    if at / d == at % d {
                        variance[at % d]
                    } else {
                        0.0
                    }
                };
                Covariance::dense(d, (0..d * d).map(entry).collect())
            }
        };
        let covariance = Rc::new(covariance.expect("the columns vary"));
        let means = (0..k).map(|c| matrix.row(c * self.n_rows / k)).collect();
        let (weights, covariances) = (vec![1.0 / k as f64; k], vec![covariance; k]);
        Mixture::new(self.covariance_type, weights, means, covariances)
            .expect("equal weights, finite means")
    }

    /// Batch EM without a floor, in the cell's precision.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::plain(vec![0.0; self.n_columns]);
        if self.precision == Precision::Fast {
            plan.scheme = Scheme::Single { until: 0.0 };
        }
        plan
    }

    /// How many numbers one instruction takes, of those that every processor has.
    pub fn lanes(&self) -> usize {
        match self.precision {
            Precision::Exact => 2,
            Precision::Fast => 4,
        }
    }

    /// Multiplications that one row and one component take in an iteration, at least: of the
    /// Cholesky factor with the row, its square, the weighted moments, and some 14 for the exponential
    /// and what goes with it. What a device can do in no less time than these is the limit.
    pub fn multiplications(&self) -> usize {
        let d = self.n_columns;
        14 + match self.covariance_type.is_dense() {
            true => d * (d + 1) + 3 * d,
            false => 4 * d,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Em;

    #[test]
    fn a_cell_is_the_same_everywhere_and_its_fit_climbs() {
        let columns = A.columns();
        assert_eq!((columns.len(), columns[0].len()), (2, 10_000));
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let matrix = Matrix::from_columns(&slices).unwrap();
        for cell in [A, diagonal(A), fast(A)] {
            let plan = cell.plan();
            let mut em = Em::new(&matrix, cell.start(&matrix), &plan);
            for _ in 0..10 {
                let next = em.iterate(&matrix, &plan).unwrap();
                assert!(next.log_likelihood() > em.log_likelihood());
                em = next;
            }
        }
    }

    #[test]
    fn cells_have_their_sizes_and_groups_that_can_be_told_apart() {
        let pairs: usize = CELLS.iter().map(|c| c.n_rows * c.n_components).sum();
        assert_eq!(
            pairs,
            30_000
                + 2 * (800_000 + 8_000_000 + 1_000_000 + 800_000)
                + 2 * (800_000 + 8_000_000)
                + 1_000_000
                + 800_000
        );
        assert_eq!(B.multiplications(), 26);
        for cell in [B, E] {
            let truth = cell.truth(&mut Random::new(20_261_121));
            let draws = sample_rows(&truth, 2000, 1);
            let slices: Vec<&[f64]> = draws.columns.iter().map(Vec::as_slice).collect();
            let rows = Matrix::uncentred(&slices).unwrap();
            let labels = crate::fit::strongest(&rows, &truth);
            let right = labels
                .iter()
                .zip(&draws.labels)
                .filter(|(a, b)| a == b)
                .count();
            assert!(
                (1500..2000).contains(&right) || cell == E && right == 2000,
                "{right}"
            );
        }
    }
}
