//! Rows drawn from a mixture by seed.

use crate::fit::Random;
use crate::mixture::{Draws, Mixture, sample};

/// `n` rows drawn from `mixture` with the components they came from: the same seed gives
/// the same bits on every device (see [`sample`]).
pub fn sample_rows(mixture: &Mixture, n: usize, seed: u64) -> Draws {
    let mut random = Random::new(seed);
    sample(mixture, n, &mut || random.uniform())
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{line, plane};
    use super::*;

    #[test]
    fn moments_and_shares_of_the_draws_come_close_to_the_mixture() {
        let m = plane(&[
            (0.25, [1.0, -2.0], [2.0, 0.8, 1.0]),
            (0.0, [1e6, 1e6], [1.0, 0.0, 1.0]),
            (0.75, [10.0, 3.0], [0.5, -0.3, 4.0]),
        ]);
        let n = 40_000;
        let draws = sample_rows(&m, n, 11);
        for k in [0usize, 2] {
            let of = |j: usize| -> Vec<f64> {
                let rows = draws.columns[j].iter().zip(&draws.labels);
                rows.filter(|(_, l)| usize::from(**l) == k)
                    .map(|(x, _)| *x)
                    .collect()
            };
            let (x, y) = (of(0), of(1));
            let count = x.len() as f64;
            assert!((count / n as f64 - m.weights()[k]).abs() < 0.01);
            let mean = |v: &[f64]| v.iter().sum::<f64>() / count;
            let (mx, my) = (mean(&x), mean(&y));
            assert!((mx - m.means()[k][0]).abs() < 0.05 && (my - m.means()[k][1]).abs() < 0.05);
            let moment = |a: &[f64], ma: f64, b: &[f64], mb: f64| {
                a.iter()
                    .zip(b)
                    .map(|(a, b)| (a - ma) * (b - mb))
                    .sum::<f64>()
                    / count
            };
            let s = &m.covariances()[k];
            assert!((moment(&x, mx, &x, mx) - s.get(0, 0)).abs() < 0.1);
            assert!((moment(&x, mx, &y, my) - s.get(0, 1)).abs() < 0.1);
            assert!((moment(&y, my, &y, my) - s.get(1, 1)).abs() < 0.15);
        }
        assert!(draws.labels.iter().all(|&l| l != 1));
    }

    #[test]
    fn draws_are_normal_in_the_tails_too() {
        let mut x = sample_rows(&line(&[(1.0, 0.0, 1.0)]), 100_000, 5)
            .columns
            .remove(0);
        x.sort_by(f64::total_cmp);
        // Quantiles of the standard normal.
        for (p, z) in [
            (0.001, -3.0902),
            (0.1, -1.2816),
            (0.5, 0.0),
            (0.975, 1.9600),
            (0.999, 3.0902),
        ] {
            let at = x[(p * 100_000.0) as usize];
            assert!(
                (at - z).abs() < if z.abs() > 3.0 { 0.12 } else { 0.02 },
                "{p}: {at} {z}"
            );
        }
    }

    #[test]
    fn a_seed_names_the_same_rows_for_ever_and_fewer_rows_are_the_first_of_more() {
        let m = line(&[(0.5, 0.0, 1.0), (0.5, 4.0, 1.0)]);
        let many = sample_rows(&m, 100, 7);
        assert_eq!(many.columns[0][..10], sample_rows(&m, 10, 7).columns[0]);
        assert_ne!(many, sample_rows(&m, 100, 8));
        let sum = many.columns[0]
            .iter()
            .fold(0u64, |h, x| h.rotate_left(5) ^ x.to_bits());
        assert_eq!(sum, BITS_OF_SEED_7);
    }

    const BITS_OF_SEED_7: u64 = 7_077_387_861_029_467_548;
}
