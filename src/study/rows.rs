//! Rows of a matrix under a mixture: what the other files of this room share.

use super::error::{StudyError, same};
use crate::data::{Block, Matrix};
use crate::mixture::{Evaluator, Mixture};

/// Fits a mixture to the rows it is given, in their coordinates; `None` if that fails.
pub type Fit<'a> = dyn FnMut(&Matrix) -> Option<Mixture> + 'a;

/// Columns as they are.
pub(super) fn uncentred(columns: &[Vec<f64>]) -> Result<Matrix, StudyError> {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Ok(Matrix::uncentred(&columns)?)
}

/// What row `i` of a block counts as.
pub(super) fn weight(block: &Block<'_>, i: usize) -> f64 {
    block.weights().map_or(1.0, |w| w[i])
}

/// The values of column `j` that are not missing, in the data's own units, and their weights.
pub(super) fn column(matrix: &Matrix, j: usize) -> (Vec<f64>, Vec<f64>) {
    let centre = matrix.centre()[j];
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    for block in matrix.blocks() {
        for (i, x) in block.column(j).iter().enumerate() {
            if !x.is_nan() {
                values.push(x + centre);
                weights.push(weight(&block, i));
            }
        }
    }
    (values, weights)
}

/// Calls `each(block, evaluator)` with the responsibilities of every block computed.
pub(super) fn for_each_block(
    matrix: &Matrix,
    mixture: &Mixture,
    each: &mut dyn FnMut(&Block<'_>, &Evaluator<'_>),
) -> Result<(), StudyError> {
    same("columns", mixture.dimension(), matrix.n_columns())?;
    let mut evaluator = Evaluator::new(mixture);
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        each(&block, &evaluator);
    }
    Ok(())
}

/// Refuses mixtures that are no density over the whole space.
pub(super) fn without_noise(mixtures: [&Mixture; 2]) -> Result<(), StudyError> {
    match mixtures.iter().any(|m| m.noise().is_some()) {
        true => Err(StudyError::Noise),
        false => Ok(()),
    }
}

/// ln p(x) of every row under `mixture` (in the matrix's coordinates), N numbers; of a
/// labelled row ln w_y N(x; mu_y, S_y).
///
/// # Errors
/// If matrix and mixture differ in the number of columns.
pub fn log_density(matrix: &Matrix, mixture: &Mixture) -> Result<Vec<f64>, StudyError> {
    let mut all = Vec::with_capacity(matrix.n_rows());
    for_each_block(matrix, mixture, &mut |block, e| {
        all.extend_from_slice(&e.log_density()[..block.len()]);
    })?;
    Ok(all)
}

/// The mean of ln p(x) over the rows by their weights, in nats a row. On rows that were not
/// fitted it estimates, up to a constant, how far the mixture is from the truth in
/// Kullback-Leibler divergence (Smyth 2000).
///
/// # Errors
/// As [`log_density`].
pub fn mean_log_density(matrix: &Matrix, mixture: &Mixture) -> Result<f64, StudyError> {
    let all = log_density(matrix, mixture)?;
    let weighted = |(i, l): (usize, &f64)| matrix.weights().map_or(1.0, |w| w[i]) * l;
    let sum: f64 = all.iter().enumerate().map(weighted).sum();
    Ok(sum / matrix.total_weight())
}

#[cfg(test)]
pub(super) mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::mixture::{Covariance, CovarianceType};

    /// A mixture of one column from (weight, mean, variance).
    pub(crate) fn line(components: &[(f64, f64, f64)]) -> Mixture {
        let covariance = |v| Rc::new(Covariance::diagonal(vec![v]).unwrap());
        Mixture::new(
            CovarianceType::Diagonal,
            components.iter().map(|c| c.0).collect(),
            components.iter().map(|c| vec![c.1]).collect(),
            components.iter().map(|c| covariance(c.2)).collect(),
        )
        .unwrap()
    }

    /// A mixture of two columns from (weight, mean, covariance as xx, xy, yy).
    pub(crate) fn plane(components: &[(f64, [f64; 2], [f64; 3])]) -> Mixture {
        let dense =
            |c: [f64; 3]| Rc::new(Covariance::dense(2, vec![c[0], c[1], c[1], c[2]]).unwrap());
        Mixture::new(
            CovarianceType::Full,
            components.iter().map(|c| c.0).collect(),
            components.iter().map(|c| c.1.to_vec()).collect(),
            components.iter().map(|c| dense(c.2)).collect(),
        )
        .unwrap()
    }

    #[test]
    fn a_column_comes_back_in_its_units_without_what_is_missing() {
        let mut x: Vec<f64> = (0..600).map(|i| 1e6 + f64::from(i)).collect();
        assert_eq!(column(&Matrix::from_columns(&[&x]).unwrap(), 0).0, x);
        x[300] = f64::NAN;
        let weights: Vec<f64> = (0..600).map(f64::from).collect();
        let matrix = Matrix::with_holes(&[&x]).unwrap();
        let (values, own) = column(&matrix.with_weights(weights).unwrap(), 0);
        assert_eq!((values.len(), own[300], values[300]), (599, 301.0, x[301]));
    }

    #[test]
    fn a_row_of_weight_two_counts_twice_in_the_mean() {
        let once = Matrix::uncentred(&[&[0.0, 3.0, 3.0]]).unwrap();
        let weighted = Matrix::uncentred(&[&[0.0, 3.0]]).unwrap();
        let weighted = weighted.with_weights(vec![1.0, 2.0]).unwrap();
        let m = line(&[(1.0, 0.0, 1.0)]);
        let (a, b) = (mean_log_density(&once, &m), mean_log_density(&weighted, &m));
        assert!((a.unwrap() - b.unwrap()).abs() < 1e-15);
    }

    #[test]
    fn log_density_is_that_of_the_normal_curve_in_every_block() {
        let x: Vec<f64> = (0..600).map(|i| f64::from(i) * 0.01).collect();
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let all = log_density(&matrix, &line(&[(1.0, 1.0, 4.0)])).unwrap();
        for (x, l) in x.iter().zip(&all) {
            let z = (x - 1.0) / 2.0;
            let expected = -0.5 * z * z - (2.0 * (2.0 * std::f64::consts::PI).sqrt()).ln();
            assert!((l - expected).abs() < 1e-13);
        }
        let wrong = plane(&[(1.0, [0.0; 2], [1.0, 0.0, 1.0])]);
        let error = mean_log_density(&matrix, &wrong).unwrap_err();
        assert!(error.to_string().contains("1 columns where 2 belong"));
    }
}
