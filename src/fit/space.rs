//! Densities and sums of full covariances in three dimensions and more, for [`super::kernel`]:
//! products of small matrices, in tiles of which all sums stay in registers.
//!
//! Sums take the rows of a block that belong to a component at all. In many dimensions a row
//! lies far from most components, and what is left out there is below 2^-64 of a row, while a
//! component counts as empty below 10 times 2^-52 rows.

use super::kernel::{Component, Rows, pairs, pairs_mut, sum};
use super::lanes::{PAIR, Pair};
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Block};

/// Rows whose exponents are computed at a time.
const GROUP: usize = 8;

/// Rows whose offsets from a mean are computed at a time: 50 columns of them fit into the nearest
/// cache.
const PART: usize = 64;

/// In so many dimensions all rows of a block are summed at a time, in more half of them, for the
/// sake of the nearest cache.
const FEW_COLUMNS: usize = 20;

/// A row counts for a component with more than this responsibility, 2^-64: what is left out of ten
/// million rows is below 1e-12 of a row.
const LEAST: f64 = f64::from_bits((1023 - 64) << 52);

/// From so many rows of a block on it takes less time to sum all than to pick them.
const MOST_PICKED: usize = BLOCK_ROWS / 4 * 3;

/// Room for a pass.
pub(super) struct Space {
    /// Offsets of [`PART`] rows from a mean, D of each group together.
    offsets: Vec<[f64; GROUP]>,
    /// Offsets of more rows, each times the root of its responsibility: one after the other for each
    /// column.
    tile: Vec<f64>,
    /// Rows in the tile.
    tile_rows: usize,
}

/// The rows of a lower triangle (row by row) in pairs: both entries of each column, up to
/// the last that the second has. The last row of an odd number is paired with zeros.
pub(super) fn pack(triangle: &[f64], d: usize) -> Vec<f64> {
    let mut packed = Vec::with_capacity(triangle.len() + 2 * d);
    for i in (0..d).step_by(2) {
        for j in 0..d.min(i + 2) {
            for row in [i, i + 1] {
                let entry = triangle.get(row * (row + 1) / 2 + j);
                let entry = entry.filter(|_| j <= row);
                packed.push(*entry.unwrap_or(&0.0));
            }
        }
    }
    packed
}

impl Space {
    pub(super) fn new(d: usize) -> Space {
        let tile_rows = match d <= FEW_COLUMNS {
            true => BLOCK_ROWS,
            false => BLOCK_ROWS / 2,
        };
        Space {
            offsets: vec![[0.0; GROUP]; d * (PART / GROUP)],
            tile: vec![0.0; d * tile_rows],
            tile_rows,
        }
    }

    /// constant - |F (x - mu)|^2 for every row.
    #[inline(never)]
    pub(super) fn exponents(
        &mut self,
        component: &Component,
        block: &Block<'_>,
        constant: f64,
        out: &mut Rows,
    ) {
        let factor = pairs(&component.factor);
        let d = component.mean.len();
        for (part, out) in out.as_chunks_mut::<PART>().0.iter_mut().enumerate() {
            for (j, mean) in component.mean.iter().enumerate() {
                let x = &block.padded_column(j).as_chunks().0[part];
                less(x, *mean, &mut self.offsets[j..], d);
            }
            let groups = self.offsets.chunks_exact(d);
            for (offsets, out) in groups.zip(out.as_chunks_mut().0) {
                exponents(factor, offsets, constant, out);
            }
        }
    }

    /// Adds the rows with responsibilities `r` to the component's sums about its mean.
    ///
    /// With u = sqrt(r) (x - mu) the second moments are U U'.
    #[inline(never)]
    pub(super) fn add(
        &mut self,
        component: &Component,
        block: &Block<'_>,
        r: &Rows,
        total: &mut Sums,
    ) {
        let mut members = [0; BLOCK_ROWS];
        let n = choose(r, &mut members);
        let picked = n < MOST_PICKED;
        for first in (0..if picked { n } else { BLOCK_ROWS }).step_by(self.tile_rows) {
            let mut roots = [0.0; BLOCK_ROWS];
            // Whole groups: what is left of the last has no weight.
            let len = match picked {
                true => (n - first).next_multiple_of(GROUP).min(self.tile_rows),
                false => self.tile_rows,
            };
            let (roots, members) = (&mut roots[..len], &members[first..first + len]);
            match picked {
                true => pick(r, &members[..len.min(n - first)], roots),
                false => roots.copy_from_slice(&r[first..first + len]),
            }
            total.count += sum(roots);
            root_of(roots);
            let columns = self.tile.chunks_exact_mut(self.tile_rows);
            for (j, (u, mean)) in columns.zip(&component.mean).enumerate() {
                let (x, u) = (block.padded_column(j), &mut u[..len]);
                total.first[j] += match picked {
                    true => scale_picked(*mean, roots, x, members, u),
                    false => scale(*mean, roots, &x[first..first + len], u),
                };
            }
            add_products(&self.tile, self.tile_rows, len, &mut total.second);
        }
    }
}

#[inline(always)]
fn load(numbers: &[f64; GROUP]) -> [Pair; GROUP / PAIR] {
    let mut pairs = numbers.as_chunks().0.iter();
    std::array::from_fn(|_| pairs.next().map_or(Pair::splat(0.0), Pair::load))
}

#[inline(always)]
fn store(from: [Pair; GROUP / PAIR], to: &mut [f64; GROUP]) {
    for (to, pair) in pairs_mut(to).iter_mut().zip(from) {
        pair.store(to);
    }
}

/// x - mean, one group in each `step` of `to`.
#[inline(never)]
fn less(x: &[f64; PART], mean: f64, to: &mut [[f64; GROUP]], step: usize) {
    let mean = Pair::splat(mean);
    let groups = x.as_chunks::<GROUP>().0.iter();
    for (x, to) in groups.zip(to.iter_mut().step_by(step)) {
        for (x, to) in pairs(x).iter().zip(pairs_mut(to)) {
            (Pair::load(x) - mean).store(to);
        }
    }
}

/// constant - |F x|^2 of a few columns x, with the rows of F in pairs.
#[inline(never)]
fn exponents(
    mut factor: &[[f64; PAIR]],
    x: &[[f64; GROUP]],
    constant: f64,
    out: &mut [f64; GROUP],
) {
    let mut rest = [Pair::splat(constant); GROUP / PAIR];
    let mut columns = 0;
    while columns < x.len() {
        columns = (columns + 2).min(x.len());
        let (rows, after) = factor.split_at(columns);
        factor = after;
        let [mut u, mut v] = [[Pair::splat(0.0); GROUP / PAIR]; 2];
        for ([a, b], x) in rows.iter().zip(x) {
            let (a, b) = (Pair::splat(*a), Pair::splat(*b));
            for ((u, v), x) in u.iter_mut().zip(&mut v).zip(load(x)) {
                *u = *u + a * x;
                *v = *v + b * x;
            }
        }
        for ((rest, u), v) in rest.iter_mut().zip(u).zip(v) {
            *rest = *rest - (u * u + v * v);
        }
    }
    store(rest, out);
}

/// The rows that count, and how many they are.
#[inline(never)]
fn choose(r: &Rows, members: &mut [u8; BLOCK_ROWS]) -> usize {
    let mut n = 0;
    for (i, r) in r.iter().enumerate() {
        members[n % BLOCK_ROWS] = i as u8;
        n += usize::from(*r > LEAST);
    }
    n
}

#[inline(never)]
fn pick(x: &Rows, members: &[u8], to: &mut [f64]) {
    for (to, i) in to.iter_mut().zip(members) {
        *to = x[usize::from(*i)];
    }
}

// These take slices of any length: of one that is known, every round is spelt out.

#[inline(never)]
fn root_of(r: &mut [f64]) {
    for r in r {
        *r = r.sqrt();
    }
}

/// Writes u = sqrt(r) (x - mean); the sum of r (x - mean).
#[inline(never)]
fn scale(mean: f64, roots: &[f64], x: &[f64], u: &mut [f64]) -> f64 {
    let mean = Pair::splat(mean);
    let mut sums = [Pair::splat(0.0); 2];
    let two = |numbers| pairs(numbers).as_chunks::<2>().0;
    let to = pairs_mut(u).as_chunks_mut::<2>().0;
    for (u, (x, roots)) in to.iter_mut().zip(two(x).iter().zip(two(roots))) {
        for ((u, sum), (x, root)) in u.iter_mut().zip(&mut sums).zip(x.iter().zip(roots)) {
            *sum = *sum + scaled(Pair::load(x) - mean, Pair::load(root), u);
        }
    }
    (sums[0] + sums[1]).sum()
}

/// As [`scale`], of the rows that `members` names.
#[inline(never)]
fn scale_picked(mean: f64, roots: &[f64], x: &Rows, members: &[u8], u: &mut [f64]) -> f64 {
    let mean = Pair::splat(mean);
    let mut sums = [Pair::splat(0.0); 2];
    let members = members.as_chunks::<{ 2 * PAIR }>().0;
    let to = pairs_mut(u).as_chunks_mut::<2>().0;
    let roots = pairs(roots).as_chunks::<2>().0;
    for (u, (&[a, b, c, d], roots)) in to.iter_mut().zip(members.iter().zip(roots)) {
        let x = [[a, b], [c, d]].map(|two| two.map(|i| x[usize::from(i)]));
        for ((u, sum), (x, root)) in u.iter_mut().zip(&mut sums).zip(x.iter().zip(roots)) {
            *sum = *sum + scaled(Pair::load(x) - mean, Pair::load(root), u);
        }
    }
    (sums[0] + sums[1]).sum()
}

#[inline(always)]
fn scaled(offset: Pair, root: Pair, u: &mut [f64; PAIR]) -> Pair {
    let scaled = offset * root;
    scaled.store(u);
    scaled * root
}

/// Adds u_j . u_l for l <= j to a lower triangle: pairs of rows against four at a time, or against
/// the last two. Of each row of U, `stride` apart, the first `len` count.
#[inline(never)]
fn add_products(u: &[f64], stride: usize, len: usize, mut triangle: &mut [f64]) {
    let d = u.len() / stride;
    // Beyond the last row is the last one again, of which the products go nowhere.
    let row = |i: usize| {
        let i = if i < d { i } else { d - 1 };
        pairs(&u[i * stride..][..len])
    };
    for j in (0..d).step_by(2) {
        let (first, rest) = triangle.split_at_mut(j + 1);
        let (second, rest) = rest.split_at_mut(rest.len().min(j + 2));
        triangle = rest;
        let two = [row(j), row(j + 1)];
        let mut add = |l: usize, products: [&[f64]; 2]| {
            // What lies above the diagonal finds no place.
            for (to, products) in [&mut *first, &mut *second].into_iter().zip(products) {
                for (to, product) in to.iter_mut().skip(l).zip(products) {
                    *to += product;
                }
            }
        };
        for l in (0..j).step_by(4) {
            let [a, b] = products(two, [row(l), row(l + 1), row(l + 2), row(l + 3)]);
            add(l, [&a, &b]);
        }
        if j % 4 == 0 {
            let [a, b] = products_of_two(two);
            add(j, [&a, &b]);
        }
    }
}

/// Scalar products of two rows with four, all of one length.
#[inline(never)]
fn products([a, b]: [&[[f64; PAIR]]; 2], four: [&[[f64; PAIR]]; 4]) -> [[f64; 4]; 2] {
    let mut sums = [[Pair::splat(0.0); 4]; 2];
    let [c, d, e, f] = four;
    let four = c.iter().zip(d).zip(e.iter().zip(f));
    for ((a, b), ((c, d), (e, f))) in a.iter().zip(b).zip(four) {
        let (a, b) = (Pair::load(a), Pair::load(b));
        for (i, x) in [c, d, e, f].into_iter().enumerate() {
            let x = Pair::load(x);
            sums[0][i] = sums[0][i] + a * x;
            sums[1][i] = sums[1][i] + b * x;
        }
    }
    sums.map(|four| four.map(Pair::sum))
}

/// Scalar products of two rows with themselves and each other.
#[inline(never)]
fn products_of_two([a, b]: [&[[f64; PAIR]]; 2]) -> [[f64; 2]; 2] {
    // Two sums of each, so that additions need not wait for one another.
    let mut sums = [[Pair::splat(0.0); 3]; 2];
    let (a, b) = (a.as_chunks::<2>().0, b.as_chunks::<2>().0);
    for (a, b) in a.iter().zip(b) {
        for (sums, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            let (a, b) = (Pair::load(a), Pair::load(b));
            for (sum, product) in sums.iter_mut().zip([a * a, a * b, b * b]) {
                *sum = *sum + product;
            }
        }
    }
    let [aa, ab, bb] = [0, 1, 2].map(|i| (sums[0][i] + sums[1][i]).sum());
    [[aa, ab], [ab, bb]]
}
