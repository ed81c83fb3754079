//! First parameters from labels: the M-step after an E-step that gave every row wholly to one
//! component.

use std::fmt;

use super::m_step::{StepError, components, moments};
use super::plan::Plan;
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Matrix, UNLABELLED};
use crate::mixture::{CovarianceType, MAX_COMPONENTS, Mixture, letter};

/// Why labels do not make a mixture.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LabelsError {
    /// There are not as many labels as rows.
    Length {
        /// Labels given.
        labels: usize,
        /// N.
        rows: usize,
    },
    /// A label is [`MAX_COMPONENTS`] or above.
    TooMany {
        /// The row, from 0.
        row: usize,
    },
    /// No row has this label, but some row has one above it.
    Unused {
        /// The component, from 0.
        component: usize,
    },
    /// The M-step could not be completed: mostly, a component holds too few rows.
    Step(StepError),
}

impl fmt::Display for LabelsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabelsError::Length { labels, rows } => {
                write!(f, "{labels} labels for {rows} rows: give one a row")
            }
            LabelsError::TooMany { row } => write!(
                f,
                "the label of row {} stands for more than {MAX_COMPONENTS} components: use fewer classes",
                row + 1
            ),
            LabelsError::Unused { component } => write!(
                f,
                "no row is labelled as component {}: number the labels without gaps",
                letter(*component)
            ),
            LabelsError::Step(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for LabelsError {}

/// Maximum likelihood parameters if every row belongs to the component its label (from 0; N of
/// them) names, and an unlabelled one ([`UNLABELLED`]) to all of them in equal parts, in the
/// matrix's coordinates: weights, means and covariances of the classes, as
/// [`m_step`](super::m_step()) makes them. K is one more than the largest label. `floor` (D
/// numbers, the data's units squared) is added to every variance. No entry may be missing.
///
/// # Errors
/// If there is not one label a row, if a class has no row, or if the classes have no
/// covariances of this family.
pub fn from_labels(
    matrix: &Matrix,
    labels: &[u8],
    family: CovarianceType,
    floor: &[f64],
) -> Result<Mixture, LabelsError> {
    if labels.len() != matrix.n_rows() {
        return Err(LabelsError::Length {
            labels: labels.len(),
            rows: matrix.n_rows(),
        });
    }
    if let Some(row) = labels
        .iter()
        .position(|&l| l != UNLABELLED && usize::from(l) >= MAX_COMPONENTS)
    {
        return Err(LabelsError::TooMany { row });
    }
    let known = labels.iter().copied().filter(|&l| l != UNLABELLED);
    let k = 1 + known.max().map_or(0, usize::from);
    let has = |component: usize| labels.iter().any(|&l| usize::from(l) == component);
    if let Some(component) = (0..k).find(|&component| !has(component)) {
        return Err(LabelsError::Unused { component });
    }
    // Twice, the second time about the means: nothing of the scatters is lost to cancellation.
    let mut centres = vec![vec![0.0; matrix.n_columns()]; k];
    for (component, sums) in class_sums(matrix, labels, &centres, false)
        .iter()
        .enumerate()
    {
        if sums.count == 0.0 {
            return Err(LabelsError::Unused { component });
        }
        for (c, s) in centres[component].iter_mut().zip(&sums.first) {
            *c = s / sums.count;
        }
    }
    let dense = family.is_dense();
    let sums = class_sums(matrix, labels, &centres, dense);
    let plan = Plan::plain(floor.to_vec());
    moments(&sums, &centres, dense, None, None)
        .and_then(|(moments, means, _)| components(matrix, family, &[], &moments, means, &plan))
        .map_err(LabelsError::Step)
}

/// Sums of each class about its centre; a row counts as much as its weight.
fn class_sums(matrix: &Matrix, labels: &[u8], centres: &[Vec<f64>], dense: bool) -> Vec<Sums> {
    let mut sums = vec![Sums::zero(matrix.n_columns(), dense); centres.len()];
    let share = 1.0 / centres.len() as f64;
    let (mut r, mut offsets) = ([0.0; BLOCK_ROWS], Vec::new());
    for block in matrix.blocks() {
        let labels = &labels[block.first_row()..block.first_row() + block.len()];
        for (k, sums) in sums.iter_mut().enumerate() {
            for (r, &label) in r.iter_mut().zip(labels) {
                *r = match label {
                    UNLABELLED => share,
                    _ => f64::from(u8::from(usize::from(label) == k)),
                };
            }
            for (r, weight) in r.iter_mut().zip(block.weights().unwrap_or(&[])) {
                *r *= weight;
            }
            sums.add(&block, &r, &centres[k], &mut offsets);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        // Far from zero, so that the centre takes part.
        let x = [
            1e6 + 1.0,
            1e6 + 3.0,
            1e6 + 2.0,
            1e6 + 11.0,
            1e6 + 13.0,
            1e6 + 18.0,
        ];
        let y = [0.0, 0.0, 3.0, 5.0, 6.0, 1.0];
        Matrix::from_columns(&[&x, &y]).unwrap()
    }

    #[test]
    fn parameters_are_those_of_the_classes() {
        let m = matrix();
        let fit =
            |family, floor: f64| from_labels(&m, &[0, 0, 0, 1, 1, 1], family, &[floor; 2]).unwrap();
        let full = fit(CovarianceType::Full, 0.0);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} {b}");
        close(full.weights()[0], 0.5);
        close(full.means()[0][0] + m.centre()[0], 1e6 + 2.0);
        close(full.means()[1][1], 4.0);
        let first = &full.covariances()[0];
        close(first.get(0, 0), 2.0 / 3.0);
        close(first.get(1, 1), 2.0);
        close(first.get(1, 0), 0.0);
        let second = &full.covariances()[1];
        close(second.get(0, 0), 26.0 / 3.0);
        close(second.get(0, 1), -17.0 / 3.0);
        let tied = fit(CovarianceType::Eei, 0.5);
        close(tied.covariances()[0].get(0, 0), (2.0 + 26.0) / 6.0 + 0.5);
        assert_eq!(tied.covariances()[0].get(0, 1), 0.0);
    }

    #[test]
    fn an_unlabelled_row_belongs_to_all_in_equal_parts() {
        let labels = [0, UNLABELLED, 0, 1, 1, UNLABELLED];
        let fit = from_labels(&matrix(), &labels, CovarianceType::Diagonal, &[0.0; 2]).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(fit.weights()[0], 0.5);
        // (0 + 3 + (0 + 1) / 2) / 3
        close(fit.means()[0][1] + matrix().centre()[1], 3.5 / 3.0);
    }

    #[test]
    fn labels_that_make_no_mixture_are_refused_with_the_place() {
        let with = |labels: &[u8]| from_labels(&matrix(), labels, CovarianceType::Full, &[0.0; 2]);
        assert_eq!(
            with(&[0, 1]),
            Err(LabelsError::Length { labels: 2, rows: 6 })
        );
        assert_eq!(
            with(&[0, 0, 0, 0, 32, 0]),
            Err(LabelsError::TooMany { row: 4 })
        );
        assert_eq!(
            with(&[0, 0, 0, 2, 2, 2]),
            Err(LabelsError::Unused { component: 1 })
        );
        let lonely = with(&[0, 0, 0, 0, 0, 1]).unwrap_err();
        assert!(matches!(
            lonely,
            LabelsError::Step(StepError::Collapsed { component: 1, .. })
        ));
        assert!(lonely.to_string().contains("component B collapsed"));
        assert!(lonely.to_string().contains("floor"));
    }
}
