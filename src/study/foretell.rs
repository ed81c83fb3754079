//! A collapse seen coming: the way the smallest pivot shrinks from iteration to iteration.

use super::error::{StudyError, same};
use super::health::FLAT;
use crate::data::Matrix;
use crate::mixture::Covariance;
use crate::mixture::elementary::ln;

/// Iterates that a forecast looks back on.
const LOOK_BACK: usize = 6;
/// Fewer tell nothing.
const LEAST: usize = 4;
/// Further ahead nothing is foretold.
const HORIZON: usize = 20;

/// The least variance left in any column given those before it, in units of the data's
/// variance in that column: the smallest squared pivot. Columns without variance do not
/// count; if none has any, 1.
///
/// # Errors
/// If matrix and covariance differ in the number of columns.
pub fn thinnest(matrix: &Matrix, covariance: &Covariance) -> Result<f64, StudyError> {
    same("columns", matrix.n_columns(), covariance.dimension())?;
    let columns = matrix.variance().iter().enumerate();
    let shares = columns.filter(|(_, v)| **v > 0.0).map(|(j, v)| {
        let share = covariance.pivot(j) / v.sqrt();
        share * share
    });
    Ok(shares.reduce(f64::min).unwrap_or(1.0))
}

/// In how many iterations, at most 20, a component will be flat (1e-8 of the data's variance),
/// if it goes on as in `history`: what [`thinnest`] gave after each of the last iterations,
/// oldest first. 0 if it is flat now; `None` if nothing
/// of the kind is in sight.
///
/// The forecast is the least-squares line through the logarithms of the last 4 to 6, as many
/// as fell without a break; of fewer nothing is said. Where the steps themselves shrink by a
/// constant factor, as those of a fit that converges to a thin but sound component do, their
/// geometric series is summed instead (Aitken 1926), and a series that ends above the limit
/// is no collapse. A collapse without a floor speeds up as it goes: the line names its
/// latest date.
pub fn foretell_collapse(history: &[f64]) -> Option<usize> {
    let now = *history.last()?;
    if now <= FLAT {
        return Some(0);
    }
    // Written so that NaN and infinity tell nothing.
    let falls = history.windows(2).rev().take(LOOK_BACK - 1);
    let falls = falls
        .take_while(|w| w[1] < w[0] && w[0].is_finite())
        .count();
    if falls + 1 < LEAST {
        return None;
    }
    let recent = &history[history.len() - 1 - falls..];
    let logs: Vec<f64> = recent.iter().map(|&v| ln(v)).collect();
    let steps: Vec<f64> = logs.windows(2).map(|w| w[1] - w[0]).collect();
    let left = ln(FLAT) - ln(now);
    let fade = ratio(&steps);
    // Without a tendency of the steps the line is the better forecast: rounding and chance
    // in single steps cancel in it.
    let mut step = if fade < 1.0 {
        steps[steps.len() - 1] * fade
    } else {
        slope(&logs)
    };
    let fade = fade.min(1.0);
    let mut fallen = 0.0;
    for ahead in 1..=HORIZON {
        fallen += step;
        step *= fade;
        if fallen <= left {
            return Some(ahead);
        }
    }
    None
}

/// The factor from each step to the next, by least squares through the origin.
fn ratio(steps: &[f64]) -> f64 {
    let products: f64 = steps.windows(2).map(|w| w[0] * w[1]).sum();
    let squares: f64 = steps[..steps.len() - 1].iter().map(|s| s * s).sum();
    products / squares
}

/// The slope of the least-squares line through (0, y_0), (1, y_1), ...
fn slope(y: &[f64]) -> f64 {
    let middle = 0.5 * (y.len() - 1) as f64;
    let (mut products, mut squares) = (0.0, 0.0);
    for (i, y) in y.iter().enumerate() {
        let x = i as f64 - middle;
        products += x * y;
        squares += x * x;
    }
    products / squares
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;
    use crate::fit::{Em, Plan};

    #[test]
    fn a_variance_that_falls_tenfold_each_time_has_a_date() {
        let history: Vec<f64> = (0..5).map(|t| 10f64.powi(-t) * 1.001).collect();
        // Now at 1.001e-4: four more steps leave 1.001e-8, the fifth is below.
        assert_eq!(foretell_collapse(&history), Some(5));
        assert_eq!(foretell_collapse(&[1e-3, 1e-5, 1e-7, 1e-9]), Some(0));
    }

    #[test]
    fn a_fit_that_settles_on_a_thin_component_is_not_accused() {
        // Towards 1e-3 with steps that halve.
        let settles: Vec<f64> = (0..8).map(|t| 1e-3 * (1.0 + 0.5f64.powi(t))).collect();
        assert_eq!(foretell_collapse(&settles), None);
        let in_logs: Vec<f64> = (0..8)
            .map(|t| (-7.0 + 5.0 * 0.6f64.powi(t)).exp())
            .collect();
        assert_eq!(foretell_collapse(&in_logs), None);
        assert_eq!(foretell_collapse(&[0.5, 0.4, 0.45, 0.3, 0.2, 0.1]), None);
    }

    #[test]
    fn slow_or_unreadable_histories_foretell_nothing() {
        let slow: Vec<f64> = (0..10).map(|t| 0.99f64.powi(t)).collect();
        assert_eq!(foretell_collapse(&slow), None);
        assert_eq!(foretell_collapse(&[]), None);
        assert_eq!(foretell_collapse(&[0.1, 0.01, 0.001]), None);
        assert_eq!(foretell_collapse(&[f64::NAN, 0.1, 0.01, 0.001]), None);
        assert_eq!(foretell_collapse(&[f64::INFINITY, 0.1, 0.01, 0.001]), None);
    }

    #[test]
    fn em_on_its_way_to_a_single_point_is_foretold_before_it_arrives() {
        let x: Vec<f64> = (0..40)
            .map(|i| f64::from(i) * 0.25)
            .chain([30.0, 30.0, 30.0])
            .collect();
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let plan = Plan::plain(vec![0.0]);
        // A component at the edge that loses its other points one after another.
        let mut em = Em::new(&matrix, line(&[(0.6, 4.0, 9.0), (0.4, 22.0, 80.0)]), &plan);
        let mut history = vec![];
        let (mut first_warning, mut flat) = (None, None);
        for t in 0..60 {
            history.push(thinnest(&matrix, &em.mixture().covariances()[1]).unwrap());
            match foretell_collapse(&history) {
                Some(0) => {
                    flat = Some(t);
                    break;
                }
                Some(ahead) if first_warning.is_none() => first_warning = Some((t, ahead)),
                _ => {}
            }
            match em.iterate(&matrix, &plan) {
                Ok(next) => em = next,
                Err(_) => {
                    flat = Some(t + 1);
                    break;
                }
            }
        }
        let (warned, ahead) = first_warning.expect("a warning");
        let flat = flat.expect("a collapse");
        assert!(
            warned < flat && flat <= warned + ahead,
            "{warned} + {ahead}, {flat}: {history:?}"
        );
    }

    #[test]
    fn the_thinnest_direction_is_in_units_of_the_data() {
        let matrix = Matrix::uncentred(&[&[1e6, -1e6], &[3e-6, -3e-6], &[5.0, 5.0]]).unwrap();
        let s = Covariance::diagonal(vec![1e12, 0.09e-12, 1e-30]).unwrap();
        assert!((thinnest(&matrix, &s).unwrap() - 0.01).abs() < 1e-15);
        let constant = Matrix::uncentred(&[&[5.0, 5.0]]).unwrap();
        let one = Covariance::diagonal(vec![1.0]).unwrap();
        assert_eq!(thinnest(&constant, &one), Ok(1.0));
        assert!(thinnest(&matrix, &one).is_err());
    }
}
