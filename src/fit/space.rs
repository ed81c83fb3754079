//! Densities and sums of full covariances in three dimensions and more, for [`super::kernel`]:
//! products of small matrices, in tiles of which all sums stay in registers.
//!
//! Sums take the rows of a block that belong to a component at all. In many dimensions a row
//! lies far from most components, and what is left out there is below 2^-100 of a row, while a
//! component counts as empty below 10 times 2^-52 rows.

use super::kernel::{Component, Rows, pairs, pairs_mut, sum};
use super::lanes::{PAIR, Pair};
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Block};

/// Rows whose exponents are computed at a time.
const GROUP: usize = 8;

/// Rows that are summed at a time: 50 columns of them fit into the nearest cache.
const TILE: usize = 64;

/// A row counts for a component with more than this responsibility: 2^-100.
const LEAST: f64 = f64::from_bits((1023 - 100) << 52);

/// Room for a pass.
pub(super) struct Space {
    /// Offsets of a few rows from a mean, D x [`GROUP`].
    group: Vec<[f64; GROUP]>,
    /// Offsets of more rows, each times the root of its responsibility, D x [`TILE`].
    tile: Vec<[f64; TILE]>,
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
        Space {
            group: vec![[0.0; GROUP]; d],
            tile: vec![[0.0; TILE]; d],
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
        for (g, out) in out.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
            for (j, (to, mean)) in self.group.iter_mut().zip(&component.mean).enumerate() {
                less(&block.padded_column(j).as_chunks().0[g], *mean, to);
            }
            exponents(factor, &self.group, constant, out);
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
        for members in members[..n].chunks(TILE) {
            // Whole groups: what is left of the last has no weight.
            let len = members.len().next_multiple_of(GROUP);
            let mut roots = [0.0; TILE];
            pick(r, members, &mut roots);
            let roots = &mut roots[..len];
            total.count += sum(roots);
            root_of(roots);
            let tile = self.tile.iter_mut().zip(&component.mean);
            for (j, (u, mean)) in tile.enumerate() {
                let x = block.padded_column(j);
                match n {
                    BLOCK_ROWS => *u = x.as_chunks().0[usize::from(members[0]) / TILE],
                    _ => pick(x, members, u),
                }
                total.first[j] += scale(*mean, roots, u);
            }
            add_products(&self.tile, len, &mut total.second);
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

#[inline(always)]
fn less(x: &[f64; GROUP], mean: f64, to: &mut [f64; GROUP]) {
    let mean = Pair::splat(mean);
    store(load(x).map(|x| x - mean), to);
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

/// Makes sqrt(r) (x - mean) of x; the sum of r (x - mean).
#[inline(never)]
fn scale(mean: f64, roots: &[f64], x: &mut [f64]) -> f64 {
    let mean = Pair::splat(mean);
    let mut sums = [Pair::splat(0.0); 2];
    let two = pairs(roots).as_chunks::<2>().0;
    for (roots, x) in two.iter().zip(pairs_mut(x).as_chunks_mut::<2>().0) {
        for ((root, x), sum) in roots.iter().zip(x).zip(&mut sums) {
            let root = Pair::load(root);
            let u = (Pair::load(x) - mean) * root;
            u.store(x);
            *sum = *sum + u * root;
        }
    }
    (sums[0] + sums[1]).sum()
}

/// Adds u_j . u_l for l <= j to a lower triangle: pairs of rows against four at a time.
#[inline(never)]
fn add_products(u: &[[f64; TILE]], len: usize, mut triangle: &mut [f64]) {
    for j in (0..u.len()).step_by(2) {
        let (first, rest) = triangle.split_at_mut(j + 1);
        let (second, rest) = rest.split_at_mut(rest.len().min(j + 2));
        triangle = rest;
        for l in (0..=j).step_by(4) {
            let four = [0, 1, 2, 3].map(|n| row(u, l + n, len));
            let products = products([0, 1].map(|n| row(u, j + n, len)), four);
            // What lies above the diagonal finds no place.
            for (to, products) in [&mut *first, &mut *second].into_iter().zip(products) {
                for (to, product) in to.iter_mut().skip(l).zip(products) {
                    *to += product;
                }
            }
        }
    }
}

/// Row `i` of U. Beyond the last is the last one again, of which the products go nowhere.
#[inline(always)]
fn row(u: &[[f64; TILE]], i: usize, len: usize) -> &[f64] {
    let last = u.len() - 1;
    &u[if i < last { i } else { last }][..len]
}

/// Scalar products of two rows with four, all of one length.
#[inline(never)]
fn products([a, b]: [&[f64]; 2], four: [&[f64]; 4]) -> [[f64; 4]; 2] {
    let mut sums = [[Pair::splat(0.0); 4]; 2];
    let [c, d, e, f] = four.map(pairs);
    let four = c.iter().zip(d).zip(e.iter().zip(f));
    for ((a, b), ((c, d), (e, f))) in pairs(a).iter().zip(pairs(b)).zip(four) {
        let (a, b) = (Pair::load(a), Pair::load(b));
        for (i, x) in [c, d, e, f].into_iter().enumerate() {
            let x = Pair::load(x);
            sums[0][i] = sums[0][i] + a * x;
            sums[1][i] = sums[1][i] + b * x;
        }
    }
    sums.map(|four| four.map(Pair::sum))
}
