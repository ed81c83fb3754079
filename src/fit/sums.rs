//! What an M-step needs of the data: sums weighted by responsibilities.

use serde::{Deserialize, Serialize};

use crate::data::{BLOCK_ROWS, Block};
use crate::mixture::elementary::ln;

/// Independent partial sums, so that additions need not wait for one another.
const LANES: usize = 8;

/// Responsibility-weighted sums of one component about a given centre c:
/// what an M-step needs of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// n_k = sum of r.
    pub count: f64,
    /// Sum of r (x - c), D numbers; of r u (x - c) for t components.
    pub first: Vec<f64>,
    /// Sum of r (x - c)(x - c)^T: the lower triangle row by row if the family is
    /// dense, else its diagonal; of r u (x - c)(x - c)^T for t components.
    pub second: Vec<f64>,
    /// Sum of r u for t components, else 0.
    pub mass: f64,
    /// Sum of r (ln u - u) for t components, else 0.
    pub tail: f64,
}

impl Sums {
    /// No rows yet.
    pub fn zero(d: usize, dense: bool) -> Sums {
        Sums {
            count: 0.0,
            first: vec![0.0; d],
            second: vec![0.0; if dense { d * (d + 1) / 2 } else { d }],
            mass: 0.0,
            tail: 0.0,
        }
    }

    /// Adds the rows of `block` with responsibilities `r`, about `centre`.
    /// `offsets` is scratch of D x block length.
    pub fn add(&mut self, block: &Block<'_>, r: &[f64], centre: &[f64], offsets: &mut Vec<f64>) {
        self.count += sum(&r[..block.len()]);
        self.add_moments(block, r, centre, offsets);
    }

    /// As [`Self::add`] for a t component, whose rows count r u with precisions `u`.
    pub fn add_robust(
        &mut self,
        block: &Block<'_>,
        r: &[f64],
        u: &[f64],
        centre: &[f64],
        offsets: &mut Vec<f64>,
    ) {
        let (mut mass, mut tail) = ([0.0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        for (((mass, tail), r), u) in mass.iter_mut().zip(&mut tail).zip(r).zip(u) {
            *mass = r * u;
            *tail = r * (ln(*u) - u);
        }
        let len = block.len();
        self.count += sum(&r[..len]);
        self.mass += sum(&mass[..len]);
        self.tail += sum(&tail[..len]);
        self.add_moments(block, &mass, centre, offsets);
    }

    fn add_moments(
        &mut self,
        block: &Block<'_>,
        r: &[f64],
        centre: &[f64],
        offsets: &mut Vec<f64>,
    ) {
        let d = self.first.len();
        let len = block.len();
        offsets.resize(d * len, 0.0);
        let dense = self.second.len() != d || d == 1;
        let mut weighted = [0.0; BLOCK_ROWS];
        let mut entry = 0;
        for (j, &c) in centre.iter().enumerate() {
            let (before, rest) = offsets.split_at_mut(j * len);
            let offset = &mut rest[..len];
            for (o, x) in offset.iter_mut().zip(block.column(j)) {
                *o = x - c;
            }
            for ((w, o), r) in weighted.iter_mut().zip(offset.iter()).zip(r) {
                *w = r * o;
            }
            let weighted = &weighted[..len];
            self.first[j] += sum(weighted);
            if dense {
                for l in 0..j {
                    self.second[entry] += dot(weighted, &before[l * len..(l + 1) * len]);
                    entry += 1;
                }
            }
            self.second[entry] += dot(weighted, offset);
            entry += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Sums) {
        self.count += other.count;
        self.mass += other.mass;
        self.tail += other.tail;
        add_all(&mut self.first, &other.first);
        add_all(&mut self.second, &other.second);
    }
}

fn add_all(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
}

/// The sum of numbers, in lanes.
pub(super) fn sum(a: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = a.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += v;
        }
    }
    fold(lanes) + rest
}

/// The scalar product of as many numbers as the shorter has, in lanes.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (ca, cb) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = ca
        .remainder()
        .iter()
        .zip(cb.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in ca.zip(cb) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    fold(lanes) + rest
}

fn fold(l: [f64; LANES]) -> f64 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Matrix;

    #[test]
    fn sums_about_a_centre_are_those_of_the_definition() {
        let x: Vec<f64> = (0..700).map(|i| f64::from(i % 37) * 0.5).collect();
        let y: Vec<f64> = (0..700).map(|i| f64::from(i % 11) - 3.0).collect();
        let matrix = Matrix::uncentred(&[&x, &y]).unwrap();
        let r: Vec<f64> = (0..700).map(|i| f64::from(i % 5) / 5.0).collect();
        let c = [2.0, -1.0];
        let mut sums = Sums::zero(2, true);
        for block in matrix.blocks() {
            let first = block.first_row();
            sums.add(&block, &r[first..first + block.len()], &c, &mut Vec::new());
        }
        let direct = |f: &dyn Fn(usize) -> f64| (0..700).map(|i| r[i] * f(i)).sum::<f64>();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}");
        close(sums.count, direct(&|_| 1.0));
        close(sums.first[1], direct(&|i| y[i] - c[1]));
        close(sums.second[0], direct(&|i| (x[i] - c[0]).powi(2)));
        close(sums.second[1], direct(&|i| (x[i] - c[0]) * (y[i] - c[1])));
        close(sums.second[2], direct(&|i| (y[i] - c[1]).powi(2)));
    }
}
