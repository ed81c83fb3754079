//! What missing entries may have been: conditional means and draws under a fitted mixture
//! (Ghahramani and Jordan 1994).

use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::fit::Random;
use crate::mixture::{Evaluator, Mixture, Normals};

/// A missing entry and what the others of its row say about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imputed {
    /// The row, from 0.
    pub row: usize,
    /// The column, from 0.
    pub column: usize,
    /// The mean of x given what is known of the row, in the data's units.
    pub mean: f64,
    /// Standard deviation of x given what is known of the row.
    pub deviation: f64,
}

/// Conditional mean and standard deviation of every missing entry, row by row:
/// m = sum r_k m_k and s^2 = sum r_k (c_k + (m_k - m)^2), with r_k the responsibilities
/// given what is known of the row, and m_k and c_k the mean and variance under component k
/// given the same. `mixture` is in the matrix's coordinates.
pub fn impute(matrix: &Matrix, mixture: &Mixture) -> Vec<Imputed> {
    let (k, d) = (mixture.n_components(), mixture.dimension());
    let mut evaluator = Evaluator::new(mixture);
    let mut found = Vec::new();
    for block in matrix.blocks().filter(Block::has_holes) {
        evaluator.responsibilities(&block);
        let len = block.len();
        // Of each entry: sum r m, and sum r (c + m^2) about the first component's m.
        let mut about = vec![0.0; d * len];
        let (mut first, mut second) = (about.clone(), about.clone());
        let mut values = Vec::new();
        for c in 0..k {
            evaluator.complete(&block, c, &mut values);
            let r = evaluator.row(c)[..len].to_vec();
            evaluator.each_pattern(c, |rows, marginal| {
                for (a, &j) in marginal.missing().iter().enumerate() {
                    let variance = marginal.conditional(a, a);
                    for &i in rows {
                        let (at, mean) = (j * len + i, values[j * BLOCK_ROWS + i]);
                        if c == 0 {
                            about[at] = mean;
                        }
                        let off = mean - about[at];
                        first[at] += r[i] * off;
                        second[at] += r[i] * (variance + off * off);
                    }
                }
            });
        }
        for i in 0..len {
            for j in (0..d).filter(|&j| block.column(j)[i].is_nan()) {
                let at = j * len + i;
                found.push(Imputed {
                    row: block.first_row() + i,
                    column: j,
                    mean: about[at] + first[at] + matrix.centre()[j],
                    deviation: (second[at] - first[at] * first[at]).max(0.0).sqrt(),
                });
            }
        }
    }
    found
}

/// `n` draws of a row's missing entries from their distribution given what is known of it: n
/// whole rows of D numbers in the data's units. The same seed and row give the same draws.
/// Nothing if there is no such row.
pub fn draws(matrix: &Matrix, mixture: &Mixture, row: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    if row >= matrix.n_rows() {
        return Vec::new();
    }
    let one = matrix.subset(&[row]);
    let mut random = Random::new(seed ^ (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let known: Vec<f64> = one
        .row(0)
        .iter()
        .zip(one.centre())
        .map(|(x, c)| x + c)
        .collect();
    let mut drawn = vec![known; n];
    let mut evaluator = Evaluator::new(mixture);
    for block in one.blocks() {
        evaluator.responsibilities(&block);
        let r: Vec<f64> = (0..mixture.n_components())
            .map(|c| evaluator.row(c)[0])
            .collect();
        // Which component each draw is from, then one component after another.
        let from: Vec<usize> = (0..n).map(|_| random.weighted(&r).unwrap_or(0)).collect();
        let (mut values, mut normals) = (Vec::new(), Normals::default());
        for c in 0..mixture.n_components() {
            evaluator.complete(&block, c, &mut values);
            evaluator.each_pattern(c, |_, marginal| {
                for (row, _) in drawn.iter_mut().zip(&from).filter(|(_, from)| **from == c) {
                    let z: Vec<f64> = marginal
                        .missing()
                        .iter()
                        .map(|_| normals.next(&mut || random.uniform()))
                        .collect();
                    for (a, &j) in marginal.missing().iter().enumerate() {
                        let spread = marginal.spread(a).iter().zip(&z).map(|(s, z)| s * z);
                        let mean = values[j * BLOCK_ROWS] + one.centre()[j];
                        row[j] = mean + spread.sum::<f64>();
                    }
                }
            });
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::mixture::{Covariance, CovarianceType};

    const NAN: f64 = f64::NAN;

    /// Two components at (0, 0) and (10, 20), and rows that miss one entry, none, all.
    fn two() -> (Matrix, Mixture) {
        let x = [0.5, NAN, 9.0, NAN, 11.0];
        let y = [NAN, 20.0, 19.0, NAN, 21.0];
        let matrix = Matrix::with_holes(&[&x, &y]).unwrap();
        let covariance = |c| Rc::new(Covariance::dense(2, vec![1.0, c, c, 1.0]).unwrap());
        let mixture = Mixture::new(
            CovarianceType::Full,
            vec![0.25, 0.75],
            vec![vec![0.0, 0.0], vec![10.0, 20.0]],
            vec![covariance(0.6), covariance(-0.8)],
        );
        let centre: Vec<f64> = matrix.centre().iter().map(|c| -c).collect();
        (matrix, mixture.unwrap().translated(&centre))
    }

    #[test]
    fn a_missing_entry_is_its_regression_on_the_others() {
        let (matrix, mixture) = two();
        let found = impute(&matrix, &mixture);
        let places: Vec<_> = found.iter().map(|f| (f.row, f.column)).collect();
        assert_eq!(places, [(0, 1), (1, 0), (3, 0), (3, 1)]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(found[0].mean, 0.3);
        close(found[0].deviation, 0.8);
        close(found[1].mean, 10.0);
        close(found[1].deviation, 0.6);
        // Nothing known: the mixture's own mean and variance.
        close(found[2].mean, 7.5);
        close(found[2].deviation, (1.0 + 0.1875 * 100.0f64).sqrt());
        close(found[3].mean, 15.0);
    }

    #[test]
    fn draws_have_the_conditional_distribution_and_keep_what_is_known() {
        let (matrix, mixture) = two();
        let n = 20_000;
        for found in impute(&matrix, &mixture) {
            let rows = draws(&matrix, &mixture, found.row, n, 3);
            let x: Vec<f64> = rows.iter().map(|r| r[found.column]).collect();
            let mean = x.iter().sum::<f64>() / n as f64;
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
            assert!((mean - found.mean).abs() < 4.0 * found.deviation / (n as f64).sqrt());
            assert!((variance.sqrt() / found.deviation - 1.0).abs() < 0.03);
            assert_eq!(rows, draws(&matrix, &mixture, found.row, n, 3));
            assert_ne!(rows, draws(&matrix, &mixture, found.row, n, 4));
        }
        assert!(
            draws(&matrix, &mixture, 0, 9, 1)
                .iter()
                .all(|r| r[0] == 0.5)
        );
        assert_eq!(draws(&matrix, &mixture, 2, 2, 1), [[9.0, 19.0]; 2]);
        assert!(draws(&matrix, &mixture, 5, 2, 1).is_empty());
    }

    #[test]
    fn draws_keep_the_covariance_of_entries_that_are_missing_together() {
        let (matrix, mixture) = two();
        let rows = draws(&matrix, &mixture, 3, 40_000, 8);
        let near: Vec<_> = rows.iter().filter(|r| r[0] > 5.0).collect();
        let n = near.len() as f64;
        assert!((n / 40_000.0 - 0.75).abs() < 0.01);
        let product: f64 = near.iter().map(|r| (r[0] - 10.0) * (r[1] - 20.0)).sum();
        assert!((product / n + 0.8).abs() < 0.03);
    }
}
