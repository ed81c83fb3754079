use serde::{Deserialize, Serialize};

use crate::data::Matrix;
use crate::mixture::{Covariance, Mixture};

/// How a component is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// Nothing to report.
    Good,
    /// Fewer effective points than a mean and a covariance have numbers.
    Thin,
    /// Almost no variance is left in some direction.
    Flat,
    /// It sits on one point or on copies of one point.
    Collapsed,
    /// No point gives it any responsibility.
    Empty,
}

impl Health {
    /// The word shown in the component table.
    pub fn word(self) -> &'static str {
        match self {
            Health::Good => "good",
            Health::Thin => "thin",
            Health::Flat => "flat",
            Health::Collapsed => "collapsed",
            Health::Empty => "empty",
        }
    }
}

/// A share of a column's variance so small that the component is a line or a point beside the data.
pub(super) const FLAT: f64 = 1e-8;

/// Health of a component that holds `count` effective points under `covariance`, with
/// `floor` (D numbers) added to its variances.
///
/// Judged in units of the data's own variance, so that scale does not matter: a component
/// is collapsed if no column keeps more than the floor, and flat if some column, given
/// those before it, keeps no more than the floor.
pub fn health(matrix: &Matrix, covariance: &Covariance, count: f64, floor: &[f64]) -> Health {
    let d = matrix.n_columns();
    if count <= crate::fit::EMPTY_COUNT {
        return Health::Empty;
    }
    let held = |j: usize, variance: f64| {
        let data = matrix.variance()[j];
        data > 0.0 && variance <= (4.0 * floor[j]).max(FLAT * data)
    };
    if (0..d).all(|j| held(j, covariance.get(j, j))) {
        return Health::Collapsed;
    }
    if (0..d).any(|j| held(j, covariance.pivot(j) * covariance.pivot(j))) {
        return Health::Flat;
    }
    if count < (d + d * (d + 1) / 2) as f64 && count < 0.5 * matrix.n_rows() as f64 {
        return Health::Thin;
    }
    Health::Good
}

/// [`health()`] of component `k` of a mixture. Of a posterior the prior keeps every covariance
/// proper: a component is good if it holds at least one row, and else empty, not needed.
pub fn health_of(
    matrix: &Matrix,
    mixture: &Mixture,
    k: usize,
    count: f64,
    floor: &[f64],
) -> Health {
    match (mixture.posterior(), count >= 1.0) {
        (None, _) => health(matrix, &mixture.covariances()[k], count, floor),
        (Some(_), true) => Health::Good,
        (Some(_), false) => Health::Empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ailment_is_told_from_the_others_at_any_scale() {
        for scale in [1.0, 1e-9, 1e9] {
            let x: Vec<f64> = (0..100).map(|i| f64::from(i) * scale).collect();
            let y: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 101) * scale).collect();
            let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
            let floor: Vec<f64> = matrix.variance().iter().map(|v| v * 1e-6).collect();
            let s2 = scale * scale;
            let of = |a: f64, b: f64, c: f64, count| {
                let covariance =
                    Covariance::dense(2, vec![a * s2, b * s2, b * s2, c * s2]).unwrap();
                health(&matrix, &covariance, count, &floor)
            };
            assert_eq!(of(100.0, 10.0, 100.0, 40.0), Health::Good);
            assert_eq!(of(100.0, 10.0, 100.0, 3.0), Health::Thin);
            assert_eq!(of(100.0, 100.0, 100.001, 40.0), Health::Flat);
            assert_eq!(of(1e-3, 0.0, 1e-3, 1.0), Health::Collapsed);
            assert_eq!(of(100.0, 10.0, 100.0, 0.0), Health::Empty);
        }
    }
}
