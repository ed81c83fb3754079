//! How well fits predict rows they have not seen.

use super::error::{StudyError, count};
use super::rows::{Fit, log_density};
use crate::data::Matrix;
use crate::fit::Random;

/// What cross-validation found.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// The mean log-density of each fold's rows under the fit to the other folds.
    pub folds: Vec<f64>,
    /// The mean over all N rows by their weights, each under the fit that has not seen it, in nats a row:
    /// higher is better.
    pub mean_log_density: f64,
    /// Its standard error, from the spread between rows. Differences between models on the
    /// same folds are usually better known than this, since they share the rows.
    pub standard_error: f64,
}

/// The rows of each of `folds` parts, at random by `seed` and in rising order; sizes differ by at most one.
fn parts(n: usize, folds: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..n).collect();
    // Fisher and Yates.
    for last in (1..n).rev() {
        order.swap(last, random.below(last + 1));
    }
    let mut fold_of = vec![0; n];
    for (place, &row) in order.iter().enumerate() {
        fold_of[row] = place % folds;
    }
    let mut parts = vec![Vec::with_capacity(n / folds + 1); folds];
    for (row, &fold) in fold_of.iter().enumerate() {
        parts[fold].push(row);
    }
    parts
}

/// Cross-validated log-likelihood (Smyth 2000): the rows are dealt into `folds` parts at
/// random by `seed`, and each part is judged by a fit to the others. `fit` sees the
/// training rows in the coordinates of `matrix`. With the same seed, models are compared on
/// the same folds.
///
/// # Errors
/// If there are fewer than 2 folds or more than rows, or a fit fails or has the wrong
/// number of columns.
pub fn cross_validate(
    matrix: &Matrix,
    folds: usize,
    seed: u64,
    fit: &mut Fit<'_>,
) -> Result<CrossValidation, StudyError> {
    let n = matrix.n_rows();
    count("folds", folds, 2, n)?;
    let weight = |row: usize| matrix.weights().map_or(1.0, |w| w[row]);
    let mut means = Vec::with_capacity(folds);
    let mut all = vec![0.0; n];
    for (index, part) in parts(n, folds, seed).iter().enumerate() {
        let mut held = part.iter().peekable();
        let rest: Vec<usize> = (0..n)
            .filter(|row| held.next_if_eq(&row).is_none())
            .collect();
        let (seen, unseen): (f64, f64) = (sum(&rest, weight), sum(part, weight));
        let no_fit = StudyError::Fit {
            what: "fold",
            index,
        };
        if seen <= 0.0 || unseen <= 0.0 {
            return Err(no_fit);
        }
        let mixture = fit(&matrix.subset(&rest)).ok_or(no_fit)?;
        let density = log_density(&matrix.subset(part), &mixture)?;
        for (&row, l) in part.iter().zip(density) {
            all[row] = l;
        }
        means.push(sum(part, |row| weight(row) * all[row]) / unseen);
    }
    let rows: Vec<usize> = (0..n).collect();
    let total = matrix.total_weight();
    let centre = sum(&rows, |row| weight(row) * all[row]) / total;
    // The spread of a weighted mean of independent rows; without weights s^2 / N, s by N - 1.
    let squares = sum(&rows, |row| {
        let off = weight(row) * (all[row] - centre);
        off * off
    });
    let rows = n as f64;
    Ok(CrossValidation {
        folds: means,
        mean_log_density: centre,
        standard_error: (squares * rows / (rows - 1.0)).sqrt() / total,
    })
}

fn sum(rows: &[usize], of: impl Fn(usize) -> f64) -> f64 {
    rows.iter().map(|&row| of(row)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Em, Floor, Plan, Settings, start};
    use crate::mixture::Mixture;
    use crate::study::sample_rows;

    fn fit_with(k: usize) -> impl FnMut(&Matrix) -> Option<Mixture> {
        move |rows| {
            let settings = Settings {
                n_components: k,
                ..Settings::default()
            };
            let plan = Plan::plain(Floor::relative(1e-3).added(rows));
            let mut em = Em::new(rows, start(rows, &settings).ok()?, &plan);
            for _ in 0..60 {
                em = em.iterate(rows, &plan).ok()?;
            }
            Some(em.mixture().clone())
        }
    }

    #[test]
    fn every_row_is_in_one_fold_and_folds_are_of_a_size() {
        for (n, folds) in [(10, 3), (7, 7), (100, 2)] {
            let parts = parts(n, folds, 4);
            let mut all = parts.concat();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert!(
                parts
                    .iter()
                    .all(|p| p.len() == n / folds || p.len() == n / folds + 1)
            );
        }
        assert_ne!(parts(100, 2, 1), parts(100, 2, 2));
    }

    #[test]
    fn rows_not_seen_choose_the_number_of_clusters_where_the_likelihood_would_take_more() {
        let truth = super::super::rows::tests::line(&[(0.4, 0.0, 1.0), (0.6, 8.0, 1.0)]);
        let x = &sample_rows(&truth, 200, 3).columns[0];
        let matrix = Matrix::from_columns(&[x]).unwrap();
        let of = |k| cross_validate(&matrix, 5, 1, &mut fit_with(k)).unwrap();
        let (one, two, many) = (of(1), of(2), of(12));
        assert!(two.mean_log_density > one.mean_log_density);
        assert!(two.mean_log_density > many.mean_log_density);
        assert_eq!(two.folds.len(), 5);
        let mean = two.folds.iter().sum::<f64>() / 5.0;
        assert!((mean - two.mean_log_density).abs() < 1e-12);
        assert_eq!(of(2), two);
    }

    #[test]
    fn folds_without_rows_and_fits_that_fail_are_named() {
        let matrix = Matrix::from_columns(&[&[1.0, 2.0, 4.0]]).unwrap();
        let with = |folds| cross_validate(&matrix, folds, 1, &mut |_| None).unwrap_err();
        assert!(
            with(1)
                .to_string()
                .contains("1 folds: choose a number from 2 to 3")
        );
        assert!(with(4).to_string().contains("4 folds"));
        assert!(with(3).to_string().contains("fold 1 failed"));
    }
}
