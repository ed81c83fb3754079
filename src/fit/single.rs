//! The pass over the rows in single precision: half as many instructions as [`super::kernel`] has,
//! for iterations on the way to a fit that double precision finishes.
//!
//! As there, densities are powers of two. What differs:
//!
//! - Rows are those of [`Singles`]: each block about a centre of its own. Its box tells beforehand
//!   how far its rows are from each component. Exponents are relative to the highest bound of any
//!   component there, so that none overflows; a component below 2^-30 of the best in every row of
//!   the block is left out of it.
//! - Sums of a block are formed in single precision about the component's mean as it is there,
//!   brought to the mean itself and added up in double precision.
//! - A block with a row too far from every component goes the way of doubles.

use std::ops::Range;

use super::e_step::e_step;
use super::quad::{LEAST, QUAD, Quad};
use super::share::{CHUNK_ROWS, Node, Share, Tree};
use super::single_component::{Component, Rows, quads_mut};
use crate::data::{Matrix, SINGLE_ROWS, SingleBlock, Singles};
use crate::mixture::Mixture;
use crate::mixture::elementary::ln;

/// Blocks of a chunk.
const CHUNK_BLOCKS: usize = CHUNK_ROWS / SINGLE_ROWS;

/// log2 of the share that is nothing, in every row of a block.
const NEGLIGIBLE: f64 = -30.0;

/// Where the sum of a row's powers is below 2^-60, what is cut off at 2^-100 could matter: such
/// rows are left to doubles.
const FARTHEST: f32 = f32::from_bits((127 - 60) << 23);

/// No row of a block is that far if the bounds of its densities are not, with room for rounding.
const SURELY_NEAR: f64 = -55.0;

/// Normal components of a mixture, made ready for a pass.
struct Kernel<'a> {
    mixture: &'a Mixture,
    scale: &'a [f64],
    components: Vec<Component>,
    /// How far exponents are raised: those of ordinary rows should be near 0.
    lift: f64,
    /// Components that have a part in the block.
    live: Vec<usize>,
    /// Powers of the block's rows, one array for each of them.
    table: Vec<f32>,
    /// The sums of these, then their reciprocals.
    sums: Box<Rows>,
}

/// The share that some chunks of `singles` have in a pass under `mixture` about its means. The
/// first of them is number `place` of all chunks.
pub(super) fn share(
    singles: &Singles,
    mixture: &Mixture,
    chunks: Range<usize>,
    place: usize,
) -> Share {
    let (d, k) = (singles.n_columns(), mixture.n_components());
    let zero = || Node::zero(d, mixture.covariance_type().is_dense(), k);
    let mut kernel = Kernel::new(mixture, singles.scale());
    let mut tree = Tree::default();
    let mut blocks = singles.blocks().skip(chunks.start * CHUNK_BLOCKS);
    for i in 0..chunks.len().max(1) {
        let mut chunk = zero();
        for block in blocks.by_ref().take(CHUNK_BLOCKS) {
            kernel.take(&block, &mut chunk);
        }
        tree.push(0, place + i, chunk);
    }
    Share { tree, chain: None }
}

impl<'a> Kernel<'a> {
    fn new(mixture: &'a Mixture, scale: &'a [f64]) -> Kernel<'a> {
        let d = scale.len();
        let parts = mixture.covariances().iter().zip(mixture.means());
        let components: Vec<Component> = parts
            .zip(mixture.weights())
            .map(|((covariance, mean), &weight)| Component::new(covariance, mean, weight, scale))
            .collect();
        Kernel {
            mixture,
            scale,
            lift: (0.72 * (d as f64 - 2.0)).clamp(0.0, 50.0),
            live: Vec::with_capacity(components.len()),
            table: vec![0.0; components.len() * SINGLE_ROWS],
            sums: Box::new([0.0; SINGLE_ROWS]),
            components,
        }
    }

    /// Adds a block to each component's sums about its mean, and to the log-likelihood.
    fn take(&mut self, block: &SingleBlock<'_>, node: &mut Node) {
        match self.powers(block) {
            Some(reference) => {
                node.log_likelihood += self.share_out(block.len, reference);
                let left_out = self.components.len() - self.live.len();
                node.left_out += (left_out * block.len) as f64;
                self.add(block, node);
            }
            None => self.take_doubles(block, node),
        }
    }

    /// Densities of the block's rows, divided by 2 to the power that is returned; `None` if
    /// a row is too far out for this way.
    #[inline(never)]
    fn powers(&mut self, block: &SingleBlock<'_>) -> Option<f64> {
        let (mut highest, mut best) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for component in &mut self.components {
            component.approach(block, self.scale);
            let [most, least] = component.bounds;
            highest = if most > highest { most } else { highest };
            best = if least > best { least } else { best };
        }
        let reference = highest - self.lift;
        self.live.clear();
        let sums = &mut *self.sums;
        sums.fill(0.0);
        let mut table = self.table.as_chunks_mut::<SINGLE_ROWS>().0.iter_mut();
        for (k, component) in self.components.iter().enumerate() {
            let [most, least] = component.bounds;
            // Also false for NaN.
            if most > best + NEGLIGIBLE
                && let Some(out) = table.next()
            {
                self.live.push(k);
                let constant = (component.constant - reference) as f32;
                match block.columns.len() {
                    2 => component.plane(block, constant, out),
                    _ => component.axes(block, constant, out),
                }
                match least - reference > f64::from(LEAST) + 1.0 {
                    true => raise(out, sums),
                    false => raise_or_leave(out, sums),
                }
            }
        }
        let near = || sums[..block.len].iter().filter(|s| **s > FARTHEST).count();
        // Also catches NaN.
        (best - reference > SURELY_NEAR || near() == block.len).then_some(reference)
    }

    /// Turns the sums of the powers into what makes responsibilities of them. The
    /// log-likelihood of the block.
    #[inline(never)]
    fn share_out(&mut self, len: usize, reference: f64) -> f64 {
        let sums = &mut *self.sums;
        sums[len..].fill(1.0);
        let log_likelihood = log_of_product(sums) + std::f64::consts::LN_2 * reference * len as f64;
        for s in sums.as_chunks_mut::<QUAD>().0 {
            (Quad::splat(1.0) / Quad::load(s)).store(s);
        }
        sums[len..].fill(0.0);
        log_likelihood
    }

    /// Adds the block's rows to the sums of the components that have a part in it.
    #[inline(never)]
    fn add(&mut self, block: &SingleBlock<'_>, node: &mut Node) {
        let table = self.table.as_chunks_mut::<SINGLE_ROWS>().0;
        for (&k, e) in self.live.iter().zip(table) {
            let (component, total) = (&self.components[k], &mut node.sums[k]);
            match block.columns.len() {
                2 => component.add_plane(block, e, &self.sums, self.scale, total),
                _ => component.add_axes(block, e, &self.sums, self.scale, total),
            }
        }
    }

    /// Adds the block as doubles.
    #[inline(never)]
    fn take_doubles(&mut self, block: &SingleBlock<'_>, node: &mut Node) {
        let column = |j: usize| -> Vec<f64> {
            let rows = block.columns[j][..block.len].iter();
            rows.map(|x| block.centre[j] + f64::from(*x) * self.scale[j])
                .collect()
        };
        let columns: Vec<Vec<f64>> = (0..self.scale.len()).map(column).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        // Rows of a matrix make a matrix.
        if let Ok(rows) = Matrix::uncentred(&slices) {
            let e = e_step(&rows, self.mixture, self.mixture.means());
            node.log_likelihood += e.log_likelihood;
            for (sums, more) in node.sums.iter_mut().zip(&e.sums) {
                sums.merge(more);
            }
        }
    }
}

/// Makes powers of two of exponents none of which is below the least, and adds them to the sums.
#[inline(never)]
fn raise(exponents: &mut Rows, sums: &mut Rows) {
    for (x, sum) in quads_mut(exponents).iter_mut().zip(quads_mut(sums)) {
        let power = Quad::load(x).exp2();
        power.store(x);
        (Quad::load(sum) + power).store(sum);
    }
}

/// As [`raise`], with 0 for exponents below the least.
#[inline(never)]
fn raise_or_leave(exponents: &mut Rows, sums: &mut Rows) {
    for (x, sum) in quads_mut(exponents).iter_mut().zip(quads_mut(sums)) {
        let power = Quad::load(x).exp2_or_zero();
        power.store(x);
        (Quad::load(sum) + power).store(sum);
    }
}

/// The sum of the natural logarithms of numbers between 2^-60 and 2^60.
#[inline(never)]
fn log_of_product(rows: &Rows) -> f64 {
    // So many that a product of one in each so many rows is a double.
    const LANES: usize = 32;
    let mut products = [1.0; LANES];
    for chunk in rows.as_chunks::<LANES>().0 {
        for (product, x) in products.iter_mut().zip(chunk) {
            *product *= f64::from(*x);
        }
    }
    let (mut mantissa, mut exponent) = (1.0, 0);
    for product in products {
        let bits = f64::to_bits(product);
        exponent += bits >> 52;
        mantissa *= f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    }
    let exponent = exponent as f64 - (1023 * LANES) as f64;
    exponent * std::f64::consts::LN_2 + ln(mantissa)
}

#[cfg(test)]
mod tests {
    use super::super::{Em, Expectation, Plan, Random, Settings, start};
    use super::*;
    use crate::fit::beyond;
    use crate::mixture::{Covariance, CovarianceType};
    use proptest::prelude::*;

    fn matrix(columns: &[Vec<f64>]) -> Matrix {
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Matrix::from_columns(&slices).unwrap()
    }

    /// Groups of rows, `apart` standard deviations from one another.
    fn groups(n: usize, d: usize, k: usize, apart: f64, seed: u64) -> Vec<Vec<f64>> {
        let mut random = Random::new(seed);
        let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let place = |i: usize, j: usize| ((i % k) * (j + 1) % 5) as f64 * apart;
        (0..d)
            .map(|j| (0..n).map(|i| place(i, j) + normal()).collect())
            .collect()
    }

    /// The largest difference of the two passes: of log-likelihoods a row, of counts, and of first
    /// and second moments in units of the component's own spread, all a row of the component.
    fn apart(single: &Expectation, double: &Expectation, mixture: &Mixture, n: f64) -> f64 {
        let mut worst = (single.log_likelihood - double.log_likelihood).abs() / n;
        for (k, (a, b)) in single.sums.iter().zip(&double.sums).enumerate() {
            // A row is rounded in proportion to its distance from its neighbours: too much for the
            // width that the floor leaves a component that has it alone.
            if (0.5..1.5).contains(&b.count) {
                continue;
            }
            let covariance = &mixture.covariances()[k];
            let spread = |j: usize| covariance.get(j, j).sqrt();
            // What is left out of every block may be all that a component without rows has.
            let count = b.count.max(1e-3);
            let mut take = |a: f64, b: f64, unit: f64| {
                let off = (a - b).abs() / (count * unit);
                worst = if off > worst { off } else { worst };
            };
            take(a.count, b.count, 1.0);
            for (j, (a, b)) in a.first.iter().zip(&b.first).enumerate() {
                take(*a, *b, spread(j));
            }
            let d = a.first.len();
            let dense = a.second.len() != d || d == 1;
            let pairs = (0..d).flat_map(|i| (if dense { 0 } else { i }..=i).map(move |j| (i, j)));
            for ((i, j), (a, b)) in pairs.zip(a.second.iter().zip(&b.second)) {
                take(*a, *b, spread(i) * spread(j));
            }
        }
        worst
    }

    /// Both passes after one iteration and after a few, and how far they are apart.
    fn compare(matrix: &Matrix, k: usize, covariance_type: CovarianceType, seed: u64) -> f64 {
        let s = Settings {
            n_components: k,
            covariance_type,
            seed,
            ..Settings::default()
        };
        let plan = Plan::new(&s, matrix);
        let mut em = Em::new(matrix, start(matrix, &s).unwrap(), &plan);
        let mut worst = 0.0f64;
        for t in 0..12 {
            if matches!(t, 0 | 1 | 11) {
                let mixture = em.mixture();
                let single = beyond::single(matrix, mixture);
                let double = e_step(matrix, mixture, mixture.means());
                worst = worst.max(apart(&single, &double, mixture, matrix.total_weight()));
            }
            match em.iterate(matrix, &plan) {
                Ok(next) => em = next,
                Err(_) => break,
            }
        }
        worst
    }

    /// What single precision is held to: parts of a row, of a standard deviation, of a variance.
    const TOLERANCE: f64 = 1e-5;

    #[test]
    fn data_of_every_kind_come_out_as_in_double_precision() {
        for (d, family) in [
            (1, CovarianceType::Full),
            (2, CovarianceType::Full),
            (2, CovarianceType::Tied),
            (2, CovarianceType::Diagonal),
            (2, CovarianceType::Spherical),
            (5, CovarianceType::Diagonal),
            (30, CovarianceType::Spherical),
        ] {
            let with = |name: &str, columns: Vec<Vec<f64>>| {
                let off = compare(&matrix(&columns), 3, family, 1);
                assert!(off < TOLERANCE, "{d} {family:?} {name}: {off:e}");
            };
            let of = |apart: f64, f: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> {
                let columns = groups(5000, d, 3, apart, 7).into_iter();
                columns.map(|c| c.into_iter().map(f).collect()).collect()
            };
            with("groups", of(6.0, &|x| x));
            with("heavy overlap", of(1.0, &|x| x));
            with("tight groups", of(3e4, &|x| x));
            with("far from the origin", of(6.0, &|x| x + 1e8));
            with("tiny", of(6.0, &|x| x * 1e-120));
            with("large", of(6.0, &|x| x * 1e90));
            let mut outliers = of(6.0, &|x| x);
            outliers[0][100] = 1e5;
            outliers[d - 1][3000] = -1e7;
            with("far outliers", outliers);
        }
    }

    #[test]
    fn rows_too_far_out_are_left_to_doubles() {
        let mut columns = groups(3000, 2, 1, 0.0, 3);
        columns[0][10] = 1e6;
        columns[1][20] = -1e9;
        let matrix = matrix(&columns);
        // To a group of the rows in the middle the others are infinitely far.
        let mean = [0, 1].map(|j| columns[j][2] - matrix.centre()[j]);
        let covariance = Covariance::diagonal(vec![1.0; 2]).unwrap();
        let family = CovarianceType::Diagonal;
        let mixture = Mixture::new(
            family,
            vec![1.0],
            vec![mean.to_vec()],
            vec![covariance.into()],
        );
        let mixture = mixture.unwrap();
        let single = beyond::single(&matrix, &mixture);
        let double = e_step(&matrix, &mixture, mixture.means());
        let off = single.log_likelihood / double.log_likelihood - 1.0;
        assert!(off.abs() < 1e-7 && double.log_likelihood < -1e17, "{off:e}");
        assert_eq!(single.sums[0].count, 3000.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn single_precision_is_near_double_precision(
            n in 30usize..9000, d in 1usize..3, k in 1usize..7, family in 0usize..4,
            (apart, shift, e) in (0.0f64..30.0, -1e6f64..1e6, -60i32..60), seed in 0u64..1000,
        ) {
            let scale = 2f64.powi(e);
            let columns = groups(n, d, k, apart, seed).into_iter();
            let columns: Vec<Vec<f64>> = columns
                .map(|c| c.into_iter().map(|x| (x + shift) * scale).collect()).collect();
            let off = compare(&matrix(&columns), k, CovarianceType::ALL[family], seed);
            prop_assert!(off < TOLERANCE, "{off:e}");
        }

        #[test]
        fn any_number_of_shares_gives_the_same_bits(
            n in 1usize..30_000, d in 1usize..4, shares in 1usize..9, seed in 0u64..100,
        ) {
            let rows = matrix(&groups(n, d, 3, 4.0, seed));
            let s = Settings { n_components: 2.min(n), covariance_type: CovarianceType::Diagonal, ..Settings::default() };
            let Ok(mixture) = start(&rows, &s) else { return Ok(()) };
            let whole = beyond::single(&rows, &mixture);
            let singles = rows.singles();
            let chunks = n.div_ceil(CHUNK_ROWS);
            let parts = (0..shares).map(|i| chunks * i / shares..chunks * (i + 1) / shares);
            let parts: Vec<Share> = parts.filter(|part| !part.is_empty()).map(|part| {
                // Half of them from a copy of their rows, as another worker has it.
                match part.start % 2 {
                    0 => share(singles, &mixture, part.clone(), part.start),
                    _ => {
                        let copy = singles.chunks(part.clone(), CHUNK_ROWS);
                        share(&copy, &mixture, 0..part.len(), part.start)
                    }
                }
            }).collect();
            let joined = Expectation::join(&rows, mixture.means(), Default::default(), parts).unwrap();
            prop_assert_eq!(joined.log_likelihood.to_bits(), whole.log_likelihood.to_bits());
            prop_assert_eq!(joined.sums, whole.sums);
        }
    }
}
