//! The pass over the rows as fast as it goes: densities, responsibilities, sums and
//! log-likelihood of normal components, block by block, on lanes that every processor has.
//!
//! [`Evaluator`](crate::mixture::Evaluator) and [`Sums::add`] are the same in the obvious way,
//! and what tests compare with. What differs here:
//!
//! - Densities are in units of log 2: log2 (w_k N(x)) = c_k - |F_k (x - mu_k)|^2, F_k the
//!   inverse Cholesky factor times sqrt(log2(e) / 2). A table and a short polynomial make the
//!   power of 2.
//! - No search for the largest: everything is relative to the largest c_k, and a block with a
//!   row whose sum is near underflow is left to the obvious way, so that rows far out stay exact.
//! - One logarithm for many rows: their sums are multiplied, mantissas and exponents apart.
//! - Full covariances in many dimensions go in tiles that stay in registers ([`super::space`]).
//!
//! Loops run over arrays of fixed size, in pairs and without branches. Each is a function of its
//! own, never inlined: in one large function the browser's compiler runs out of registers, at
//! half the speed. Exponents and powers are two loops for another reason: a row is a long chain
//! of operations, of which a processor overlaps more the shorter it is.

use super::beyond;
use super::lanes::{PAIR, Pair, Powers};
use super::space::Space;
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Block, Matrix, Side};
use crate::mixture::elementary;
use crate::mixture::{Covariance, Kind, LN_2_PI, Mixture};

pub(super) type Rows = [f64; BLOCK_ROWS];

/// Below this sum of densities, relative to the highest peak, a row is left to logarithms.
const FARTHEST: f64 = 1e-250;

/// A component with less than 2^-64 of every row of a block is left out of it: log 2.
const TOO_LITTLE: f64 = 64.0;

/// Normal components of a mixture, made ready for a pass.
pub(super) struct Kernel {
    components: Vec<Component>,
    /// The largest constant: what all densities are relative to, log 2.
    highest: f64,
    d: usize,
    dense: bool,
    powers: Box<Powers>,
    /// Densities of a block relative to the highest peak, K x [`BLOCK_ROWS`].
    table: Vec<f64>,
    /// Their sum, then its reciprocal times the row's weight.
    sums: Box<Rows>,
    space: Space,
}

pub(super) struct Component {
    /// log2 of the weighted peak.
    constant: f64,
    /// Has no row of the block at hand anything of it?
    left_out: bool,
    pub(super) mean: Vec<f64>,
    /// The diagonal of F, its lower triangle if D is 2, or as [`super::space::pack`] says.
    pub(super) factor: Vec<f64>,
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
        let dense = d > 1 && mixture.covariance_type().is_dense();
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
            powers: Box::new(Powers::new()),
            table: vec![0.0; components.len() * BLOCK_ROWS],
            sums: Box::new([0.0; BLOCK_ROWS]),
            space: Space::new(d),
            components,
        }
    }

    /// Adds a block to each component's sums about its mean. The log-likelihood of the block;
    /// `None`, with nothing added, if a row is too far out for this way.
    pub(super) fn take(&mut self, block: &Block<'_>, sums: &mut [Sums]) -> Option<f64> {
        self.densities(block)?;
        let log_likelihood = self.share_out(block);
        self.add(block, sums);
        Some(log_likelihood)
    }

    /// Densities of the block's rows in every component, up to a factor; `None` if a row is too
    /// far out for this way.
    #[inline(never)]
    pub(super) fn densities(&mut self, block: &Block<'_>) -> Option<&[Rows]> {
        let sums = &mut *self.sums;
        sums.fill(0.0);
        let table = self.table.as_chunks_mut::<BLOCK_ROWS>().0;
        for (component, out) in self.components.iter().zip(&mut *table) {
            if component.is_nowhere() {
                out.fill(0.0);
                continue;
            }
            let constant = component.constant - self.highest;
            match (self.dense, self.d) {
                (false, _) => component.axes(block, constant, out),
                (true, 2) => component.plane(block, constant, out),
                (true, _) => beyond::exponents(&mut self.space, component, block, constant, out),
            }
            raise(&self.powers, out, sums);
        }
        // Also catches NaN.
        let near = sums[..block.len()].iter().filter(|s| **s > FARTHEST);
        (near.count() == block.len()).then_some(table)
    }

    /// Turns the sums of the densities into what makes responsibilities of them, times the
    /// rows' weights. The log-likelihood of the block.
    #[inline(never)]
    fn share_out(&mut self, block: &Block<'_>) -> f64 {
        let sums = &mut *self.sums;
        let len = block.len();
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
        log_likelihood
    }

    /// What [`Self::densities`] gave component `k`.
    pub(super) fn row(&self, k: usize) -> &[f64] {
        &self.table[k * BLOCK_ROWS..(k + 1) * BLOCK_ROWS]
    }

    /// Do groups in one or two dimensions lie so far apart that leaving components out of blocks saves
    /// more than it takes? As far as their means tell: if a third of the components is far from a mean.
    pub(super) fn pays_to_leave_out(&self) -> bool {
        let mut far = 0;
        for component in &self.components {
            let at = |&middle: &f64| Side { middle, half: 0.0 };
            let point: Vec<Side> = component.mean.iter().map(at).collect();
            let own = component.constant - TOO_LITTLE;
            let others = self.components.iter();
            far += others.filter(|other| other.reach(&point)[1] < own).count();
        }
        self.d <= 2 && 3 * far > self.components.len().pow(2)
    }

    /// Leaves components out of the next block, whose rows lie between these sides (none: anywhere),
    /// if each has less than 2^-64 of every row. How many these are.
    #[inline(never)]
    pub(super) fn leave_out(&mut self, sides: &[Side]) -> usize {
        let mut best = f64::NEG_INFINITY;
        for component in &self.components {
            let [least, _] = component.reach(sides);
            best = if least > best { least } else { best };
        }
        let mut n = 0;
        for component in &mut self.components {
            let [_, most] = component.reach(sides);
            component.left_out = most < best - TOO_LITTLE;
            n += usize::from(component.left_out);
        }
        n
    }

    /// The sums over the components of what [`Self::densities`] gave.
    pub(super) fn sums(&self) -> &Rows {
        &self.sums
    }

    /// Adds the block's rows to each component's sums about its mean.
    #[inline(never)]
    fn add(&mut self, block: &Block<'_>, totals: &mut [Sums]) {
        let shares = &*self.sums;
        let table = self.table.as_chunks_mut::<BLOCK_ROWS>().0;
        for ((component, total), e) in self.components.iter().zip(totals).zip(table) {
            if component.is_nowhere() {
                continue;
            }
            for (e, share) in e.iter_mut().zip(shares) {
                *e *= share;
            }
            match (self.dense, self.d) {
                (false, _) => component.add_axes(block, e, total),
                (true, 2) => component.add_plane(block, e, total),
                (true, _) => beyond::add(&mut self.space, component, block, e, total),
            }
        }
    }
}

/// Makes powers of two of the exponents, and adds them to the sums.
#[inline(never)]
fn raise(powers: &Powers, exponents: &mut Rows, sums: &mut Rows) {
    for (x, sum) in pairs_mut(exponents).iter_mut().zip(pairs_mut(sums)) {
        let power = powers.exp2(Pair::load(x));
        power.store(x);
        (Pair::load(sum) + power).store(sum);
    }
}

pub(super) fn pairs(numbers: &[f64]) -> &[[f64; PAIR]] {
    numbers.as_chunks::<PAIR>().0
}

pub(super) fn pairs_mut(numbers: &mut [f64]) -> &mut [[f64; PAIR]] {
    numbers.as_chunks_mut::<PAIR>().0
}

/// [`elementary::ln`] once, not wherever it is called: it is large.
#[inline(never)]
fn ln(x: f64) -> f64 {
    elementary::ln(x)
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
        let factor = match (dense, d) {
            (false, _) => (0..d).map(|j| half / covariance.pivot(j)).collect(),
            (true, 2) => inverse_factor(covariance, d, half),
            (true, _) => beyond::pack(&inverse_factor(covariance, d, half), d),
        };
        let peak = ln(weight) - 0.5 * (d as f64 * LN_2_PI + covariance.log_determinant());
        Component {
            constant: peak * std::f64::consts::LOG2_E,
            left_out: false,
            mean: mean.to_vec(),
            factor,
        }
    }

    /// Has no row of the block anything of it?
    fn is_nowhere(&self) -> bool {
        self.left_out || self.constant == f64::NEG_INFINITY
    }

    /// Bounds of constant - |F (x - mu)|^2 for x between the sides of a box, in one or two
    /// dimensions: |F (x - mu)| is nowhere farther from its value in the middle than the length of
    /// |F| times half the sides.
    fn reach(&self, sides: &[Side]) -> [f64; 2] {
        let (middle, half) = match (&self.factor[..], sides, &self.mean[..]) {
            (&[f], [x], [m]) => (f * (x.middle - m).abs(), f * x.half),
            (&[a, c], [x, y], &[mx, my]) => length_in_plane([a, 0.0, c], [x, y], [mx, my]),
            (&[a, b, c], [x, y], &[mx, my]) => length_in_plane([a, b, c], [x, y], [mx, my]),
            // Anywhere.
            _ => return [f64::NEG_INFINITY, f64::INFINITY],
        };
        let (near, far) = (middle - half, middle + half);
        let near = if near > 0.0 { near } else { 0.0 };
        [far, near].map(|distance| self.constant - distance * distance)
    }

    /// constant - |F (x - mu)|^2 for D = 2.
    #[inline(never)]
    fn plane(&self, block: &Block<'_>, constant: f64, out: &mut Rows) {
        let &[a, b, c] = &self.factor[..] else { return };
        let &[mx, my] = &self.mean[..] else { return };
        let [a, b, c, mx, my, constant] = [a, b, c, mx, my, constant].map(Pair::splat);
        let (x, y) = (block.padded_column(0), block.padded_column(1));
        for (out, (x, y)) in pairs_mut(out).iter_mut().zip(pairs(x).iter().zip(pairs(y))) {
            let (dx, dy) = (Pair::load(x) - mx, Pair::load(y) - my);
            let (u, v) = (a * dx, b * dx + c * dy);
            (constant - (u * u + v * v)).store(out);
        }
    }

    /// constant - |F (x - mu)|^2 for a diagonal F.
    #[inline(never)]
    fn axes(&self, block: &Block<'_>, constant: f64, out: &mut Rows) {
        out.fill(constant);
        for (j, (f, mean)) in self.factor.iter().zip(&self.mean).enumerate() {
            subtract_squares(*f, *mean, block.padded_column(j), out);
        }
    }

    #[inline(never)]
    fn add_plane(&self, block: &Block<'_>, r: &Rows, total: &mut Sums) {
        let &[mx, my] = &self.mean[..] else { return };
        let (mx, my) = (Pair::splat(mx), Pair::splat(my));
        let mut sums = [Pair::splat(0.0); 6];
        let (x, y) = (block.padded_column(0), block.padded_column(1));
        for (r, (x, y)) in pairs(r).iter().zip(pairs(x).iter().zip(pairs(y))) {
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
            let [first, second] = moments(mean, r, block.padded_column(j));
            total.first[j] += first;
            total.second[j] += second;
        }
    }
}

/// |F (x - mu)| in the middle of a box, and the length of |F| times half its sides.
fn length_in_plane([a, b, c]: [f64; 3], [x, y]: [&Side; 2], [mx, my]: [f64; 2]) -> (f64, f64) {
    let length = |u: f64, v: f64| (u * u + v * v).sqrt();
    let (dx, dy) = (x.middle - mx, y.middle - my);
    (
        length(a * dx, b * dx + c * dy),
        length(a * x.half, b.abs() * x.half + c * y.half),
    )
}

#[inline(never)]
fn subtract_squares(f: f64, mean: f64, x: &Rows, out: &mut Rows) {
    let (f, mean) = (Pair::splat(f), Pair::splat(mean));
    for (q, x) in pairs_mut(out).iter_mut().zip(pairs(x)) {
        let z = f * (Pair::load(x) - mean);
        (Pair::load(q) - z * z).store(q);
    }
}

/// Sums of r (x - mean) and r (x - mean)^2.
#[inline(never)]
fn moments(mean: f64, r: &Rows, x: &Rows) -> [f64; 2] {
    let mean = Pair::splat(mean);
    let (mut first, mut second) = (Pair::splat(0.0), Pair::splat(0.0));
    for (r, x) in pairs(r).iter().zip(pairs(x)) {
        let dx = Pair::load(x) - mean;
        let rx = Pair::load(r) * dx;
        first = first + rx;
        second = second + rx * dx;
    }
    [first.sum(), second.sum()]
}

/// The sum of as many numbers as four pairs hold, or a multiple of it.
#[inline(never)]
pub(super) fn sum(rows: &[f64]) -> f64 {
    let mut sums = [Pair::splat(0.0); 4];
    for chunk in pairs(rows).as_chunks::<4>().0 {
        for (sum, pair) in sums.iter_mut().zip(chunk) {
            *sum = *sum + Pair::load(pair);
        }
    }
    ((sums[0] + sums[2]) + (sums[1] + sums[3])).sum()
}

/// F = s L^-1 for S = L L', the lower triangle row by row.
pub(super) fn inverse_factor(covariance: &Covariance, d: usize, s: f64) -> Vec<f64> {
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
