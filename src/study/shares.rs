//! What became of the components' shares.

use super::error::{StudyError, same};
use super::rows::{for_each_block, weight};
use crate::data::Matrix;
use crate::mixture::{Mixture, n_shares};

/// How the components share the rows of two data sets.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareChange {
    /// Mean responsibility of each component over the first rows, K numbers that sum to 1.
    pub before: Vec<f64>,
    /// The same over the second rows.
    pub after: Vec<f64>,
    /// Half the sum of |after - before|: the share of rows that moved, from 0 to 1.
    pub total_variation: f64,
}

/// The mean responsibility of each component over the rows, K numbers that sum to 1: at a
/// maximum of the likelihood, the weights. Rows count by their weights; a noise component
/// comes last. `mixture` is in the matrix's coordinates.
///
/// # Errors
/// If matrix and mixture differ in the number of columns.
pub fn shares(matrix: &Matrix, mixture: &Mixture) -> Result<Vec<f64>, StudyError> {
    let mut sums = vec![0.0; n_shares(mixture)];
    for_each_block(matrix, mixture, &mut |block, e| {
        for (k, sum) in sums.iter_mut().enumerate() {
            let rows = e.row(k)[..block.len()].iter().enumerate();
            *sum += rows.map(|(i, r)| weight(block, i) * r).sum::<f64>();
        }
    })?;
    let n = matrix.total_weight();
    Ok(sums.iter().map(|s| s / n).collect())
}

/// The change of [`shares`] from the rows of `before` to those of `after` while the mixture
/// stays as it is. `mixture` is in the coordinates of `before`; the other centre is allowed for.
///
/// # Errors
/// If the matrices and the mixture differ in the number of columns.
pub fn share_change(
    before: &Matrix,
    after: &Matrix,
    mixture: &Mixture,
) -> Result<ShareChange, StudyError> {
    same("columns", before.n_columns(), after.n_columns())?;
    let centres = before.centre().iter().zip(after.centre());
    let offset: Vec<f64> = centres.map(|(b, a)| b - a).collect();
    let first = shares(before, mixture)?;
    let second = shares(after, &mixture.translated(&offset))?;
    let moved: f64 = first.iter().zip(&second).map(|(b, a)| (a - b).abs()).sum();
    Ok(ShareChange {
        total_variation: 0.5 * moved,
        before: first,
        after: second,
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;
    use crate::study::column_drift;

    #[test]
    fn shares_follow_the_rows_and_not_the_centre() {
        let at = |near: u32, far: u32, shift: f64| {
            let x: Vec<f64> = (0..near)
                .map(|_| shift)
                .chain((0..far).map(|_| shift + 100.0))
                .collect();
            Matrix::from_columns(&[&x]).unwrap()
        };
        // At 1e6 the matrices are centred, each at its own mean.
        let (before, after) = (at(30, 10, 1e6), at(10, 30, 1e6));
        assert_ne!(before.centre(), after.centre());
        let centre = before.centre()[0];
        let mixture = line(&[(0.5, 1e6 - centre, 1.0), (0.5, 1e6 + 100.0 - centre, 1.0)]);
        let change = share_change(&before, &after, &mixture).unwrap();
        for (a, b) in [
            (change.before[0], 0.75),
            (change.after[0], 0.25),
            (change.total_variation, 0.5),
        ] {
            assert!((a - b).abs() < 1e-12, "{change:?}");
        }
        assert_eq!(
            column_drift(&before, &after).unwrap()[0].wasserstein_1,
            50.0
        );
    }
}
