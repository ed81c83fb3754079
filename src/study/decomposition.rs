//! The log-likelihood as a lower bound and a gap.

use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::{Evaluator, Mixture, n_shares};

/// What the log-likelihood of some parameters consists of, natural logarithms, in total.
///
/// For any responsibilities q, ln p(X | theta) = F(q, theta) + KL(q || p(Z | X, theta)) (Neal and
/// Hinton 1998; Bishop 2006, 9.70 to 9.72). The E-step makes q the posterior and so closes the
/// gap; the M-step raises F with q as it is, and opens the gap again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decomposition {
    /// F = E_q[ln p(X, Z | theta)] + H(q).
    pub bound: f64,
    /// KL(q || p(Z | X, theta)), 0 or more.
    pub gap: f64,
}

/// Decomposes the log-likelihood of the rows under `mixture`, q being the responsibilities under
/// `before`: mixtures of as many components in the matrix's coordinates, whose rows are
/// independent. One pass over the rows, block by block; `None` where the log-likelihood is not that of
/// the components and nothing else: of a posterior or a hidden Markov model.
///
/// A component without weight takes no part: what q leaves to it is within rounding.
pub fn decompose(matrix: &Matrix, before: &Mixture, mixture: &Mixture) -> Option<Decomposition> {
    let plain = |m: &Mixture| m.posterior().is_none() && m.chain().is_none();
    let shares = n_shares(mixture);
    if !plain(mixture) || !plain(before) || n_shares(before) != shares {
        return None;
    }
    let mut old = Logs::new(before);
    let mut new = Logs::new(mixture);
    let mut sum = Decomposition {
        bound: 0.0,
        gap: 0.0,
    };
    for block in matrix.blocks() {
        old.take(&block);
        new.take(&block);
        // A block's own sums first: ten million terms lose nothing to the sum before them.
        let [mut bound, mut gap] = [0.0; 2];
        for i in 0..block.len() {
            let weight = block.weights().map_or(1.0, |w| w[i]);
            for k in 0..shares {
                let [q, log_q, _] = old.at(k, i);
                let [r, log_r, joint] = new.at(k, i);
                if joint == f64::NEG_INFINITY {
                    continue;
                }
                if q > 0.0 {
                    bound += weight * q * (joint - log_q);
                }
                // Summed over k the last two are nothing; with them no term is below 0.
                let term = if q > 0.0 { q * (log_q - log_r) } else { 0.0 } - q + r;
                if term > 0.0 {
                    gap += weight * term;
                }
            }
        }
        sum.bound += bound;
        sum.gap += gap;
    }
    Some(sum)
}

/// Responsibilities of one block and their logarithms.
struct Logs<'a> {
    evaluator: Evaluator<'a>,
    /// ln w_k + ln f_k(x), shares x BLOCK_ROWS.
    joint: Vec<f64>,
    shares: usize,
}

impl<'a> Logs<'a> {
    fn new(mixture: &'a Mixture) -> Logs<'a> {
        Logs {
            evaluator: Evaluator::new(mixture),
            joint: Vec::new(),
            shares: n_shares(mixture),
        }
    }

    fn take(&mut self, block: &Block<'_>) {
        self.evaluator.emissions(block);
        self.joint.clear();
        for k in 0..self.shares {
            self.joint.extend_from_slice(self.evaluator.row(k));
        }
        self.evaluator.responsibilities(block);
    }

    /// r, ln r and ln (w f) of component `k` in row `i` of the block. The logarithm of r is a
    /// difference, so that it is there where r itself is too small for a number.
    fn at(&self, k: usize, i: usize) -> [f64; 3] {
        let joint = self.joint[k * BLOCK_ROWS + i];
        let log_r = joint - self.evaluator.log_density()[i];
        [self.evaluator.row(k)[i], log_r, joint]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Algorithm, Em, Floor, InitMethod, Model, Plan, Settings, start};
    use crate::mixture::CovarianceType;
    use proptest::prelude::*;

    fn rows(n: usize, seed: u64) -> Matrix {
        let mut state = seed.wrapping_mul(2).wrapping_add(1);
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let x: Vec<f64> = (0..n).map(|i| uniform() + 1.5 * (i % 3) as f64).collect();
        let y: Vec<f64> = (0..n).map(|i| uniform() - (i % 2) as f64).collect();
        Matrix::from_columns(&[&x, &y]).unwrap()
    }

    fn settings(family: CovarianceType, model: Model, seed: u64) -> Settings {
        Settings {
            n_components: 3,
            covariance_type: family,
            model,
            algorithm: Algorithm::Em,
            init: InitMethod::RandomPoints,
            seed,
            floor: Floor::NONE,
            ..Settings::default()
        }
    }

    /// By the definitions, with densities written out: means, deviations along the columns.
    fn directly(matrix: &Matrix, before: &Mixture, now: &Mixture) -> Decomposition {
        let joint = |m: &Mixture, row: &[f64], k: usize| {
            let exponent: f64 = (0..2)
                .map(|j| {
                    let variance = m.covariances()[k].get(j, j);
                    let d = row[j] - m.means()[k][j];
                    -0.5 * (d * d / variance + (2.0 * std::f64::consts::PI * variance).ln())
                })
                .sum();
            m.weights()[k] * exponent.exp()
        };
        let mut sum = Decomposition {
            bound: 0.0,
            gap: 0.0,
        };
        for i in 0..matrix.n_rows() {
            let row = matrix.row(i);
            let all = |m: &Mixture| (0..3).map(|k| joint(m, &row, k)).collect::<Vec<_>>();
            let (a, b) = (all(before), all(now));
            let (p, l): (f64, f64) = (a.iter().sum(), b.iter().sum());
            for k in 0..3 {
                let (q, r) = (a[k] / p, b[k] / l);
                if q > 0.0 {
                    sum.bound += q * b[k].ln() - q * q.ln();
                    sum.gap += q * (q / r).ln();
                }
            }
        }
        sum
    }

    #[test]
    fn it_agrees_with_the_definitions_written_out() {
        let matrix = rows(700, 5);
        let settings = settings(CovarianceType::Diagonal, Model::Gaussian, 2);
        let plan = Plan::new(&settings, &matrix);
        let first = Em::new(&matrix, start(&matrix, &settings).unwrap(), &plan);
        let second = first.iterate(&matrix, &plan).unwrap();
        let ours = decompose(&matrix, first.mixture(), second.mixture()).unwrap();
        let theirs = directly(&matrix, first.mixture(), second.mixture());
        assert!((ours.bound - theirs.bound).abs() < 1e-9 * theirs.bound.abs());
        assert!(
            (ours.gap - theirs.gap).abs() < 1e-9 * theirs.gap,
            "{ours:?} {theirs:?}"
        );
        assert!(ours.gap > 0.1);
    }

    #[test]
    fn after_an_e_step_there_is_no_gap_at_all() {
        let matrix = rows(500, 1);
        let settings = settings(CovarianceType::Full, Model::Gaussian, 1);
        let mixture = start(&matrix, &settings).unwrap();
        assert_eq!(decompose(&matrix, &mixture, &mixture).unwrap().gap, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn bound_and_gap_make_the_log_likelihood_and_em_never_lowers_the_bound(
            seed in 0u64..1000,
            n in 30usize..900,
            full in any::<bool>(),
            model in prop_oneof![Just(Model::Gaussian), Just(Model::Noise), Just(Model::Student)],
        ) {
            let matrix = rows(n, seed);
            let family = if full { CovarianceType::Full } else { CovarianceType::Tied };
            let settings = settings(family, model, seed);
            let plan = Plan::new(&settings, &matrix);
            let mut em = Em::new(&matrix, start(&matrix, &settings).unwrap(), &plan);
            for _ in 0..12 {
                let Ok(next) = em.iterate(&matrix, &plan) else { break };
                let Some(d) = decompose(&matrix, em.mixture(), next.mixture()) else {
                    prop_assert!(false, "it is a plain mixture");
                    break;
                };
                let whole = next.log_likelihood();
                prop_assert!((d.bound + d.gap - whole).abs() <= 1e-12 * whole.abs().max(n as f64), "{d:?} {whole}");
                prop_assert!(d.gap >= 0.0);
                // The bound after the E-step before was the log-likelihood.
                prop_assert!(d.bound >= em.log_likelihood() - 1e-9 * n as f64, "{d:?} {}", em.log_likelihood());
                em = next;
            }
        }
    }
}
