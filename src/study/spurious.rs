//! Components whose shape says that they are an accident of the data.

use super::conditioning::conditioning;
use super::error::{StudyError, same};
use crate::data::Matrix;
use crate::mixture::Mixture;

/// Why a component is taken for an accident of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpuriousReason {
    /// It holds hardly more points than it has parameters.
    FewPoints,
    /// It is next to a point, a line or a plane.
    IllConditioned,
}

/// A component that belongs to a spurious maximum of the likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spurious {
    /// The component, from 0.
    pub component: usize,
    /// What speaks against it beside its thinness.
    pub reason: SpuriousReason,
    /// Its effective points.
    pub count: f64,
    /// Its condition number, see [`Conditioning`](super::Conditioning).
    pub condition_number: f64,
    /// Its smallest eigenvalue over the largest such of the others, below 1e-3.
    pub eigenvalue_ratio: f64,
}

/// A component is thin if its smallest eigenvalue is below this share of another's.
const THIN_RATIO: f64 = 1e-3;

/// Points to a parameter below which there are few.
const FEW: f64 = 2.0;

/// A condition number beyond which a component is next to flat: axes as 1 to 100.
const ILL_CONDITIONED: f64 = 1e4;

/// The thinnest component that makes the fit a spurious maximum: its smallest eigenvalue is
/// below 1e-3 of that of another component (the ratio that Hathaway 1985 bounds), and it
/// either holds fewer than twice as many points as a mean and a covariance have numbers, or
/// has a condition number above 1e4 (McLachlan and Peel 2000, section 3.10). Such a maximum
/// has a high likelihood and tells of a few rows that happen to lie together; a lower one
/// without it is usually the better fit. `counts` are the K effective points.
///
/// # Errors
/// If the columns differ, or there are not K counts.
pub fn spurious(
    matrix: &Matrix,
    mixture: &Mixture,
    counts: &[f64],
) -> Result<Option<Spurious>, StudyError> {
    let k = mixture.n_components();
    same("counts", k, counts.len())?;
    let d = matrix.n_columns() as f64;
    let few = FEW * (d + 0.5 * d * (d + 1.0));
    let mut shapes = Vec::with_capacity(k);
    for covariance in mixture.covariances() {
        shapes.push(conditioning(matrix, covariance)?);
    }
    let filled = |&c: &usize| mixture.weights()[c] > 0.0;
    let mut worst: Option<Spurious> = None;
    for component in (0..k).filter(filled) {
        let others = (0..k).filter(filled).filter(|&c| c != component);
        let widest = others.map(|c| shapes[c].smallest).fold(0.0, f64::max);
        let own = shapes[component];
        // Without another there is nothing to be thin beside.
        let eigenvalue_ratio = if widest > 0.0 {
            own.smallest / widest
        } else {
            1.0
        };
        let reason = match (
            counts[component] < few,
            own.condition_number > ILL_CONDITIONED,
        ) {
            (true, _) => SpuriousReason::FewPoints,
            (_, true) => SpuriousReason::IllConditioned,
            _ => continue,
        };
        if eigenvalue_ratio < worst.map_or(THIN_RATIO, |w| w.eigenvalue_ratio) {
            worst = Some(Spurious {
                component,
                reason,
                count: counts[component],
                condition_number: own.condition_number,
                eigenvalue_ratio,
            });
        }
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{line, plane};
    use super::super::rows::uncentred;
    use super::*;
    use crate::study::sample_rows;

    fn rows(mixture: &Mixture, n: usize) -> Matrix {
        let draws = sample_rows(mixture, n, 4);
        uncentred(&draws.columns).unwrap()
    }

    #[test]
    fn a_component_on_a_few_close_points_is_spurious_and_a_small_real_cluster_is_not() {
        let truth = line(&[(0.5, 0.0, 1.0), (0.5, 10.0, 1.0)]);
        let matrix = rows(&truth, 200);
        assert_eq!(spurious(&matrix, &truth, &[100.0, 100.0]), Ok(None));
        let accident = line(&[(0.99, 5.0, 26.0), (0.01, 0.3, 1e-5)]);
        let found = spurious(&matrix, &accident, &[198.0, 2.0])
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.component, found.reason),
            (1, SpuriousReason::FewPoints)
        );
        assert!(found.eigenvalue_ratio < 1e-6);
        // Narrow but well filled: measured twice with different care, say.
        let narrow = line(&[(0.5, 5.0, 26.0), (0.5, 0.3, 1e-5)]);
        assert_eq!(spurious(&matrix, &narrow, &[100.0, 100.0]), Ok(None));
    }

    #[test]
    fn a_needle_among_round_components_is_spurious_however_many_points_it_holds() {
        let needle = plane(&[
            (0.5, [0.0; 2], [1.0, 0.0, 1.0]),
            (0.5, [0.0; 2], [1.0, 0.0, 1e-6]),
        ]);
        let matrix = rows(&needle, 300);
        let found = spurious(&matrix, &needle, &[150.0, 150.0])
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.component, found.reason),
            (1, SpuriousReason::IllConditioned)
        );
        // All alike: then the data lie on a line, and no component is the accident.
        let both = plane(&[
            (0.5, [0.0; 2], [1.0, 0.0, 1e-6]),
            (0.5, [9.0, 0.0], [1.0, 0.0, 1e-6]),
        ]);
        assert_eq!(spurious(&matrix, &both, &[150.0, 150.0]), Ok(None));
        assert_eq!(
            spurious(
                &matrix,
                &plane(&[(1.0, [0.0; 2], [1.0, 0.0, 1e-6])]),
                &[3.0]
            ),
            Ok(None)
        );
        assert!(spurious(&matrix, &needle, &[1.0]).is_err());
    }
}
