//! What an E-step does with the responsibilities of a block before they are summed.

use super::random::Random;
use crate::data::{BLOCK_ROWS, Block};
use crate::mixture::elementary::{exp, ln};

/// How rows are shared out among the components.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Assign {
    /// By their responsibilities r_ik (Dempster, Laird and Rubin 1977).
    #[default]
    Soft,
    /// Wholly to the strongest component, the first on ties (Celeux and Govaert 1992).
    Hard,
    /// To components drawn with probabilities r_ik: one draw a row is stochastic EM (Celeux
    /// and Diebolt 1985), the average of several Monte Carlo EM (Wei and Tanner 1990). The
    /// numbers of a block depend on nothing but seed, iteration and block.
    Drawn {
        /// Seed of the fit.
        seed: u64,
        /// The iteration.
        t: usize,
        /// Draws a row.
        draws: usize,
    },
    /// By r_ik^beta / sum_j r_ij^beta, beta the inverse temperature (Ueda and Nakano 1998).
    Tempered(f64),
}

impl Assign {
    /// Replaces the responsibilities in `table`, one row of [`BLOCK_ROWS`] numbers a
    /// component. Each row of the block keeps the sum 1.
    ///
    /// Returns what the classification log-likelihood sum ln w_z N(x; mu_z, S_z) has beside
    /// the log-likelihood: the weighted sum of ln r_iz, or 0 unless rows are assigned hard.
    pub(super) fn apply(self, table: &mut [f64], block: &Block<'_>) -> f64 {
        match self {
            Assign::Soft => 0.0,
            Assign::Hard => harden(table, block),
            Assign::Drawn { seed, t, draws } => {
                let mut random = Random::at(seed, t as u64, block.first_row() as u64);
                draw(table, block.len(), draws, &mut random);
                0.0
            }
            Assign::Tempered(beta) => {
                temper(table, block.len(), beta);
                0.0
            }
        }
    }
}

/// The entries of row `i` of a block, one a component.
fn row(table: &mut [f64], i: usize) -> impl Iterator<Item = &mut f64> {
    table.iter_mut().skip(i).step_by(BLOCK_ROWS)
}

fn harden(table: &mut [f64], block: &Block<'_>) -> f64 {
    let mut beside = 0.0;
    for i in 0..block.len() {
        let (mut z, mut highest) = (0, 0.0);
        for (k, r) in row(table, i).enumerate() {
            if *r > highest {
                (z, highest) = (k, *r);
            }
        }
        for (k, r) in row(table, i).enumerate() {
            *r = if k == z { 1.0 } else { 0.0 };
        }
        beside += block.weights().map_or(1.0, |w| w[i]) * ln(highest);
    }
    beside
}

fn draw(table: &mut [f64], len: usize, draws: usize, random: &mut Random) {
    let mut r = Vec::new();
    for i in 0..len {
        r.clear();
        r.extend(row(table, i).map(std::mem::take));
        for _ in 0..draws {
            // The probabilities sum to 1, so some component is drawn.
            let z = random.weighted(&r).unwrap_or(0);
            table[z * BLOCK_ROWS + i] += 1.0;
        }
        for v in row(table, i) {
            *v /= draws as f64;
        }
    }
}

fn temper(table: &mut [f64], len: usize, beta: f64) {
    let mut sum = [0.0; BLOCK_ROWS];
    for row in table.chunks_exact_mut(BLOCK_ROWS) {
        for (v, s) in row[..len].iter_mut().zip(&mut sum) {
            *v = exp(beta * ln(*v));
            *s += *v;
        }
    }
    for row in table.chunks_exact_mut(BLOCK_ROWS) {
        for (v, s) in row[..len].iter_mut().zip(&sum) {
            *v /= s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Matrix;

    /// Two rows over three components.
    fn applied(assign: Assign, r: [[f64; 3]; 2], weights: [f64; 2]) -> ([[f64; 3]; 2], f64) {
        let matrix = Matrix::uncentred(&[&[0.0, 1.0]]).unwrap();
        let matrix = matrix.with_weights(weights.into()).unwrap();
        let block = matrix.blocks().next().unwrap();
        let mut table = vec![0.0; 3 * BLOCK_ROWS];
        for (i, r) in r.iter().enumerate() {
            for (v, r) in row(&mut table, i).zip(r) {
                *v = *r;
            }
        }
        let beside = assign.apply(&mut table, &block);
        let got = |i: usize| [0, 1, 2].map(|k| table[k * BLOCK_ROWS + i]);
        ([got(0), got(1)], beside)
    }

    const R: [[f64; 3]; 2] = [[0.2, 0.5, 0.3], [0.5, 0.0, 0.5]];

    #[test]
    fn hard_assignment_takes_the_strongest_and_the_first_on_ties() {
        let (got, beside) = applied(Assign::Hard, R, [2.0, 1.0]);
        assert_eq!(got, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        assert!((beside - 3.0 * 0.5f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn tempering_is_the_power_renormalised_and_keeps_certainty() {
        let (got, _) = applied(Assign::Tempered(0.5), [R[0], [0.0, 1.0, 0.0]], [1.0; 2]);
        let roots = R[0].map(f64::sqrt);
        let sum: f64 = roots.iter().sum();
        for (g, r) in got[0].iter().zip(roots) {
            assert!((g - r / sum).abs() < 1e-15);
        }
        assert_eq!(got[1], [0.0, 1.0, 0.0]);
    }

    #[test]
    fn draws_average_to_the_responsibilities_and_one_draw_is_one_component() {
        let drawn = |draws, t| {
            let seed = 7;
            applied(Assign::Drawn { seed, t, draws }, R, [1.0; 2]).0
        };
        for t in 0..20 {
            for r in drawn(1, t) {
                assert_eq!(r.iter().filter(|v| **v == 1.0).count(), 1);
                assert_eq!(r.iter().sum::<f64>(), 1.0);
            }
        }
        for (got, r) in drawn(20_000, 3).iter().zip(R) {
            for (g, r) in got.iter().zip(r) {
                assert!((g - r).abs() < 0.02 && (r > 0.0 || *g == 0.0));
            }
        }
        assert_eq!(drawn(5, 1), drawn(5, 1));
        assert_ne!(drawn(50, 1), drawn(50, 2));
    }
}
