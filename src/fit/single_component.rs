//! One component in the pass in single precision: how it looks from a block, the exponents of
//! the block's rows, and their sums.

use super::kernel::inverse_factor;
use super::quad::{QUAD, Quad};
use super::sums::Sums;
use crate::data::{SINGLE_ROWS, SingleBlock};
use crate::mixture::elementary::ln;
use crate::mixture::{Covariance, LN_2_PI};

pub(super) type Rows = [f32; SINGLE_ROWS];

/// One component, and how it looks from a block.
pub(super) struct Component {
    /// log2 of the weighted peak.
    pub(super) constant: f64,
    mean: Vec<f64>,
    /// The diagonal of F times the columns' scales, or its lower triangle if D is 2.
    factor: Vec<f64>,
    /// The mean in the block's coordinates.
    near: Vec<f32>,
    /// No row of the block has a log2 density above the first, none has one below the second.
    pub(super) bounds: [f64; 2],
}

impl Component {
    pub(super) fn new(
        covariance: &Covariance,
        mean: &[f64],
        weight: f64,
        scale: &[f64],
    ) -> Component {
        let d = mean.len();
        let half = (0.5 * std::f64::consts::LOG2_E).sqrt();
        let factor = match d {
            2 => inverse_factor(covariance, d, half)
                .into_iter()
                .zip([scale[0], scale[0], scale[1]])
                .map(|(f, scale)| f * scale)
                .collect(),
            _ => (0..d)
                .map(|j| half / covariance.pivot(j) * scale[j])
                .collect(),
        };
        let peak = ln(weight) - 0.5 * (d as f64 * LN_2_PI + covariance.log_determinant());
        Component {
            constant: peak * std::f64::consts::LOG2_E,
            mean: mean.to_vec(),
            factor,
            near: vec![0.0; d],
            bounds: [0.0; 2],
        }
    }

    /// The mean in the block's coordinates.
    #[inline(always)]
    fn seen(&self, block: &SingleBlock<'_>, scale: &[f64], j: usize) -> f64 {
        (self.mean[j] - block.centre[j]) / scale[j]
    }

    /// Looks at the component from a block.
    #[inline(never)]
    pub(super) fn approach(&mut self, block: &SingleBlock<'_>, scale: &[f64]) {
        // Of the row of F that follows: what is the same for all of the box, and what differs.
        let mut turned = [0.0; 2];
        let (mut nearest, mut farthest) = (0.0, 0.0);
        let plane = scale.len() == 2;
        for (j, &[middle, half]) in block.bounds.iter().enumerate() {
            let mean = self.seen(block, scale, j);
            self.near[j] = mean as f32;
            let (off, half) = (f64::from(middle) - mean, f64::from(half));
            let f = self.factor[if plane { 2 * j } else { j }];
            let (z, width) = ((turned[0] + f * off).abs(), turned[1] + f.abs() * half);
            let near = if z > width { z - width } else { 0.0 };
            nearest += near * near;
            farthest += (z + width) * (z + width);
            if plane {
                turned = [self.factor[1] * off, self.factor[1].abs() * half];
            }
        }
        self.bounds = [self.constant - nearest, self.constant - farthest];
    }

    /// constant - |F (x - mu)|^2 for D = 2.
    #[inline(never)]
    pub(super) fn plane(&self, block: &SingleBlock<'_>, constant: f32, out: &mut Rows) {
        let &[a, b, c] = &self.factor[..] else { return };
        let &[mx, my] = &self.near[..] else { return };
        let [x, y] = block.columns else { return };
        let [a, b, c] = [a, b, c].map(|f| Quad::splat(f as f32));
        let [mx, my, constant] = [mx, my, constant].map(Quad::splat);
        for (out, (x, y)) in quads_mut(out).iter_mut().zip(quads(x).iter().zip(quads(y))) {
            let (dx, dy) = (Quad::load(x) - mx, Quad::load(y) - my);
            let (u, v) = (a * dx, b * dx + c * dy);
            (constant - (u * u + v * v)).store(out);
        }
    }

    /// constant - |F (x - mu)|^2 for a diagonal F.
    #[inline(never)]
    pub(super) fn axes(&self, block: &SingleBlock<'_>, constant: f32, out: &mut Rows) {
        out.fill(constant);
        for ((f, mean), x) in self.factor.iter().zip(&self.near).zip(block.columns) {
            subtract_squares(*f as f32, *mean, x, out);
        }
    }

    #[inline(never)]
    pub(super) fn add_plane(
        &self,
        block: &SingleBlock<'_>,
        e: &Rows,
        shares: &Rows,
        scale: &[f64],
        total: &mut Sums,
    ) {
        let &[mx, my] = &self.near[..] else { return };
        let [x, y] = block.columns else { return };
        let [mx, my] = [mx, my].map(Quad::splat);
        let mut sums = [Quad::splat(0.0); 6];
        let rows = quads(x).iter().zip(quads(y));
        for ((e, share), (x, y)) in quads(e).iter().zip(quads(shares)).zip(rows) {
            let r = Quad::load(e) * Quad::load(share);
            let (dx, dy) = (Quad::load(x) - mx, Quad::load(y) - my);
            let (rx, ry) = (r * dx, r * dy);
            let terms = [r, rx, ry, rx * dx, ry * dx, ry * dy];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = *sum + term;
            }
        }
        let [n, x, y, xx, xy, yy] = sums.map(Quad::sum);
        // The sums are about the mean as the block has it, rounded.
        let off = |j: usize| f64::from(self.near[j]) - self.seen(block, scale, j);
        let (p, q, sx, sy) = (off(0), off(1), scale[0], scale[1]);
        total.count += n;
        total.first[0] += (x + n * p) * sx;
        total.first[1] += (y + n * q) * sy;
        let xx = (xx + p * (2.0 * x + n * p)) * sx * sx;
        let xy = (xy + p * y + q * (x + n * p)) * sx * sy;
        let yy = (yy + q * (2.0 * y + n * q)) * sy * sy;
        match &mut total.second[..] {
            [a, b, c] => (*a, *b, *c) = (*a + xx, *b + xy, *c + yy),
            [a, c] => (*a, *c) = (*a + xx, *c + yy),
            _ => {}
        }
    }

    #[inline(never)]
    pub(super) fn add_axes(
        &self,
        block: &SingleBlock<'_>,
        e: &mut Rows,
        shares: &Rows,
        scale: &[f64],
        total: &mut Sums,
    ) {
        let n = count(e, shares);
        total.count += n;
        for (j, (x, &scale_j)) in block.columns.iter().zip(scale).enumerate() {
            let [first, second] = moments(self.near[j], e, x);
            let off = f64::from(self.near[j]) - self.seen(block, scale, j);
            total.first[j] += (first + n * off) * scale_j;
            total.second[j] += (second + off * (2.0 * first + n * off)) * scale_j * scale_j;
        }
    }
}

/// Makes responsibilities of powers; their sum.
#[inline(never)]
fn count(e: &mut Rows, shares: &Rows) -> f64 {
    let mut sum = Quad::splat(0.0);
    for (e, share) in quads_mut(e).iter_mut().zip(quads(shares)) {
        let r = Quad::load(e) * Quad::load(share);
        r.store(e);
        sum = sum + r;
    }
    sum.sum()
}

#[inline(never)]
fn subtract_squares(f: f32, mean: f32, x: &Rows, out: &mut Rows) {
    let (f, mean) = (Quad::splat(f), Quad::splat(mean));
    for (q, x) in quads_mut(out).iter_mut().zip(quads(x)) {
        let z = f * (Quad::load(x) - mean);
        (Quad::load(q) - z * z).store(q);
    }
}

/// Sums of r (x - mean) and r (x - mean)^2.
#[inline(never)]
fn moments(mean: f32, r: &Rows, x: &Rows) -> [f64; 2] {
    let mean = Quad::splat(mean);
    let (mut first, mut second) = (Quad::splat(0.0), Quad::splat(0.0));
    for (r, x) in quads(r).iter().zip(quads(x)) {
        let dx = Quad::load(x) - mean;
        let rx = Quad::load(r) * dx;
        first = first + rx;
        second = second + rx * dx;
    }
    [first.sum(), second.sum()]
}

pub(super) fn quads(rows: &Rows) -> &[[f32; QUAD]] {
    rows.as_chunks().0
}

pub(super) fn quads_mut(rows: &mut Rows) -> &mut [[f32; QUAD]] {
    rows.as_chunks_mut().0
}
