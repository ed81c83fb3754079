//! Principal components: the directions in which rows differ most.
//!
//! This is preparation; it stands in this room because the eigenvectors are below `data`.

use serde::{Deserialize, Serialize};

use super::error::{StudyError, count, finite, fraction, same};
use super::rows::weight;
use super::scaling::mean;
use crate::data::{BLOCK_ROWS, Matrix};
use crate::mixture::eigen::symmetric_eigen;

/// A projection on principal components whose parameters travel: what was learnt from some
/// rows can be applied to others. Nothing is whitened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// The mean of each column, D numbers in the data's own units.
    pub centre: Vec<f64>,
    /// Q x D unit vectors, orthogonal, by falling variance. The entry of largest magnitude of
    /// each (the first of those) is positive, so that the sign is no matter of chance.
    pub components: Vec<Vec<f64>>,
    /// Variance of the rows along each (divided by N - 1), Q numbers.
    pub explained_variance: Vec<f64>,
    /// Their shares of the whole variance, from 0 to 1; all 0 if there is none.
    pub explained_variance_ratio: Vec<f64>,
}

/// All principal components of the rows (Pearson 1901; Jolliffe 2002): the eigenvectors of
/// their covariance (divided by N - 1). There are D of them; where there are fewer rows than
/// columns, as many as the rows span. A row of weight 3 is three rows.
///
/// # Errors
/// If there are fewer than 2 rows, their weights sum to no more than 1, or an entry is missing.
pub fn principal_components(matrix: &Matrix) -> Result<Projection, StudyError> {
    let (n, d) = (matrix.n_rows(), matrix.n_columns());
    count("rows", n, 2, usize::MAX)?;
    if matrix.has_holes() {
        return Err(StudyError::Missing);
    }
    let free = matrix.total_weight() - 1.0;
    if free <= 0.0 {
        return Err(StudyError::Empty("rows of weight beyond 1 in all"));
    }
    let centre: Vec<f64> = (0..d).map(|j| mean(matrix, j)).collect();
    // In units of the widest column, so that nothing overflows.
    let widest = matrix.variance().iter().copied().fold(0.0, f64::max);
    let unit = if widest > 0.0 { widest.sqrt() } else { 1.0 };
    let axes = match n < d && widest > 0.0 {
        true => from_rows(matrix, &centre, unit),
        false => from_columns(matrix, &centre, unit),
    };
    let values = axes.iter().map(|(v, _)| v.max(0.0) / free);
    let total: f64 = values.clone().sum();
    let whole = if total > 0.0 { total } else { 1.0 };
    Ok(Projection {
        centre,
        explained_variance: values.clone().map(|v| v * unit * unit).collect(),
        explained_variance_ratio: values.map(|v| v / whole).collect(),
        components: axes.into_iter().map(|(_, axis)| axis).collect(),
    })
}

/// Eigenvalues, the largest first, and eigenvectors of the columns' scatter about `centre`,
/// in units of `unit`.
fn from_columns(matrix: &Matrix, centre: &[f64], unit: f64) -> Vec<(f64, Vec<f64>)> {
    let d = centre.len();
    let mut scatter = vec![0.0; d * d];
    let mut offsets = vec![0.0; d * BLOCK_ROWS];
    for block in matrix.blocks() {
        let len = block.len();
        for j in 0..d {
            let shift = matrix.centre()[j] - centre[j];
            let (before, rest) = offsets.split_at_mut(j * BLOCK_ROWS);
            let own = &mut rest[..len];
            for (o, x) in own.iter_mut().zip(block.column(j)) {
                *o = (x + shift) / unit;
            }
            for l in 0..=j {
                let other = if l == j {
                    &*own
                } else {
                    &before[l * BLOCK_ROWS..][..len]
                };
                let products = own.iter().zip(other).enumerate();
                let products = products.map(|(i, (a, b))| weight(&block, i) * (a * b));
                scatter[j * d + l] += products.sum::<f64>();
            }
        }
    }
    for j in 0..d {
        for l in 0..=j {
            scatter[l * d + j] = scatter[j * d + l];
        }
    }
    let eigen = symmetric_eigen(d, &scatter);
    let vectors = eigen.vectors.chunks_exact(d).map(<[f64]>::to_vec);
    eigen.values.into_iter().zip(vectors).collect()
}

/// Eigenvalues below this share of the largest are rounding where there are fewer rows than columns.
const NOTHING: f64 = 1e-13;

/// The same where there are fewer rows than columns: with the rows X of offsets (N x D), an
/// eigenvector u of X X^T (N x N) gives X^T u of X^T X (D x D) with the same eigenvalue. Those
/// of eigenvalue 0 have no direction and are left out.
fn from_rows(matrix: &Matrix, centre: &[f64], unit: f64) -> Vec<(f64, Vec<f64>)> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(matrix.n_rows());
    for block in matrix.blocks() {
        for i in 0..block.len() {
            let root = weight(&block, i).sqrt() / unit;
            let offset =
                |(j, c): (usize, &f64)| root * (block.column(j)[i] + (matrix.centre()[j] - c));
            rows.push(centre.iter().enumerate().map(offset).collect());
        }
    }
    let n = rows.len();
    let gram: Vec<f64> = (0..n * n)
        .map(|e| dot(&rows[e / n], &rows[e % n]))
        .collect();
    let eigen = symmetric_eigen(n, &gram);
    let least = eigen.values[0] * NOTHING;
    let mut axes: Vec<(f64, Vec<f64>)> = Vec::with_capacity(n);
    for (&value, u) in eigen.values.iter().zip(eigen.vectors.chunks_exact(n)) {
        if value <= least {
            break;
        }
        let mut axis = vec![0.0; centre.len()];
        for (row, u) in rows.iter().zip(u) {
            axis.iter_mut().zip(row).for_each(|(a, x)| *a += u * x);
        }
        // What rounding brought in of the longer axes shows in the shortest.
        for (_, longer) in &axes {
            let along = dot(&axis, longer);
            axis.iter_mut()
                .zip(longer)
                .for_each(|(a, l)| *a -= along * l);
        }
        let length = dot(&axis, &axis).sqrt();
        let longest = |m: f64, &v: &f64| if v.abs() > m.abs() { v } else { m };
        let sign = if axis.iter().fold(0.0, longest) < 0.0 {
            -1.0
        } else {
            1.0
        };
        axis.iter_mut().for_each(|a| *a = *a * sign / length);
        axes.push((value, axis));
    }
    axes
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Projection {
    /// The smallest number of components, at least 1, that hold a `share` (0 to 1) of the
    /// variance: 0.9 and 0.95 are usual.
    ///
    /// # Errors
    /// If the share is not from 0 to 1.
    pub fn n_components_for(&self, share: f64) -> Result<usize, StudyError> {
        fraction("a share of the variance", share)?;
        let mut sum = 0.0;
        let enough = self.explained_variance_ratio.iter().position(|r| {
            sum += r;
            // A hair for the rounding of the sum.
            sum >= share - 1e-12
        });
        Ok(enough.map_or(self.components.len(), |i| i + 1))
    }

    /// The first `n` components only.
    ///
    /// # Errors
    /// If there are fewer, or n is 0.
    pub fn first(&self, n: usize) -> Result<Projection, StudyError> {
        count("principal components", n, 1, self.components.len())?;
        Ok(Projection {
            centre: self.centre.clone(),
            components: self.components[..n].to_vec(),
            explained_variance: self.explained_variance[..n].to_vec(),
            explained_variance_ratio: self.explained_variance_ratio[..n].to_vec(),
        })
    }

    fn check(&self) -> Result<(), StudyError> {
        finite("the centre", &self.centre)?;
        for component in &self.components {
            same("entries of a component", self.centre.len(), component.len())?;
            finite("a component", component)?;
        }
        match self.components.is_empty() {
            true => Err(StudyError::Empty("principal components")),
            false => Ok(()),
        }
    }

    /// The scores of the rows: Q columns of N numbers, v . (x - centre).
    ///
    /// # Errors
    /// If the matrix has other columns, the numbers make no projection, or a score is above 1e150.
    pub fn apply(&self, matrix: &Matrix) -> Result<Vec<Vec<f64>>, StudyError> {
        self.check()?;
        same("columns", self.centre.len(), matrix.n_columns())?;
        let centres = matrix.centre().iter().zip(&self.centre);
        let shift: Vec<f64> = centres.map(|(m, c)| m - c).collect();
        let mut scores = vec![Vec::with_capacity(matrix.n_rows()); self.components.len()];
        for block in matrix.blocks() {
            for (component, scores) in self.components.iter().zip(&mut scores) {
                let mut sums = vec![0.0; block.len()];
                for (j, (v, shift)) in component.iter().zip(&shift).enumerate() {
                    for (s, x) in sums.iter_mut().zip(block.column(j)) {
                        *s += v * (x + shift);
                    }
                }
                scores.extend(sums);
            }
        }
        for scores in &scores {
            finite("scores", scores)?;
        }
        Ok(scores)
    }

    /// Rows from scores (Q columns of N numbers): D columns in the data's own units, the
    /// nearest points of the plane the components span.
    ///
    /// # Errors
    /// If there are not Q columns of one length, or as [`Self::apply`].
    pub fn undo(&self, scores: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, StudyError> {
        self.check()?;
        same("columns of scores", self.components.len(), scores.len())?;
        let mut columns = Vec::with_capacity(self.centre.len());
        for (j, centre) in self.centre.iter().enumerate() {
            let mut column = vec![0.0; scores[0].len()];
            for (component, scores) in self.components.iter().zip(scores) {
                same("scores", column.len(), scores.len())?;
                for (x, s) in column.iter_mut().zip(scores) {
                    *x += component[j] * s;
                }
            }
            column.iter_mut().for_each(|x| *x += centre);
            finite("a column", &column)?;
            columns.push(column);
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
        (1usize..6, 2usize..300).prop_flat_map(|(d, n)| {
            prop::collection::vec(prop::collection::vec(-3.0f64..3.0, n), d)
        })
    }

    fn matrix(columns: &[Vec<f64>]) -> Matrix {
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Matrix::from_columns(&columns).unwrap()
    }

    proptest! {
        #[test]
        fn all_components_together_give_the_rows_back(x in columns(), offset in -1e4f64..1e4) {
            let x: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v + offset).collect()).collect();
            let matrix = matrix(&x);
            let all = principal_components(&matrix).unwrap();
            let back = all.undo(&all.apply(&matrix).unwrap()).unwrap();
            for (a, b) in back.iter().flatten().zip(x.iter().flatten()) {
                prop_assert!((a - b).abs() < 1e-10 * (1.0 + offset.abs()), "{a} {b}");
            }
        }

        #[test]
        fn scores_are_uncorrelated_with_the_variances_told(x in columns()) {
            let matrix = matrix(&x);
            let all = principal_components(&matrix).unwrap();
            let scores = all.apply(&matrix).unwrap();
            let n = matrix.n_rows() as f64;
            for i in 0..scores.len() {
                for j in 0..=i {
                    let product: f64 = scores[i].iter().zip(&scores[j]).map(|(a, b)| a * b).sum::<f64>() / (n - 1.0);
                    let expected = if i == j { all.explained_variance[i] } else { 0.0 };
                    prop_assert!((product - expected).abs() < 1e-9, "{i} {j} {product} {expected}");
                    let dot: f64 = all.components[i].iter().zip(&all.components[j]).map(|(a, b)| a * b).sum();
                    prop_assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12);
                }
            }
            prop_assert!(all.explained_variance.is_sorted_by(|a, b| a >= b));
            let whole: f64 = all.explained_variance_ratio.iter().sum();
            let none = matrix.variance().iter().all(|v| *v == 0.0);
            prop_assert!((whole - 1.0).abs() < 1e-12 || none && whole == 0.0);
            let largest = |c: &Vec<f64>| c.iter().copied().fold(0.0f64, |m, v| if v.abs() > m.abs() { v } else { m });
            let signs_hold = all.components.iter().all(|c| largest(c) > 0.0);
            prop_assert!(signs_hold);
        }

        #[test]
        fn fewer_components_lose_exactly_the_variance_left_out(x in columns(), share in 0.0f64..=1.0) {
            let matrix = matrix(&x);
            let all = principal_components(&matrix).unwrap();
            let n = all.n_components_for(share).unwrap();
            let few = all.first(n).unwrap();
            prop_assert!(few.explained_variance_ratio.iter().sum::<f64>() >= share - 1e-9);
            prop_assert!(n == 1 || few.explained_variance_ratio[..n - 1].iter().sum::<f64>() < share);
            let back = few.undo(&few.apply(&matrix).unwrap()).unwrap();
            let lost: f64 = back.iter().flatten().zip(x.iter().flatten()).map(|(a, b)| (a - b).powi(2)).sum();
            let left_out: f64 = all.explained_variance[n..].iter().sum();
            prop_assert!((lost / (matrix.n_rows() as f64 - 1.0) - left_out).abs() < 1e-9);
        }
    }

    #[test]
    fn rows_on_a_line_have_one_component_at_any_scale() {
        for scale in [1e-140, 1.0, 1e140] {
            let x: Vec<f64> = (0..50).map(|i| f64::from(i) * scale).collect();
            let y: Vec<f64> = x.iter().map(|v| 0.75 * v).collect();
            let all = principal_components(&matrix(&[x, y])).unwrap();
            assert!(
                (all.components[0][0] - 0.8).abs() < 1e-12
                    && (all.components[0][1] - 0.6).abs() < 1e-12
            );
            assert!((all.explained_variance_ratio[0] - 1.0).abs() < 1e-12);
            assert_eq!(all.n_components_for(0.95), Ok(1));
        }
    }

    #[test]
    fn rows_without_variance_are_no_trouble() {
        let all = principal_components(&matrix(&vec![vec![5.0; 4]; 2])).unwrap();
        assert_eq!(all.explained_variance_ratio, [0.0, 0.0]);
        assert_eq!(all.n_components_for(0.9), Ok(2));
        let wide = principal_components(&matrix(&vec![vec![5.0; 2]; 3])).unwrap();
        assert_eq!(wide.explained_variance_ratio, [0.0; 3]);
    }

    #[test]
    fn fewer_rows_than_columns_span_fewer_components_and_give_the_same_ones() {
        let cell = |i: u32, j: u32| f64::from((i * 7 + j * j * 3) % 11) * f64::from(j + 1);
        let wide: Vec<Vec<f64>> = (0..40)
            .map(|j| (0..5).map(|i| cell(i, j)).collect())
            .collect();
        let matrix = matrix(&wide)
            .with_weights(vec![1.0, 2.0, 1.0, 1.5, 1.0])
            .unwrap();
        let all = principal_components(&matrix).unwrap();
        assert_eq!(all.components.len(), 4);
        let unit = matrix.variance().iter().copied().fold(0.0, f64::max).sqrt();
        let other = from_columns(&matrix, &all.centre, unit);
        for (i, axis) in all.components.iter().enumerate() {
            let ratio = other[i].0 * unit * unit / 5.5 / all.explained_variance[i];
            assert!((ratio - 1.0).abs() < 1e-10, "{ratio}");
            for (a, b) in axis.iter().zip(&other[i].1) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
        let back = all.undo(&all.apply(&matrix).unwrap()).unwrap();
        for (a, b) in back.iter().flatten().zip(wide.iter().flatten()) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn a_row_of_weight_three_is_three_rows() {
        let few = matrix(&[vec![0.0, 1.0, 5.0], vec![1.0, 3.0, 2.0]]);
        let many = matrix(&[vec![0.0, 1.0, 1.0, 1.0, 5.0], vec![1.0, 3.0, 3.0, 3.0, 2.0]]);
        let few = few.with_weights(vec![1.0, 3.0, 1.0]).unwrap();
        let (a, b) = (
            principal_components(&few).unwrap(),
            principal_components(&many).unwrap(),
        );
        for j in 0..2 {
            assert!((a.centre[j] - b.centre[j]).abs() < 1e-14);
            assert!((a.explained_variance[j] - b.explained_variance[j]).abs() < 1e-13);
            assert!((a.components[j][0] - b.components[j][0]).abs() < 1e-13);
        }
        let holes = Matrix::with_holes(&[&[1.0, f64::NAN, 2.0]]).unwrap();
        assert_eq!(principal_components(&holes), Err(StudyError::Missing));
    }

    #[test]
    fn a_projection_that_cannot_be_applied_says_why() {
        let two = matrix(&[vec![1.0, 2.0, 4.0], vec![0.0, 1.0, 0.0]]);
        let all = principal_components(&two).unwrap();
        assert!(
            principal_components(&matrix(&[vec![1.0]]))
                .unwrap_err()
                .to_string()
                .contains("1 rows")
        );
        assert!(
            all.apply(&matrix(&[vec![1.0, 2.0]]))
                .unwrap_err()
                .to_string()
                .contains("1 columns where 2")
        );
        assert!(
            all.n_components_for(1.1).is_err() && all.first(0).is_err() && all.first(3).is_err()
        );
        assert!(all.undo(&[vec![1.0]]).is_err() && all.undo(&[vec![1.0], vec![]]).is_err());
        let broken = Projection {
            components: vec![vec![1.0]],
            ..all
        };
        assert!(broken.apply(&two).is_err());
    }
}
