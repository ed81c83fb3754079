//! Rows that the mixture finds improbable.

use super::error::{StudyError, same};
use super::rows::log_density;
use crate::data::Matrix;
use crate::mixture::Mixture;

/// The anomaly score of every row, -ln p(x) in nats: the higher, the odder (Bishop 1994).
/// `mixture` is in the matrix's coordinates.
///
/// # Errors
/// If matrix and mixture differ in the number of columns.
pub fn anomaly_scores(matrix: &Matrix, mixture: &Mixture) -> Result<Vec<f64>, StudyError> {
    let density = log_density(matrix, mixture)?;
    Ok(density.iter().map(|l| -l).collect())
}

/// The `n` rows with the highest scores, the highest first; of equal ones the first row.
pub fn oddest(scores: &[f64], n: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..scores.len()).collect();
    rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    rows.truncate(n);
    rows
}

/// The rows with a score strictly above `threshold`, in rising order.
pub fn above(scores: &[f64], threshold: f64) -> Vec<usize> {
    (0..scores.len())
        .filter(|&row| scores[row] > threshold)
        .collect()
}

/// How a threshold on the scores does against known anomalies (van Rijsbergen 1979).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Anomalies above the threshold.
    pub found: usize,
    /// Ordinary rows above the threshold.
    pub false_alarms: usize,
    /// Anomalies not above the threshold.
    pub missed: usize,
    /// found / (found + false alarms); `None` if no row is above the threshold.
    pub precision: Option<f64>,
    /// found / (found + missed); `None` if there is no anomaly.
    pub recall: Option<f64>,
    /// 2 found / (2 found + false alarms + missed), the harmonic mean of both; `None` where
    /// neither is known.
    pub f1: Option<f64>,
}

/// Counts scores strictly above `threshold` against `anomalous`, one a row.
///
/// # Errors
/// If there are no scores, not as many labels as scores, or a score or the threshold is NaN.
pub fn detection(
    scores: &[f64],
    anomalous: &[bool],
    threshold: f64,
) -> Result<Detection, StudyError> {
    same("labels", scores.len(), anomalous.len())?;
    if scores.is_empty() {
        return Err(StudyError::Empty("scores"));
    }
    if let Some(index) = scores.iter().position(|s| s.is_nan()) {
        return Err(StudyError::NotFinite {
            what: "scores",
            index,
        });
    }
    if threshold.is_nan() {
        return Err(StudyError::NotFinite {
            what: "threshold",
            index: 0,
        });
    }
    let count = |above: bool, odd: bool| {
        let rows = scores.iter().zip(anomalous);
        rows.filter(|(s, o)| (**s > threshold) == above && **o == odd)
            .count()
    };
    let (found, false_alarms, missed) = (count(true, true), count(true, false), count(false, true));
    let share = |part: usize, all: usize| (all > 0).then(|| part as f64 / all as f64);
    Ok(Detection {
        found,
        false_alarms,
        missed,
        precision: share(found, found + false_alarms),
        recall: share(found, found + missed),
        f1: share(2 * found, 2 * found + false_alarms + missed),
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn f1_is_the_harmonic_mean_of_precision_and_recall(
            rows in prop::collection::vec((0.0f64..1.0, any::<bool>()), 1..60), threshold in 0.0f64..1.0
        ) {
            let (scores, odd): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let d = detection(&scores, &odd, threshold).unwrap();
            prop_assert_eq!(d.found + d.missed, odd.iter().filter(|o| **o).count());
            if let (Some(p), Some(r), Some(f)) = (d.precision, d.recall, d.f1) {
                if p + r > 0.0 {
                    prop_assert!((f - 2.0 * p * r / (p + r)).abs() < 1e-12);
                } else {
                    prop_assert_eq!(f, 0.0);
                }
            }
        }
    }

    #[test]
    fn the_row_far_from_all_components_is_the_oddest() {
        let matrix = Matrix::uncentred(&[&[0.0, 0.1, 30.0, -0.2, 10.0]]).unwrap();
        let scores = anomaly_scores(&matrix, &line(&[(0.9, 0.0, 1.0), (0.1, 10.0, 1.0)])).unwrap();
        assert_eq!(oddest(&scores, 2), [2, 4]);
        assert_eq!(above(&scores, scores[4]), [2]);
        let d = detection(&scores, &[false, false, true, true, false], scores[4]).unwrap();
        assert_eq!((d.precision, d.recall), (Some(1.0), Some(0.5)));
    }

    #[test]
    fn what_no_row_can_tell_is_none_and_never_nan() {
        let d = detection(&[0.0, 1.0], &[false, false], 5.0).unwrap();
        assert_eq!((d.precision, d.recall, d.f1), (None, None, None));
        assert!(detection(&[], &[], 0.0).is_err());
        assert!(detection(&[1.0], &[], 0.0).is_err());
        assert!(detection(&[1.0], &[true], f64::NAN).is_err());
    }
}
