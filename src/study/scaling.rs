//! Columns on a common scale, by numbers that can be applied to new rows.
//!
//! This is preparation; it stands in this room because what it needs does.

use serde::{Deserialize, Serialize};

use super::error::{StudyError, finite, same};
use super::quantile::quantile_of_sorted;
use super::rows::{column, weight};
use crate::data::Matrix;

/// How columns are brought to a common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScalingMethod {
    /// As they are.
    None,
    /// Less the mean, divided by the standard deviation (of N, as scikit-learn's StandardScaler).
    Standardise,
    /// Less the median, divided by the interquartile range: a few wild values do not matter.
    Robust,
}

/// What is subtracted from each column and what it is divided by, D numbers each, in the
/// data's own units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Subtracted.
    pub centre: Vec<f64>,
    /// Divided by, above 0.
    pub scale: Vec<f64>,
}

impl Scaling {
    /// Learns the numbers from rows, by their weights (the robust ones without), from what is
    /// not missing. A column without spread, or with less than rounding
    /// leaves, keeps its scale (1).
    pub fn of(matrix: &Matrix, method: ScalingMethod) -> Scaling {
        let d = matrix.n_columns();
        let (mut centre, mut scale) = (vec![0.0; d], vec![1.0; d]);
        for j in 0..d {
            let (middle, width) = match method {
                ScalingMethod::None => continue,
                ScalingMethod::Standardise => (mean(matrix, j), matrix.variance()[j].sqrt()),
                ScalingMethod::Robust => {
                    let mut values = column(matrix, j).0;
                    values.sort_by(f64::total_cmp);
                    let at = |q| quantile_of_sorted(&values, q);
                    (at(0.5), at(0.75) - at(0.25))
                }
            };
            centre[j] = middle;
            if width > matrix.resolution()[j] {
                scale[j] = width;
            }
        }
        Scaling { centre, scale }
    }

    fn check(&self, columns: usize) -> Result<(), StudyError> {
        same("columns", self.centre.len(), columns)?;
        same("columns", self.scale.len(), columns)?;
        finite("the centre", &self.centre)?;
        finite("the scale", &self.scale)?;
        match self.scale.iter().position(|&s| s <= 0.0) {
            Some(index) => Err(StudyError::NotPositive {
                what: "the scale",
                index,
            }),
            None => Ok(()),
        }
    }

    /// (x - centre) / scale of every entry: D columns of N numbers; what is missing (NaN) stays so.
    ///
    /// # Errors
    /// If the matrix has other columns, the numbers make no scaling, or a result is
    /// above 1e150.
    pub fn apply(&self, matrix: &Matrix) -> Result<Vec<Vec<f64>>, StudyError> {
        self.check(matrix.n_columns())?;
        let columns = (0..matrix.n_columns()).map(|j| {
            // One subtraction of nearby numbers first: data far from zero keep their digits.
            let shift = matrix.centre()[j] - self.centre[j];
            let rows = matrix.blocks();
            let scaled: Vec<f64> = rows
                .flat_map(|b| b.column(j).iter().map(move |x| (x + shift) / self.scale[j]))
                .collect();
            match scaled.iter().position(|z| z.abs() > 1e150) {
                Some(index) => Err(StudyError::NotFinite {
                    what: "a scaled column",
                    index,
                }),
                None => Ok(scaled),
            }
        });
        columns.collect()
    }

    /// Back to the data's units: D columns of equally many numbers.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn undo(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, StudyError> {
        self.check(columns.len())?;
        let parts = columns.iter().zip(self.centre.iter().zip(&self.scale));
        let columns = parts.map(|(column, (c, s))| {
            let back: Vec<f64> = column.iter().map(|z| z * s + c).collect();
            finite("a column", &back).map(|()| back)
        });
        columns.collect()
    }
}

/// The mean of column `j` in the data's own units, by the rows' weights, of what is not missing.
pub(super) fn mean(matrix: &Matrix, j: usize) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for block in matrix.blocks() {
        for (i, x) in block.column(j).iter().enumerate() {
            if !x.is_nan() {
                sum += weight(&block, i) * x;
                total += weight(&block, i);
            }
        }
    }
    matrix.centre()[j] + if total > 0.0 { sum / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn standardised_columns_have_mean_zero_and_variance_one(
            x in prop::collection::vec(-5.0f64..5.0, 10..300), offset in -1e6f64..1e6, e in -30i32..30
        ) {
            let s = 2f64.powi(e);
            let column: Vec<f64> = x.iter().map(|v| (v + offset) * s).collect();
            let matrix = Matrix::from_columns(&[&column]).unwrap();
            let scaling = Scaling::of(&matrix, ScalingMethod::Standardise);
            let z = &scaling.apply(&matrix).unwrap()[0];
            let n = z.len() as f64;
            let mean = z.iter().sum::<f64>() / n;
            let variance = z.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            prop_assert!(mean.abs() < 1e-7 && (variance - 1.0).abs() < 1e-7, "{mean} {variance}");
            let back = &scaling.undo(std::slice::from_ref(z)).unwrap()[0];
            for (a, b) in back.iter().zip(&column) {
                prop_assert!((a - b).abs() < 1e-12 * (b.abs() + s * offset.abs()));
            }
        }
    }

    #[test]
    fn one_wild_value_does_not_move_the_robust_scale() {
        let x: Vec<f64> = (0..101).map(f64::from).collect();
        let mut wild = x.clone();
        wild[100] = 1e9;
        let of = |x: &[f64], m| Scaling::of(&Matrix::from_columns(&[x]).unwrap(), m);
        let robust = of(&wild, ScalingMethod::Robust);
        assert_eq!(robust, of(&x, ScalingMethod::Robust));
        assert_eq!((robust.centre[0], robust.scale[0]), (50.0, 50.0));
        let plain = of(&x, ScalingMethod::None);
        assert_eq!((plain.centre[0], plain.scale[0]), (0.0, 1.0));
    }

    #[test]
    fn a_column_without_spread_keeps_its_scale() {
        for method in [ScalingMethod::Standardise, ScalingMethod::Robust] {
            let matrix = Matrix::from_columns(&[&[0.1; 9]]).unwrap();
            let scaling = Scaling::of(&matrix, method);
            assert_eq!(scaling.scale, [1.0]);
            assert!(
                scaling.apply(&matrix).unwrap()[0]
                    .iter()
                    .all(|z| z.abs() < 1e-15)
            );
        }
    }

    #[test]
    fn weights_are_copies_and_what_is_missing_stays_missing() {
        let holes = [1.0, f64::NAN, 4.0, 7.0];
        let matrix = Matrix::with_holes(&[&holes]).unwrap();
        let weighted = matrix
            .clone()
            .with_weights(vec![1.0, 5.0, 2.0, 1.0])
            .unwrap();
        let scaling = Scaling::of(&weighted, ScalingMethod::Standardise);
        assert_eq!(scaling.centre[0], 4.0);
        assert!((scaling.scale[0] - 4.5f64.sqrt()).abs() < 1e-15);
        let z = &scaling.apply(&matrix).unwrap()[0];
        assert!(z[1].is_nan() && z[2] == 0.0 && (z[3] - 3.0 / 4.5f64.sqrt()).abs() < 1e-15);
        assert_eq!(Scaling::of(&matrix, ScalingMethod::Robust).centre[0], 4.0);
    }

    #[test]
    fn numbers_that_make_no_scaling_are_refused() {
        let matrix = Matrix::from_columns(&[&[1.0, 2.0]]).unwrap();
        let apply = |centre: &[f64], scale: &[f64]| {
            let scaling = Scaling {
                centre: centre.to_vec(),
                scale: scale.to_vec(),
            };
            scaling.apply(&matrix).unwrap_err().to_string()
        };
        assert!(apply(&[0.0, 0.0], &[1.0, 1.0]).contains("columns"));
        assert!(apply(&[0.0], &[0.0]).contains("the scale: number 1"));
        assert!(apply(&[f64::NAN], &[1.0]).contains("the centre: number 1"));
        assert!(apply(&[0.0], &[1e-300]).contains("above 1e150"));
    }
}
