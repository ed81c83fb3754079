//! The E-step with its sums: one pass over the rows, block by block.

use std::ops::Range;

use super::assign::Assign;
use super::beyond;
use super::kernel::Kernel;
use super::share::{CHUNK_BLOCKS, CHUNK_ROWS, Node, Share, Tree, n_chunks};
use super::sums::{Sums, dot, sum};
use crate::data::{BLOCK_ROWS, Block, Matrix, STRETCH_BLOCKS};
use crate::mixture::{ChainCounts, Mixture, Responsibilities};

const STRETCH_ROWS: usize = STRETCH_BLOCKS * BLOCK_ROWS;

/// What one pass over the rows gives.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Total log-likelihood (natural logarithm) of the mixture that was evaluated; of a
    /// posterior the sum of what [`Evaluator::log_density`](crate::mixture::Evaluator::log_density) says, the rows' part of the bound.
    pub log_likelihood: f64,
    /// Sums of each component about its own centre.
    pub sums: Vec<Sums>,
    /// Those centres, K x D.
    pub centres: Vec<Vec<f64>>,
    /// Sum of the responsibilities of the noise component.
    pub noise_count: f64,
    /// Expected starts and transitions of a hidden Markov model.
    pub chain: Option<ChainCounts>,
    /// The sum of the rows' weights: their number without weights.
    pub rows: f64,
    /// How the rows were shared out.
    pub assign: Assign,
    /// What the classification log-likelihood has beside the log-likelihood, if rows were
    /// assigned hard.
    pub classification: f64,
    /// How many times a row and a component were left out of the pass because so little of the row
    /// belongs to the component that no sum would change.
    pub left_out: f64,
}

/// One pass: responsibilities r_ik = w_k N(x_i; mu_k, S_k) / p(x_i) under `mixture`
/// (Dempster, Laird and Rubin 1977), or those of a hidden Markov model (Baum et al. 1970;
/// Rabiner 1989) as [`Responsibilities`] says; sums about `centres` (K x D) and total log-likelihood.
///
/// `mixture` and `centres` are in the matrix's coordinates. A row counts as many times as
/// its weight says, and a labelled row belongs to its component alone; where an entry is
/// missing its expectation stands in the sums. The
/// responsibilities of one block exist at a time. A mixture far off the range of doubles shows as a
/// log-likelihood that is not finite.
pub fn e_step(matrix: &Matrix, mixture: &Mixture, centres: &[Vec<f64>]) -> Expectation {
    e_step_as(matrix, mixture, centres, Assign::Soft)
}

/// As [`e_step`], with the rows shared out in another way before they are summed.
/// The log-likelihood is that of the parameters all the same.
pub fn e_step_as(
    matrix: &Matrix,
    mixture: &Mixture,
    centres: &[Vec<f64>],
    assign: Assign,
) -> Expectation {
    // The fast way forms its sums about the means.
    let kernel = (assign == Assign::Soft && mixture.means() == centres)
        .then(|| Kernel::for_pass(matrix, mixture))
        .flatten();
    let share = pass(matrix, mixture, centres, assign, kernel, all(matrix), 0);
    Expectation::join(matrix, centres, assign, [share])
        .expect("the share of all rows is the pass over all rows")
}

/// The share that some chunks of `matrix` have in a pass under `mixture` about its means. The
/// first of them is number `place` of all chunks.
pub fn share(matrix: &Matrix, mixture: &Mixture, chunks: Range<usize>, place: usize) -> Share {
    let kernel = Kernel::for_pass(matrix, mixture);
    pass(
        matrix,
        mixture,
        mixture.means(),
        Assign::Soft,
        kernel,
        chunks,
        place,
    )
}

/// All chunks.
fn all(matrix: &Matrix) -> Range<usize> {
    0..n_chunks(matrix)
}

/// With a kernel what it can do goes the fast way, without one everything the obvious way.
fn pass(
    matrix: &Matrix,
    mixture: &Mixture,
    centres: &[Vec<f64>],
    assign: Assign,
    mut kernel: Option<Kernel>,
    chunks: Range<usize>,
    place: usize,
) -> Share {
    let (d, k) = (matrix.n_columns(), mixture.n_components());
    let zero = || Node::zero(d, mixture.covariance_type().is_dense(), k);
    let mut obvious = Obvious {
        mixture,
        centres,
        assign,
        responsibilities: Responsibilities::new(matrix, mixture),
        scratch: [0.0; BLOCK_ROWS],
        room: Default::default(),
    };
    let mut tree = Tree::default();
    let mut chunk = zero();
    let near = kernel.as_ref().filter(|_| matrix.n_rows() >= STRETCH_ROWS);
    let gathered = near.and_then(|kernel| beyond::gathered(kernel, matrix));
    let n_blocks = matrix.n_rows().div_ceil(BLOCK_ROWS);
    let blocks = chunks.start * CHUNK_BLOCKS..(chunks.end * CHUNK_BLOCKS).min(n_blocks);
    for b in blocks.clone() {
        // A stretch that is here in part cannot be taken in another order.
        let first = b / STRETCH_BLOCKS * STRETCH_BLOCKS;
        let whole = blocks.start <= first && first + STRETCH_BLOCKS <= blocks.end;
        let framed = gathered.filter(|_| whole).and_then(|rows| rows.block(b));
        let (block, sides) = framed.unwrap_or_else(|| (matrix.block(b), &[]));
        let end = block.first_row() + block.len();
        let fast = kernel.as_mut().and_then(|kernel| {
            let n_left_out = match gathered {
                Some(_) => beyond::leave_out(kernel, sides),
                None => 0,
            };
            chunk.left_out += (n_left_out * block.len()) as f64;
            kernel.take(&block, &mut chunk.sums)
        });
        match fast {
            Some(log_likelihood) => chunk.log_likelihood += log_likelihood,
            None => beyond::take(&mut obvious, &block, &mut chunk),
        }
        if end % CHUNK_ROWS == 0 || end == matrix.n_rows() {
            let chunk_of_matrix = (end - 1) / CHUNK_ROWS;
            let place = place + chunk_of_matrix - chunks.start;
            tree.push(0, place, std::mem::replace(&mut chunk, zero()));
        }
    }
    if tree.is_empty() {
        // A pass over no rows sums up to nothing.
        tree.push(0, place, chunk);
    }
    Share {
        tree,
        chain: obvious.responsibilities.into_chain_counts(),
    }
}

/// The pass for every model, and for rows of any kind: responsibilities by
/// [`Responsibilities`], then sums of each component.
pub(super) struct Obvious<'a> {
    mixture: &'a Mixture,
    centres: &'a [Vec<f64>],
    assign: Assign,
    responsibilities: Responsibilities<'a>,
    scratch: [f64; BLOCK_ROWS],
    /// Room for a block's offsets and completed values.
    room: [Vec<f64>; 2],
}

impl Obvious<'_> {
    /// Adds a block to the sums.
    pub(super) fn take(&mut self, block: &Block<'_>, node: &mut Node) {
        let (mixture, responsibilities) = (self.mixture, &mut self.responsibilities);
        responsibilities.take(block);
        let density = &responsibilities.log_density()[..block.len()];
        node.log_likelihood += match block.weights() {
            None => sum(density),
            Some(weights) => dot(density, weights),
        };
        if self.assign != Assign::Soft
            && let Some(evaluator) = responsibilities.independent()
        {
            node.classification += beyond::share_out(self.assign, evaluator.table_mut(), block);
        }
        for (c, (sums, centre)) in node.sums.iter_mut().zip(self.centres).enumerate() {
            // A state of a chain is empty only once no path leads to it.
            let empty = mixture.weights()[c] == 0.0 && mixture.chain().is_none();
            if empty {
                continue;
            }
            let [offsets, values] = &mut self.room;
            if let (true, Some(evaluator)) = (block.has_holes(), responsibilities.independent()) {
                beyond::add_incomplete(sums, block, evaluator, c, centre, [offsets, values]);
            } else {
                let r = counted(block, responsibilities.row(c), &mut self.scratch);
                match responsibilities.precisions(c) {
                    [] => sums.add(block, r, centre, offsets),
                    u => beyond::add_robust(sums, block, r, u, centre, offsets),
                }
            }
        }
        if mixture.noise().is_some() {
            let row = responsibilities.row(mixture.n_components());
            node.noise_count += sum(counted(block, row, &mut self.scratch));
        }
    }
}

/// Responsibilities of a block's rows times the rows' weights.
pub(super) fn counted<'a>(
    block: &Block<'_>,
    r: &'a [f64],
    scratch: &'a mut [f64; BLOCK_ROWS],
) -> &'a [f64] {
    let r = &r[..block.len()];
    let Some(weights) = block.weights() else {
        return r;
    };
    for ((n, w), r) in scratch.iter_mut().zip(weights).zip(r) {
        *n = w * r;
    }
    &scratch[..block.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Em, Plan, Settings, m_step, start};
    use crate::mixture::{Covariance, CovarianceType};
    use proptest::prelude::*;

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-300)
    }

    /// Both ways, from the parameters that one iteration makes of `s`.
    fn whole(matrix: &Matrix, mixture: &Mixture, kernel: Option<Kernel>) -> Expectation {
        let (means, soft) = (mixture.means(), Assign::Soft);
        let share = pass(matrix, mixture, means, soft, kernel, all(matrix), 0);
        Expectation::join(matrix, means, soft, [share]).unwrap()
    }

    fn both_ways(matrix: &Matrix, s: &Settings) -> [Expectation; 2] {
        let first = start(matrix, s).unwrap();
        let plan = Plan::new(s, matrix);
        let em = Em::new(matrix, first, &plan);
        let mixture = match em.iterate(matrix, &plan) {
            Ok(next) => next.mixture().clone(),
            Err(_) => em.mixture().clone(),
        };
        let kernel = Kernel::for_pass(matrix, &mixture);
        assert!(kernel.is_some());
        [kernel, None].map(|kernel| whole(matrix, &mixture, kernel))
    }

    fn assert_same(matrix: &Matrix, s: &Settings) {
        let [fast, slow] = both_ways(matrix, s);
        let n = matrix.total_weight();
        let apart = (fast.log_likelihood - slow.log_likelihood).abs();
        assert!(
            apart <= 1e-12 * n.max(slow.log_likelihood.abs()),
            "{s:?}: {apart}"
        );
        for (k, (fast, slow)) in fast.sums.iter().zip(&slow.sums).enumerate() {
            assert!(
                close(fast.count, slow.count, 1e-11) || slow.count < 1e-9 * n,
                "{s:?} {k}"
            );
            // In units of what the sums would be with all rows on one side.
            let scale: Vec<f64> = matrix.variance().iter().map(|v| v.sqrt()).collect();
            for (j, (a, b)) in fast.first.iter().zip(&slow.first).enumerate() {
                assert!(
                    (a - b).abs() <= 1e-11 * n * scale[j],
                    "{s:?} {k} {j}: {a} {b}"
                );
            }
            for (a, b) in fast.second.iter().zip(&slow.second) {
                let largest = scale.iter().fold(0.0f64, |a, b| a.max(*b));
                assert!(
                    (a - b).abs() <= 1e-10 * n * largest * largest,
                    "{s:?} {k}: {a} {b}"
                );
            }
        }
    }

    #[test]
    fn a_pass_over_no_rows_sums_up_to_nothing() {
        let x: Vec<f64> = (0..30).map(f64::from).collect();
        let matrix = Matrix::from_columns(&[&x]).unwrap();
        let mixture = start(&matrix, &Settings::default()).unwrap();
        let e = e_step(&matrix.subset(&[]), &mixture, mixture.means());
        assert_eq!((e.log_likelihood, e.rows), (0.0, 0.0));
        assert!(e.sums.iter().all(|sums| sums.count == 0.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_fast_way_is_the_obvious_one(
            n in 30usize..1100, d in 1usize..14, k in 1usize..7, family in 0usize..14,
            (apart, shift, e) in (0.0f64..30.0, -1e6f64..1e6, -60i32..60), (seed, weighted) in (0u64..1000, any::<bool>()),
        ) {
            let mut random = crate::fit::Random::new(seed);
            let scale = 2f64.powi(e);
            let columns: Vec<Vec<f64>> = (0..d).map(|j| (0..n).map(|i| {
                let group = ((i % k) * (j + 1) % 5) as f64 * apart;
                (group + random.uniform() + random.uniform() + shift) * scale
            }).collect()).collect();
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut matrix = Matrix::from_columns(&slices).unwrap();
            if weighted {
                matrix = matrix.with_weights((0..n).map(|i| (i % 4) as f64).collect()).unwrap();
            }
            let s = Settings { n_components: k, covariance_type: CovarianceType::SHAPES[family], seed, ..Settings::default() };
            assert_same(&matrix, &s);
        }
    }

    #[test]
    fn rows_too_far_out_are_left_to_the_obvious_way() {
        let mut x: Vec<f64> = (0..600).map(|i| f64::from(i % 50) * 0.1).collect();
        let y: Vec<f64> = (0..600).map(|i| f64::from(i * 7 % 31) * 0.1).collect();
        x[10] = 1e6;
        x[300] = -1e9;
        let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
        // Two groups of the rows in the middle: to them the others are infinitely far.
        let unit = |m: f64| {
            (
                vec![m - matrix.centre()[0], 1.5 - matrix.centre()[1]],
                Covariance::diagonal(vec![1.0; 2]),
            )
        };
        let (means, covariances): (Vec<_>, Vec<_>) = [1.0, 4.0].map(unit).into_iter().unzip();
        let covariances = covariances.into_iter().map(|c| c.unwrap().into()).collect();
        let mixture =
            Mixture::new(CovarianceType::Diagonal, vec![0.5; 2], means, covariances).unwrap();
        let ways = [Kernel::for_pass(&matrix, &mixture), None];
        let [fast, slow] = ways.map(|kernel| whole(&matrix, &mixture, kernel));
        assert!(close(fast.log_likelihood, slow.log_likelihood, 1e-12));
        assert!((slow.sums[0].count + slow.sums[1].count - 600.0).abs() < 1e-9);
        assert!(close(fast.sums[0].count, slow.sums[0].count, 1e-12));
    }

    /// Fifty iterations both ways from one start.
    fn assert_same_path(columns: &[Vec<f64>], k: usize, covariance_type: CovarianceType) {
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let matrix = Matrix::from_columns(&slices).unwrap();
        let s = Settings {
            n_components: k,
            covariance_type,
            ..Settings::default()
        };
        let plan = Plan::new(&s, &matrix);
        let first = start(&matrix, &s).unwrap();
        let [fast, slow] = [true, false].map(|fast| {
            let mut mixture = first.clone();
            let mut log_likelihood = 0.0;
            for _ in 0..50 {
                let kernel = Kernel::for_pass(&matrix, &mixture).filter(|_| fast);
                let e = whole(&matrix, &mixture, kernel);
                log_likelihood = e.log_likelihood;
                mixture = m_step(&matrix, &mixture, &e, &plan).unwrap();
            }
            (log_likelihood, mixture)
        });
        assert!(close(fast.0, slow.0, 1e-12), "{} {}", fast.0, slow.0);
        let (fast, slow) = (fast.1, slow.1);
        let scale: Vec<f64> = matrix.variance().iter().map(|v| v.sqrt()).collect();
        for c in 0..k {
            assert!((fast.weights()[c] - slow.weights()[c]).abs() < 1e-10);
            for (j, scale) in scale.iter().enumerate() {
                let apart = fast.means()[c][j] - slow.means()[c][j];
                assert!(apart.abs() < 1e-10 * scale, "{c} {j}: {apart}");
                let pivots = [&fast, &slow].map(|m| m.covariances()[c].pivot(j));
                assert!((pivots[0] - pivots[1]).abs() < 1e-10 * scale, "{pivots:?}");
            }
        }
    }

    /// Groups of rows, `apart` standard deviations from one another.
    fn groups(d: usize, apart: f64) -> Vec<Vec<f64>> {
        let mut random = crate::fit::Random::new(7);
        let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let row = |i: usize, j: usize| ((i % 3) * (j + 1) % 4) as f64 * apart;
        (0..d)
            .map(|j| (0..900).map(|i| row(i, j) + normal()).collect())
            .collect()
    }

    fn moved(columns: Vec<Vec<f64>>, f: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
        columns
            .into_iter()
            .map(|column| column.into_iter().map(&f).collect())
            .collect()
    }

    #[test]
    fn both_ways_end_at_the_same_parameters() {
        for d in [1, 2, 3, 6] {
            for family in [CovarianceType::Full, CovarianceType::Diagonal] {
                assert_same_path(&groups(d, 6.0), 3, family);
                // So far apart that rows are left out of most components.
                assert_same_path(&groups(d, 40.0), 3, family);
                assert_same_path(&moved(groups(d, 6.0), |x| x + 1e8), 3, family);
                assert_same_path(&moved(groups(d, 6.0), |x| x * 1e-12), 3, family);
            }
        }
    }

    #[test]
    fn both_ways_end_at_the_same_parameters_in_heavy_overlap_and_with_outliers() {
        for d in [2, 5] {
            assert_same_path(&groups(d, 1.5), 2, CovarianceType::Full);
            let mut columns = groups(d, 6.0);
            columns[0][100] = 1e5;
            columns[1][500] = -1e7;
            assert_same_path(&columns, 3, CovarianceType::Full);
        }
    }

    /// Groups that lie on a grid, `apart` standard deviations from one another, the rows mixed.
    fn many(n: usize, d: usize, apart: f64) -> Matrix {
        let mut random = crate::fit::Random::new(11);
        let mut columns = vec![Vec::with_capacity(n); d];
        for i in 0..n {
            for (j, column) in columns.iter_mut().enumerate() {
                let normal = (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
                column.push(((i % 6) / (1 + 2 * j) % 3) as f64 * apart + normal);
            }
        }
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let weights = (0..n).map(|i| (1 + i % 2) as f64).collect();
        let matrix = Matrix::from_columns(&slices).unwrap();
        matrix.with_weights(weights).unwrap()
    }

    #[test]
    fn components_are_left_out_of_blocks_where_groups_lie_apart_and_nothing_changes() {
        for (d, apart, family) in [
            (2, 40.0, CovarianceType::Full),
            (2, 40.0, CovarianceType::Diagonal),
            (1, 60.0, CovarianceType::Full),
        ] {
            let matrix = many(40_000, d, apart);
            let s = Settings {
                n_components: 3 * d,
                covariance_type: family,
                ..Settings::default()
            };
            assert_same(&matrix, &s);
            let mut mixture = start(&matrix, &s).unwrap();
            let plan = Plan::new(&s, &matrix);
            for _ in 0..3 {
                let e = e_step(&matrix, &mixture, mixture.means());
                mixture = m_step(&matrix, &mixture, &e, &plan).unwrap();
            }
            let [fast, slow] = [true, false].map(|fast| {
                let kernel = Kernel::for_pass(&matrix, &mixture).filter(|_| fast);
                whole(&matrix, &mixture, kernel)
            });
            let share = fast.left_out / (40_000 * 3 * d) as f64;
            assert!(share > 0.3, "{d}: {share}");
            assert!(close(fast.log_likelihood, slow.log_likelihood, 1e-12));
        }
    }

    #[test]
    fn nothing_is_left_out_where_groups_overlap_or_rows_are_few() {
        for (n, apart) in [(40_000, 3.0), (9_000, 40.0)] {
            let matrix = many(n, 2, apart);
            let s = Settings {
                n_components: 6,
                ..Settings::default()
            };
            let mixture = start(&matrix, &s).unwrap();
            let e = e_step(&matrix, &mixture, mixture.means());
            assert_eq!(e.left_out, 0.0);
        }
    }

    #[test]
    fn a_stretch_that_is_cut_is_summed_as_well() {
        let matrix = many(40_000, 2, 40.0);
        let s = Settings {
            n_components: 6,
            ..Settings::default()
        };
        let mixture = start(&matrix, &s).unwrap();
        let parts =
            [0..3, 3..15, 15..20].map(|part| share(&matrix, &mixture, part.clone(), part.start));
        let joined = Expectation::join(&matrix, mixture.means(), Assign::Soft, parts).unwrap();
        let whole = e_step(&matrix, &mixture, mixture.means());
        assert!(whole.left_out > 0.0 && joined.left_out < whole.left_out);
        assert!(close(joined.log_likelihood, whole.log_likelihood, 1e-13));
        assert!(close(joined.sums[0].count, whole.sums[0].count, 1e-12));
    }
}
