//! Components split and merged by hand (Richardson and Green 1997; Ueda et al. 2000).

use std::fmt;
use std::rc::Rc;

use super::em::Em;
use super::m_step::{StepError, pairs};
use super::plan::Plan;
use super::scheme::Scheme;
use super::shapes::{Scatter, shaped};
use crate::data::Matrix;
use crate::mixture::{Covariance, Kind, MAX_COMPONENTS, Mixture, letter, symmetric_kl};

/// How far the two halves of a split lie from the old mean, in standard deviations along
/// the longest axis of what was split: the two keep its mean and its covariance together.
const APART: f64 = 0.5;

/// Rounds of the power method that finds that axis.
const ROUNDS: usize = 200;

/// Why components cannot be split or merged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EditError {
    /// There is no such component.
    Component(usize),
    /// Merging needs two different components.
    Same(usize),
    /// There are [`MAX_COMPONENTS`] already.
    Full,
    /// Only the parameters of a mixture can be edited, not a chain.
    Kind,
    /// The edited parameters make no mixture that can be fitted.
    Step(StepError),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Component(k) => write!(
                f,
                "there is no component {}: choose one that is there",
                letter(*k)
            ),
            EditError::Same(k) => write!(
                f,
                "component {} cannot be merged with itself: choose another one",
                letter(*k)
            ),
            EditError::Full => write!(
                f,
                "there are {MAX_COMPONENTS} components already: remove or merge some first"
            ),
            EditError::Kind => write!(
                f,
                "components of this model cannot be split or merged by hand: choose EM first"
            ),
            EditError::Step(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for EditError {}

/// A mixture after an edit, and what the edit did to the objective.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The edited parameters.
    pub mixture: Mixture,
    /// The objective before.
    pub before: f64,
    /// The objective with the edited parameters.
    pub after: f64,
    /// The objective after a few iterations from there, fewer if one fails.
    pub settled: f64,
}

/// Component `k` as two of half its weight each, half a standard deviation to either side
/// of its mean along its longest axis. Mean and covariance of the two together are those
/// of the one. The second half becomes the last component.
///
/// # Errors
/// If there is no such component or no room for one more.
pub fn split(mixture: &Mixture, k: usize) -> Result<Mixture, EditError> {
    let (mut weights, mut means, mut covariances) = parts(mixture)?;
    if k >= weights.len() {
        return Err(EditError::Component(k));
    }
    if weights.len() == MAX_COMPONENTS {
        return Err(EditError::Full);
    }
    let covariance = covariances[k].clone();
    let axis = longest_axis(&covariance);
    let offset = |sign: f64| -> Vec<f64> {
        let moved = means[k].iter().zip(&axis);
        moved.map(|(m, a)| m + sign * APART * a).collect()
    };
    let (left, right) = (offset(-1.0), offset(1.0));
    // Between the two lies APART^2 of the axis's variance; each keeps the rest.
    let narrow = changed(&covariance, |i, j, s| s - APART * APART * axis[i] * axis[j])
        .unwrap_or_else(|| covariance.clone());
    weights[k] *= 0.5;
    weights.push(weights[k]);
    means[k] = left;
    means.push(right);
    covariances.push(narrow.clone());
    covariances[k] = narrow;
    rebuilt(mixture, weights, means, covariances)
}

/// Components `a` and `b` as one with the weight, mean and covariance of the two together,
/// in the place of the first of them.
///
/// # Errors
/// If one of them does not exist or they are the same.
pub fn merge(mixture: &Mixture, a: usize, b: usize) -> Result<Mixture, EditError> {
    let (mut weights, mut means, mut covariances) = parts(mixture)?;
    for k in [a, b] {
        if k >= weights.len() {
            return Err(EditError::Component(k));
        }
    }
    if a == b {
        return Err(EditError::Same(a));
    }
    let (a, b) = (a.min(b), a.max(b));
    let weight = weights[a] + weights[b];
    let share = if weight > 0.0 {
        weights[b] / weight
    } else {
        0.5
    };
    let off: Vec<f64> = means[b].iter().zip(&means[a]).map(|(b, a)| b - a).collect();
    let other = covariances[b].clone();
    let wide = changed(&covariances[a], |i, j, s| {
        (1.0 - share) * s + share * other.get(i, j) + share * (1.0 - share) * off[i] * off[j]
    });
    means[a] = means[a]
        .iter()
        .zip(&off)
        .map(|(m, o)| m + share * o)
        .collect();
    weights[a] = weight;
    if let Some(wide) = wide {
        covariances[a] = wide;
    }
    weights.remove(b);
    means.remove(b);
    covariances.remove(b);
    rebuilt(mixture, weights, means, covariances)
}

/// Can a component of this mixture be split?
pub fn can_split(mixture: &Mixture) -> bool {
    editable(mixture) && mixture.n_components() < MAX_COMPONENTS
}

/// For each component the one that is nearest by [`symmetric_kl`], the first of several as
/// near: what it would be merged with. `None` if it is the only one, or if components of this
/// kind cannot be merged. K (K - 1) / 2 divergences.
pub fn nearest(mixture: &Mixture) -> Vec<Option<usize>> {
    let k = mixture.n_components();
    let mut nearest = vec![(f64::INFINITY, None); k];
    let (means, covariances) = (mixture.means(), mixture.covariances());
    for a in (0..k).filter(|_| editable(mixture)) {
        for b in 0..a {
            let apart = symmetric_kl(&means[a], &covariances[a], &means[b], &covariances[b]);
            for (one, other) in [(a, b), (b, a)] {
                if apart < nearest[one].0 {
                    nearest[one] = (apart, Some(other));
                }
            }
        }
    }
    nearest.into_iter().map(|(_, other)| other).collect()
}

/// What an edit does to the objective: at once, and after `iterations` from there.
///
/// # Errors
/// If the edited parameters cannot be evaluated.
pub fn preview(
    matrix: &Matrix,
    plan: &Plan,
    before: f64,
    mixture: Mixture,
    iterations: usize,
) -> Result<Edited, EditError> {
    let mut plan = plan.clone();
    if let Scheme::Single { .. } = plan.scheme {
        // What is told of an edit is exact.
        plan.scheme = Scheme::Em;
    }
    let mut em = Em::new(matrix, mixture.clone(), &plan);
    let after = em.objective();
    if !after.is_finite() {
        return Err(EditError::Step(StepError::NotFinite { component: 0 }));
    }
    if !em.shown().climbs() {
        // What is not climbed does not tell what the edit is worth.
        plan.scheme = Scheme::Em;
    }
    for _ in 0..iterations {
        match em.iterate(matrix, &plan) {
            Ok(next) => em = next,
            Err(_) => break,
        }
    }
    Ok(Edited {
        mixture,
        before,
        after,
        settled: em.objective(),
    })
}

type Parts = (Vec<f64>, Vec<Vec<f64>>, Vec<Rc<Covariance>>);

/// Of a posterior the plug-in mixture is edited; a run draws a new one from it.
fn editable(mixture: &Mixture) -> bool {
    matches!(mixture.kind(), Kind::Gaussian | Kind::Posterior(_))
}

fn parts(mixture: &Mixture) -> Result<Parts, EditError> {
    if !editable(mixture) {
        return Err(EditError::Kind);
    }
    Ok((
        mixture.weights().to_vec(),
        mixture.means().to_vec(),
        mixture.covariances().to_vec(),
    ))
}

/// The parts as a mixture, their covariances made members of its family.
fn rebuilt(
    mixture: &Mixture,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Rc<Covariance>>,
) -> Result<Mixture, EditError> {
    let family = mixture.covariance_type();
    let (total, d) = (weights.iter().sum::<f64>(), mixture.dimension());
    let packed: Vec<Vec<f64>> = covariances
        .iter()
        .map(|c| {
            pairs(d, family.is_dense())
                .map(|(i, j)| c.get(i, j))
                .collect()
        })
        .collect();
    let scatters: Vec<Scatter<'_>> = weights
        .iter()
        .zip(&packed)
        // A component without weight has a covariance all the same.
        .map(|(w, matrix)| Scatter {
            count: w.max(f64::EPSILON),
            matrix,
        })
        .collect();
    let covariances = shaped(family, d, &scatters, &[]).unwrap_or(covariances);
    let weights = weights.iter().map(|w| w / total).collect();
    let edited = Mixture::new(family, weights, means, covariances).map_err(|_| EditError::Kind)?;
    match mixture.noise() {
        None => Ok(edited),
        Some(noise) => edited.with_noise(noise).map_err(|_| EditError::Kind),
    }
}

/// A covariance with its entries changed; `None` if nothing positive definite is left.
fn changed(
    covariance: &Covariance,
    entry: impl Fn(usize, usize, f64) -> f64,
) -> Option<Rc<Covariance>> {
    let d = covariance.dimension();
    let at = |i, j| entry(i, j, covariance.get(i, j));
    let new = match covariance.is_diagonal() {
        true => Covariance::diagonal((0..d).map(|j| at(j, j)).collect()),
        false => Covariance::dense(d, (0..d * d).map(|l| at(l / d, l % d)).collect()),
    };
    new.ok().map(Rc::new)
}

/// The axis of the largest variance, as long as its standard deviation (power method,
/// from the column with the largest variance).
fn longest_axis(covariance: &Covariance) -> Vec<f64> {
    let d = covariance.dimension();
    let widest = (0..d)
        .max_by(|&a, &b| covariance.get(a, a).total_cmp(&covariance.get(b, b)))
        .unwrap_or(0);
    let mut axis: Vec<f64> = (0..d).map(|j| f64::from(u8::from(j == widest))).collect();
    let mut variance = covariance.get(widest, widest);
    for _ in 0..ROUNDS {
        let image: Vec<f64> = (0..d)
            .map(|i| (0..d).map(|j| covariance.get(i, j) * axis[j]).sum())
            .collect();
        variance = image.iter().map(|v: &f64| v * v).sum::<f64>().sqrt();
        axis = image.iter().map(|v| v / variance).collect();
    }
    axis.iter().map(|a| a * variance.sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::CovarianceType;

    fn moments(mixture: &Mixture) -> (Vec<f64>, Vec<f64>) {
        let d = mixture.dimension();
        let each = || {
            let parts = mixture.weights().iter().zip(mixture.means());
            parts.zip(mixture.covariances())
        };
        let mean: Vec<f64> = (0..d)
            .map(|j| each().map(|((w, m), _)| w * m[j]).sum())
            .collect();
        let second = (0..d * d)
            .map(|l| {
                let (i, j) = (l / d, l % d);
                each()
                    .map(|((w, m), c)| w * (c.get(i, j) + m[i] * m[j]))
                    .sum()
            })
            .collect();
        (mean, second)
    }

    fn two() -> Mixture {
        let a = Covariance::dense(2, vec![4.0, 1.0, 1.0, 1.0]).unwrap();
        let b = Covariance::dense(2, vec![1.0, -0.3, -0.3, 0.5]).unwrap();
        Mixture::new(
            CovarianceType::Full,
            vec![0.7, 0.3],
            vec![vec![0.0, 0.0], vec![5.0, -1.0]],
            vec![Rc::new(a), Rc::new(b)],
        )
        .unwrap()
    }

    fn near(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn a_split_keeps_weight_mean_and_covariance_together() {
        let after = split(&two(), 0).unwrap();
        assert_eq!(after.n_components(), 3);
        assert_eq!(after.weights(), [0.35, 0.3, 0.35]);
        let (before, after) = (moments(&two()), moments(&after));
        assert!(near(&before.0, &after.0) && near(&before.1, &after.1));
    }

    #[test]
    fn a_merge_keeps_them_too_and_undoes_a_split() {
        let one = merge(&two(), 1, 0).unwrap();
        assert_eq!(one.n_components(), 1);
        let (before, after) = (moments(&two()), moments(&one));
        assert!(near(&before.0, &after.0) && near(&before.1, &after.1));
        let back = merge(&split(&two(), 0).unwrap(), 0, 2).unwrap();
        assert!(near(&back.means()[0], &two().means()[0]));
        assert!((back.covariances()[0].get(0, 1) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn halves_lie_along_the_longest_axis() {
        let after = split(&two(), 0).unwrap();
        let (l, r) = (&after.means()[0], &after.means()[2]);
        // The eigenvector of [[4, 1], [1, 1]]: slope (sqrt(13) - 3) / 2.
        let slope = (r[1] - l[1]) / (r[0] - l[0]);
        assert!((slope - (13f64.sqrt() - 3.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn every_family_keeps_its_form() {
        for family in CovarianceType::SHAPES {
            let round = Rc::new(match family.is_dense() {
                true => Covariance::dense(2, vec![2.0, 0.0, 0.0, 2.0]).unwrap(),
                false => Covariance::diagonal(vec![2.0; 2]).unwrap(),
            });
            let two = Mixture::new(
                family,
                vec![0.5, 0.5],
                vec![vec![0.0, 0.0], vec![6.0, 1.0]],
                vec![round.clone(), round],
            )
            .unwrap();
            for edited in [split(&two, 0).unwrap(), merge(&two, 0, 1).unwrap()] {
                let c = edited.covariances();
                let code = family.code();
                if family.is_shared() {
                    assert!(c.iter().all(|x| x == &c[0]), "{code}");
                }
                if code.ends_with("II") {
                    assert!(c.iter().all(|x| x.get(0, 0) == x.get(1, 1)), "{code}");
                }
                assert!(
                    c.iter().all(|x| x.is_diagonal() != family.is_dense()),
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_edited_is_named() {
        assert_eq!(split(&two(), 2).unwrap_err(), EditError::Component(2));
        assert_eq!(merge(&two(), 1, 1).unwrap_err(), EditError::Same(1));
        assert_eq!(merge(&two(), 0, 9).unwrap_err(), EditError::Component(9));
        let mut many = two();
        while many.n_components() < MAX_COMPONENTS {
            many = split(&many, 0).unwrap();
        }
        assert_eq!(split(&many, 0).unwrap_err(), EditError::Full);
    }

    #[test]
    fn the_objective_of_an_edit_settles_no_lower_than_it_began() {
        let x: Vec<f64> = (0..80)
            .map(|i| f64::from(i % 2) * 6.0 + f64::from(i * 7 % 11) * 0.1)
            .collect();
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let wide = Rc::new(Covariance::dense(1, vec![9.0]).unwrap());
        let one =
            Mixture::new(CovarianceType::Full, vec![1.0], vec![vec![3.5]], vec![wide]).unwrap();
        let plan = Plan::plain(vec![0.0]);
        let before = Em::new(&matrix, one.clone(), &plan).objective();
        let edited = preview(&matrix, &plan, before, split(&one, 0).unwrap(), 20).unwrap();
        assert!(edited.settled >= edited.after);
        assert!(edited.settled > edited.before + 50.0, "{edited:?}");
    }
}
