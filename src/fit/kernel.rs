//! The pass over the rows as fast as it goes: densities, responsibilities, sums and
//! log-likelihood of normal components, block by block, on lanes that every processor has.
//!
//! [`Evaluator`](crate::mixture::Evaluator) and [`Sums::add`] are the same in the obvious way,
//! and what tests compare with. What differs here:
//!
//! - Densities are in units of log 2: log2 (w_k N(x)) = c_k - |F_k (x - mu_k)|^2, F_k the
//!   inverse Cholesky factor times sqrt(log2(e) / 2). One polynomial makes the power of 2.
//! - No search for the largest: everything is relative to the largest c_k, and a block with a
//!   row whose sum is near underflow is left to the obvious way, so that rows far out stay exact.
//! - One logarithm for many rows: their sums are multiplied, mantissas and exponents apart.
//! - The sums of a component are a product of a matrix with its transpose, in tiles that
//!   stay in registers.
//!
//! Loops run over arrays of fixed size, in pairs and without branches. Each is a function of its own, never
//! inlined: in one large function the browser's compiler runs out of registers, at half the speed.

use super::e_step::Sums;
use super::lanes::{Four, PAIR, Pair};
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::elementary::ln;
use crate::mixture::{Covariance, Kind, LN_2_PI, Mixture};

type Rows = [f64; BLOCK_ROWS];

/// Rows that are taken through all columns at a time where there are many.
const TILE_ROWS: usize = 64;

/// Rows whose densities are computed at a time where there are many columns.
const GROUP: usize = 4;

/// Columns whose products with others are summed at a time.
const TILE: usize = 4;

/// Below this sum of densities, relative to the highest peak, a row is left to logarithms.
const FARTHEST: f64 = 1e-250;

/// Normal components of a mixture, made ready for a pass.
pub(super) struct Kernel {
    components: Vec<Component>,
    /// The largest constant: what all densities are relative to, log 2.
    highest: f64,
    d: usize,
    dense: bool,
    /// Densities of a block relative to the highest peak, K x [`BLOCK_ROWS`].
    table: Vec<f64>,
    /// Their sum, then its reciprocal times the row's weight.
    sums: Box<Rows>,
    /// Offsets of a few rows from a mean, D x [`GROUP`].
    group: Vec<[f64; GROUP]>,
    /// Offsets of more rows, each times the root of a responsibility, and these roots:
    /// (D + 1) x [`TILE_ROWS`].
    offsets: Vec<f64>,
}

struct Component {
    /// log2 of the weighted peak.
    constant: f64,
    mean: Vec<f64>,
    /// F row by row: its lower triangle, or its diagonal.
    factor: Vec<f64>,
}

impl Kernel {
    /// A pass over `matrix` under `mixture`, if its components are normal and every row is whole
    /// and free to belong to any of them.
    pub(super) fn for_pass(matrix: &Matrix, mixture: &Mixture) -> Option<Kernel> {
        let plain = *mixture.kind() == Kind::Gaussian && mixture.noise().is_none();
        let free = !matrix.has_holes() && matrix.labels().is_none();
        (plain && free).then(|| Kernel::new(mixture))
    }

    fn new(mixture: &Mixture) -> Kernel {
        let d = mixture.dimension();
        let dense = mixture.covariance_type().is_dense();
        let components: Vec<Component> = mixture
            .covariances()
            .iter()
            .zip(mixture.means())
            .zip(mixture.weights())
            .map(|((covariance, mean), &weight)| Component::new(covariance, mean, weight, dense))
            .collect();
        let constants = components.iter().map(|c| c.constant);
        Kernel {
            highest: constants.fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a }),
            d,
            dense,
            table: vec![0.0; components.len() * BLOCK_ROWS],
            sums: Box::new([0.0; BLOCK_ROWS]),
            group: vec![[0.0; GROUP]; d],
            offsets: vec![0.0; (d + 1) * TILE_ROWS],
            components,
        }
    }

    /// Adds a block to each component's sums about its mean. The log-likelihood of the block, and
    /// the strongest component of each row into `labels` (as many as rows, the first on
    /// ties); `None`, with nothing added, if a row is too far out for this way.
    pub(super) fn take(
        &mut self,
        block: &Block<'_>,
        labels: &mut [u8],
        sums: &mut [Sums],
    ) -> Option<f64> {
        let log_likelihood = self.densities(block, labels)?;
        self.add(block, sums);
        Some(log_likelihood)
    }

    /// Densities of the block's rows. The log-likelihood of the block, and the strongest
    /// component of each row into `labels` (as many as rows, the first on ties); `None` if a
    /// row is too far out for this way.
    #[inline(never)]
    fn densities(&mut self, block: &Block<'_>, labels: &mut [u8]) -> Option<f64> {
        let mut best = [0.0; BLOCK_ROWS];
        let mut strongest = [0.0; BLOCK_ROWS];
        let sums = &mut *self.sums;
        sums.fill(0.0);
        for (k, (component, out)) in self
            .components
            .iter()
            .zip(rows_mut(&mut self.table))
            .enumerate()
        {
            if component.constant == f64::NEG_INFINITY {
                out.fill(0.0);
                continue;
            }
            let constant = component.constant - self.highest;
            match (self.d, self.dense) {
                (2, true) => component.plane(block, constant, out),
                (1, _) | (_, false) => component.axes(block, constant, out),
                (_, true) => component.space(block, constant, &mut self.group, out),
            }
            take_in(out, k, sums, &mut best, &mut strongest);
        }
        let len = block.len();
        // Also catches NaN.
        if !sums[..len].iter().all(|s| *s > FARTHEST) {
            return None;
        }
        for (label, k) in labels.iter_mut().zip(&strongest) {
            *label = *k as u8;
        }
        sums[len..].fill(1.0);
        let scale = std::f64::consts::LN_2 * self.highest;
        let log_likelihood = match block.weights() {
            None => log_of_product(sums) + scale * len as f64,
            Some(weights) => {
                let rows = sums.iter().zip(weights);
                rows.map(|(s, w)| w * (ln(*s) + scale)).sum()
            }
        };
        for s in sums.iter_mut() {
            *s = 1.0 / *s;
        }
        sums[len..].fill(0.0);
        if let Some(weights) = block.weights() {
            for (s, w) in sums.iter_mut().zip(weights) {
                *s *= w;
            }
        }
        Some(log_likelihood)
    }

    /// Responsibilities of the block's rows, times their weights if they have any, to be read
    /// with [`Self::row`], and the strongest component of each row into `labels`; false if a
    /// row is too far out for this way.
    pub(super) fn share_out(&mut self, block: &Block<'_>, labels: &mut [u8]) -> bool {
        let near = self.densities(block, labels).is_some();
        for e in rows_mut(&mut self.table) {
            for (e, share) in e.iter_mut().zip(self.sums.iter()) {
                *e *= share;
            }
        }
        near
    }

    /// What [`Self::share_out`] gave component `k`.
    pub(super) fn row(&self, k: usize) -> &[f64] {
        &self.table[k * BLOCK_ROWS..(k + 1) * BLOCK_ROWS]
    }

    /// Adds the block's rows, whose [`Self::densities`] were computed, to each component's sums
    /// about its mean.
    #[inline(never)]
    fn add(&mut self, block: &Block<'_>, totals: &mut [Sums]) {
        let shares = &*self.sums;
        for ((component, total), e) in self.components.iter().zip(totals).zip(rows(&self.table)) {
            if component.constant == f64::NEG_INFINITY {
                continue;
            }
            let mut r = [0.0; BLOCK_ROWS];
            for i in 0..BLOCK_ROWS {
                r[i] = e[i] * shares[i];
            }
            match (self.d, self.dense) {
                (2, true) => component.add_plane(block, &r, total),
                (1, _) | (_, false) => component.add_axes(block, &r, total),
                (_, true) => component.add_space(block, &r, &mut self.offsets, total),
            }
        }
    }
}

/// Adds densities to the sums, and keeps the largest with the component it is of.
#[inline(never)]
fn take_in(e: &Rows, k: usize, sums: &mut Rows, best: &mut Rows, strongest: &mut Rows) {
    let k = Pair::splat(k as f64);
    let own = pairs(e).iter().zip(pairs_mut(sums));
    for ((e, sum), (best, which)) in own.zip(pairs_mut(best).iter_mut().zip(pairs_mut(strongest))) {
        let (e, before, is) = (Pair::load(e), Pair::load(best), Pair::load(which));
        (Pair::load(sum) + e).store(sum);
        e.where_greater(before, k, is).store(which);
        e.where_greater(before, e, before).store(best);
    }
}

/// 2^(constant - q) for every q.
#[inline(never)]
fn from_squares(constant: f64, out: &mut Rows) {
    let constant = Four::splat(constant);
    for q in fours_mut(out) {
        (constant - Four::load(q)).exp2().store(q);
    }
}

fn fours(rows: &Rows) -> &[[f64; GROUP]] {
    rows.as_chunks::<GROUP>().0
}

fn fours_mut(rows: &mut Rows) -> &mut [[f64; GROUP]] {
    rows.as_chunks_mut::<GROUP>().0
}

fn pairs<const N: usize>(rows: &[f64; N]) -> &[[f64; PAIR]] {
    rows.as_chunks::<PAIR>().0
}

fn pairs_mut<const N: usize>(rows: &mut [f64; N]) -> &mut [[f64; PAIR]] {
    rows.as_chunks_mut::<PAIR>().0
}

fn rows(table: &[f64]) -> impl Iterator<Item = &Rows> {
    table.as_chunks::<BLOCK_ROWS>().0.iter()
}

fn rows_mut(table: &mut [f64]) -> impl Iterator<Item = &mut Rows> {
    table.as_chunks_mut::<BLOCK_ROWS>().0.iter_mut()
}

/// The sum of the natural logarithms of numbers between 1e-290 and 1e290.
#[inline(never)]
fn log_of_product(rows: &Rows) -> f64 {
    const LANES: usize = 8;
    let mut products = [1.0; LANES];
    let mut exponents = [0u64; LANES];
    for chunk in rows.as_chunks::<LANES>().0 {
        for l in 0..LANES {
            let bits = chunk[l].to_bits();
            exponents[l] += bits >> 52;
            products[l] *= f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
        }
    }
    let exponent = exponents.iter().sum::<u64>() as f64 - 1023.0 * BLOCK_ROWS as f64;
    // Each is below 2^32.
    exponent * std::f64::consts::LN_2 + ln(products.iter().product())
}

impl Component {
    fn new(covariance: &Covariance, mean: &[f64], weight: f64, dense: bool) -> Component {
        let d = mean.len();
        let half = (0.5 * std::f64::consts::LOG2_E).sqrt();
        let factor = match dense {
            true => inverse_factor(covariance, d, half),
            false => (0..d).map(|j| half / covariance.pivot(j)).collect(),
        };
        let peak = ln(weight) - 0.5 * (d as f64 * LN_2_PI + covariance.log_determinant());
        Component {
            constant: peak * std::f64::consts::LOG2_E,
            mean: mean.to_vec(),
            factor,
        }
    }

    #[inline(never)]
    fn plane(&self, block: &Block<'_>, constant: f64, out: &mut Rows) {
        let &[a, b, c] = &self.factor[..] else { return };
        let &[mx, my] = &self.mean[..] else { return };
        let [a, b, c, mx, my, constant] = [a, b, c, mx, my, constant].map(Four::splat);
        let xy = fours(column(block, 0)).iter().zip(fours(column(block, 1)));
        for (out, (x, y)) in fours_mut(out).iter_mut().zip(xy) {
            let (dx, dy) = (Four::load(x) - mx, Four::load(y) - my);
            let (u, v) = (a * dx, b * dx + c * dy);
            (constant - (u * u + v * v)).exp2().store(out);
        }
    }

    #[inline(never)]
    fn axes(&self, block: &Block<'_>, constant: f64, out: &mut Rows) {
        out.fill(0.0);
        for (j, (f, mean)) in self.factor.iter().zip(&self.mean).enumerate() {
            let (f, mean) = (Four::splat(*f), Four::splat(*mean));
            for (q, x) in fours_mut(out).iter_mut().zip(fours(column(block, j))) {
                let z = f * (Four::load(x) - mean);
                (Four::load(q) + z * z).store(q);
            }
        }
        from_squares(constant, out);
    }

    #[inline(never)]
    fn space(&self, block: &Block<'_>, constant: f64, group: &mut [[f64; GROUP]], out: &mut Rows) {
        for (g, q) in fours_mut(out).iter_mut().enumerate() {
            for (j, (offsets, mean)) in group.iter_mut().zip(&self.mean).enumerate() {
                let x = &fours(column(block, j))[g];
                *offsets = x.map(|x| x - mean);
            }
            self.squared_norms(group, q);
        }
        from_squares(constant, out);
    }

    /// |F (x - mu)|^2 of a few rows with these offsets, D x [`GROUP`].
    #[inline(never)]
    fn squared_norms(&self, offsets: &[[f64; GROUP]], out: &mut [f64; GROUP]) {
        let zero = Four::splat(0.0);
        let mut q = zero;
        let mut factor = &self.factor[..];
        let mut take = |n: usize| {
            let (row, rest) = factor.split_at(n);
            factor = rest;
            row
        };
        let mut j = 0;
        // Four rows of the factor at a time as far as the first of them goes, then the
        // triangle that is left.
        while j + TILE <= offsets.len() {
            let rows = [take(j + 1), take(j + 2), take(j + 3), take(j + 4)];
            let (before, own) = offsets[..j + TILE].split_at(j);
            let mut z = [zero; TILE];
            let [a, b, c, d] = rows;
            for ((((x, a), b), c), d) in before.iter().zip(a).zip(b).zip(c).zip(d) {
                let x = Four::load(x);
                z[0] = z[0] + Four::splat(*a) * x;
                z[1] = z[1] + Four::splat(*b) * x;
                z[2] = z[2] + Four::splat(*c) * x;
                z[3] = z[3] + Four::splat(*d) * x;
            }
            for (z, row) in z.iter_mut().zip(rows) {
                for (x, f) in own.iter().zip(&row[j..]) {
                    *z = *z + Four::splat(*f) * Four::load(x);
                }
                q = q + *z * *z;
            }
            j += TILE;
        }
        while j < offsets.len() {
            let mut z = zero;
            for (x, f) in offsets.iter().zip(take(j + 1)) {
                z = z + Four::splat(*f) * Four::load(x);
            }
            q = q + z * z;
            j += 1;
        }
        q.store(out);
    }

    /// Tile `t` of the block less the mean, D x [`TILE_ROWS`].
    fn centre(&self, block: &Block<'_>, t: usize, offsets: &mut [f64]) {
        let tiles = offsets.as_chunks_mut::<TILE_ROWS>().0;
        for (j, (mean, offsets)) in self.mean.iter().zip(tiles).enumerate() {
            let x = &column(block, j).as_chunks::<TILE_ROWS>().0[t];
            less(x, *mean, offsets);
        }
    }

    #[inline(never)]
    fn add_plane(&self, block: &Block<'_>, r: &Rows, total: &mut Sums) {
        let &[mx, my] = &self.mean[..] else { return };
        let (mx, my) = (Pair::splat(mx), Pair::splat(my));
        let mut sums = [Pair::splat(0.0); 6];
        let (x, y) = (pairs(column(block, 0)), pairs(column(block, 1)));
        for ((r, x), y) in pairs(r).iter().zip(x).zip(y) {
            let r = Pair::load(r);
            let (dx, dy) = (Pair::load(x) - mx, Pair::load(y) - my);
            let (rx, ry) = (r * dx, r * dy);
            let terms = [r, rx, ry, rx * dx, ry * dx, ry * dy];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = *sum + term;
            }
        }
        let [n, x, y, xx, xy, yy] = sums.map(Pair::sum);
        total.count += n;
        for (total, s) in total.first.iter_mut().zip([x, y]) {
            *total += s;
        }
        for (total, s) in total.second.iter_mut().zip([xx, xy, yy]) {
            *total += s;
        }
    }

    #[inline(never)]
    fn add_axes(&self, block: &Block<'_>, r: &Rows, total: &mut Sums) {
        total.count += sum(r);
        for (j, &mean) in self.mean.iter().enumerate() {
            let mean = Pair::splat(mean);
            let (mut first, mut second) = (Pair::splat(0.0), Pair::splat(0.0));
            for (r, x) in pairs(r).iter().zip(pairs(column(block, j))) {
                let dx = Pair::load(x) - mean;
                let rx = Pair::load(r) * dx;
                first = first + rx;
                second = second + rx * dx;
            }
            total.first[j] += first.sum();
            total.second[j] += second.sum();
        }
    }

    /// With u = sqrt(r) (x - mu) the second moments are U U', and with sqrt(r) as one
    /// more column of it the first ones as well.
    #[inline(never)]
    fn add_space(&self, block: &Block<'_>, r: &Rows, offsets: &mut [f64], total: &mut Sums) {
        let d = self.mean.len();
        total.count += sum(r);
        for (t, r) in r.as_chunks::<TILE_ROWS>().0.iter().enumerate() {
            self.centre(block, t, offsets);
            let tiles = offsets.as_chunks_mut::<TILE_ROWS>().0;
            let (u, rest) = tiles.split_at_mut(d);
            let roots = &mut rest[0];
            root_of(r, roots);
            for u in u {
                scale(u, roots);
            }
            add_products(tiles, d, total);
        }
    }
}

// These take slices of any length: of one that is known, every round is spelt out.

#[inline(never)]
fn less(x: &[f64], mean: f64, offsets: &mut [f64]) {
    for (o, x) in offsets.iter_mut().zip(x) {
        *o = x - mean;
    }
}

#[inline(never)]
fn root_of(r: &[f64], roots: &mut [f64]) {
    for (root, r) in roots.iter_mut().zip(r) {
        *root = r.sqrt();
    }
}

#[inline(never)]
fn scale(u: &mut [f64], by: &[f64]) {
    for (u, by) in u.iter_mut().zip(by) {
        *u *= by;
    }
}

/// Adds u_j . u_l for l <= j < D, and u_D . u_l: pairs of rows against four at a time.
#[inline(never)]
fn add_products(u: &[[f64; TILE_ROWS]], d: usize, total: &mut Sums) {
    for j in (0..=d).step_by(2) {
        let last = (j + 1).min(d);
        let pair = [j, last].map(|j| pairs(&u[j]));
        let mut l = 0;
        while l <= last {
            let four: [_; TILE] = std::array::from_fn(|n| pairs(&u[(l + n).min(d)]));
            let products = dot_products(pair, four);
            for (a, products) in products.iter().enumerate().take(last + 1 - j) {
                for (n, &product) in products.iter().enumerate() {
                    let (row, column) = (j + a, l + n);
                    if row == d && column < d {
                        total.first[column] += product;
                    } else if column <= row && row < d {
                        total.second[row * (row + 1) / 2 + column] += product;
                    }
                }
            }
            l += TILE;
        }
    }
}

/// Scalar products of two columns with four, all of one length.
#[inline(never)]
fn dot_products(a: [&[[f64; PAIR]]; 2], b: [&[[f64; PAIR]]; TILE]) -> [[f64; TILE]; 2] {
    let ([a0, a1], [b0, b1, b2, b3]) = (a, b);
    let mut sums = [[Pair::splat(0.0); TILE]; 2];
    let four = b0.iter().zip(b1).zip(b2.iter().zip(b3));
    for ((a0, a1), ((b0, b1), (b2, b3))) in a0.iter().zip(a1).zip(four) {
        let b = [b0, b1, b2, b3].map(Pair::load);
        for (sums, a) in sums.iter_mut().zip([a0, a1]) {
            let a = Pair::load(a);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = *sum + a * b;
            }
        }
    }
    sums.map(|four| four.map(Pair::sum))
}

fn sum(rows: &Rows) -> f64 {
    let mut sums = [Pair::splat(0.0); 4];
    for chunk in pairs(rows).as_chunks::<4>().0 {
        for (sum, pair) in sums.iter_mut().zip(chunk) {
            *sum = *sum + Pair::load(pair);
        }
    }
    ((sums[0] + sums[2]) + (sums[1] + sums[3])).sum()
}

/// F = s L^-1 for S = L L', the lower triangle row by row.
fn inverse_factor(covariance: &Covariance, d: usize, s: f64) -> Vec<f64> {
    let mut inverse = vec![0.0; d * (d + 1) / 2];
    let at = |i: usize, j: usize| i * (i + 1) / 2 + j;
    for i in 0..d {
        let scale = 1.0 / covariance.pivot(i);
        // Empty if the covariance happens to lie along the columns.
        let row = covariance.factor_row(i);
        for j in 0..i.min(row.len()) {
            let sum: f64 = (j..i).map(|l| row[l] * inverse[at(l, j)]).sum();
            inverse[at(i, j)] = -sum * scale;
        }
        inverse[at(i, i)] = s * scale;
    }
    inverse
}

fn column<'a>(block: &Block<'a>, j: usize) -> &'a Rows {
    block.padded_column(j)
}
