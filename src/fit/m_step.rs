//! The M-step: parameters from sums.

use std::fmt;
use std::rc::Rc;

use super::beyond;
use super::e_step::{Expectation, e_step_as};
use super::plan::Plan;
use super::prior::Prior;
use super::shapes::{Scatter, floored, shaped};
use super::sums::Sums;
use crate::data::Matrix;
use crate::digits::fixed;
use crate::mixture::{Covariance, CovarianceError, CovarianceType, Mixture, Noise, letter};

/// Added to every effective count, as scikit-learn does; a component whose own count is
/// not above it holds no points.
pub const EMPTY_COUNT: f64 = 10.0 * f64::EPSILON;

/// If subtracting the squared shift of a mean leaves less than this share of a
/// variance, the digits are gone and the sums are formed again about the new mean.
pub(super) const CANCELLATION: f64 = 1e-2;

/// Why an M-step could not be completed. The parameters before it stand.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepError {
    /// A covariance has no Cholesky factor or is narrower than the data's rounding.
    Collapsed {
        /// The component, from 0.
        component: usize,
        /// The column along which no variance is left, from 0.
        column: usize,
        /// Effective number of points it holds.
        count: f64,
    },
    /// Every component lost its points.
    AllEmpty,
    /// A sum left the range of doubles.
    NotFinite {
        /// The component, from 0.
        component: usize,
    },
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepError::Collapsed {
                component,
                column,
                count,
            } => write!(
                f,
                "component {} collapsed: it holds {} points, and no variance is left along column {}: raise the floor, use fewer components, or a family with fewer parameters",
                letter(*component),
                fixed(*count, 1),
                column + 1
            ),
            StepError::AllEmpty => write!(
                f,
                "every component lost its points: choose another start, or larger weights of the rows"
            ),
            StepError::NotFinite { component } => write!(
                f,
                "the sums of component {} exceed what a double can hold: divide columns or weights by a constant",
                letter(*component)
            ),
        }
    }
}

impl std::error::Error for StepError {}

/// Mean shift and scatter of one component: delta = new mean - centre, and
/// sum r (x - mean)(x - mean)^T / n_k packed as [`Sums::second`].
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) shift: Vec<f64>,
    pub(super) scatter: Vec<f64>,
    /// Were digits lost to the shift?
    cancelled: bool,
}

impl Moments {
    /// `origin` is the zero of the matrix's coordinates less the centre of the sums:
    /// scikit-learn's 10 eps added to each count draw a mean there, by nothing that shows
    /// unless the component is all but empty.
    pub(super) fn of(sums: &Sums, origin: &[f64], dense: bool) -> Moments {
        Moments::with_total(sums, sums.count, EMPTY_COUNT, origin, dense)
    }

    /// As [`Self::of`] where what the rows count sums to `total`, and `padding` is added to it.
    pub(super) fn with_total(
        sums: &Sums,
        total: f64,
        padding: f64,
        origin: &[f64],
        dense: bool,
    ) -> Moments {
        let count = total + padding;
        let share = total / count;
        let average: Vec<f64> = sums.first.iter().map(|s| s / count).collect();
        let shift: Vec<f64> = average
            .iter()
            .zip(origin)
            .map(|(a, o)| a + padding / count * o)
            .collect();
        let mut scatter: Vec<f64> = sums.second.iter().map(|s| s / count).collect();
        let mut cancelled = false;
        for (entry, (i, j)) in pairs(shift.len(), dense).enumerate() {
            let before = scatter[entry];
            scatter[entry] -= average[i] * shift[j] + shift[i] * (average[j] - share * shift[j]);
            cancelled |= i == j && scatter[entry] < CANCELLATION * before;
        }
        Moments {
            count,
            shift,
            scatter,
            cancelled,
        }
    }
}

/// The zero of the matrix's coordinates seen from `centre`.
pub(super) fn origin(centre: &[f64]) -> Vec<f64> {
    centre.iter().map(|c| -c).collect()
}

/// Index pairs in the order of [`Sums::second`].
pub(super) fn pairs(d: usize, dense: bool) -> impl Iterator<Item = (usize, usize)> {
    (0..d).flat_map(move |i| (if dense { 0 } else { i }..=i).map(move |j| (i, j)))
}

/// The parameters that maximise the plan's objective given the E-step under `mixture`
/// (Dempster, Laird and Rubin 1977; McLachlan and Peel 2000, 3.2).
///
/// n_k = sum r + 10 eps; w_k = n_k / sum n_k; mu_k = sum r x / n_k;
/// S_k = sum r (x - mu_k)(x - mu_k)^T / n_k, and the plan's floor on every variance; from these
/// the family makes its covariances (Celeux and Govaert 1995). A component without points gets
/// weight 0 and keeps its mean and covariance. A prior enters as `Prior::pull` says,
/// and what differs for t components stands in the module `robust`. Under a
/// [`VariationalPrior`](super::VariationalPrior) what is returned is a posterior.
///
/// # Errors
/// If a covariance has no factor or is narrower than the data's rounding (the error names
/// component and column), if no component holds points, or if a sum is not finite.
pub fn m_step(
    matrix: &Matrix,
    mixture: &Mixture,
    expectation: &Expectation,
    plan: &Plan,
) -> Result<Mixture, StepError> {
    if let Some(prior) = &plan.variational {
        return beyond::m_step_of_posterior(matrix, mixture, expectation, prior, &plan.floor);
    }
    let dense = mixture.covariance_type().is_dense();
    let prior = plan.prior.as_ref();
    let e = expectation;
    let scales = match mixture.degrees() {
        None => None,
        Some(_) => beyond::expansions(mixture, &e.sums, plan.kent),
    };
    let scales = scales.as_deref();
    let (moments, means, cancelled) = moments(&e.sums, &e.centres, dense, prior, scales)?;
    let next = if cancelled {
        // Exact route: the same responsibilities, summed about the new means.
        let again = e_step_as(matrix, mixture, &means, e.assign);
        let (exact, means, _) = self::moments(&again.sums, &means, dense, prior, scales)?;
        assemble(matrix, mixture, &exact, means, e, plan)?
    } else {
        assemble(matrix, mixture, &moments, means, e, plan)?
    };
    match scales {
        None => Ok(next),
        Some(scales) => beyond::with_degrees(next, mixture, &e.sums, scales),
    }
}

/// Moments of the components that hold points, all new means, and whether digits were lost.
pub(super) type PerComponent = (Vec<Option<Moments>>, Vec<Vec<f64>>, bool);

pub(super) fn moments(
    sums: &[Sums],
    centres: &[Vec<f64>],
    dense: bool,
    prior: Option<&Prior>,
    expansions: Option<&[f64]>,
) -> Result<PerComponent, StepError> {
    let mut moments = Vec::with_capacity(sums.len());
    let mut means = centres.to_vec();
    let mut cancelled = false;
    for (component, sums) in sums.iter().enumerate() {
        // A prior gives a component a place even if it holds nothing.
        if sums.count <= EMPTY_COUNT && prior.is_none() {
            moments.push(None);
            continue;
        }
        let zero = origin(&centres[component]);
        let mut m = match expansions {
            None => Moments::of(sums, &zero, dense),
            Some(alpha) => beyond::moments(sums, alpha[component], &zero, dense),
        };
        if m.shift.iter().chain(&m.scatter).any(|v| !v.is_finite()) {
            return Err(StepError::NotFinite { component });
        }
        cancelled |= m.cancelled;
        if let Some(prior) = prior {
            beyond::pull(prior, &mut m, &centres[component]);
        }
        for (mean, shift) in means[component].iter_mut().zip(&m.shift) {
            *mean += shift;
        }
        moments.push(Some(m));
    }
    Ok((moments, means, cancelled))
}

fn assemble(
    matrix: &Matrix,
    mixture: &Mixture,
    moments: &[Option<Moments>],
    means: Vec<Vec<f64>>,
    e: &Expectation,
    plan: &Plan,
) -> Result<Mixture, StepError> {
    let (family, previous) = (mixture.covariance_type(), mixture.covariances());
    let next = components(matrix, family, previous, moments, means, plan)?;
    let next = match mixture.chain() {
        None => next,
        Some(_) => beyond::carry_on(mixture, next, e)?,
    };
    match mixture.noise() {
        None => Ok(next),
        Some(noise) => next
            .with_noise(Noise {
                weight: e.noise_count / (held(moments, plan) + e.noise_count),
                ..noise
            })
            .map_err(|_| StepError::AllEmpty),
    }
}

/// What the weights of the components are shares of.
fn held(moments: &[Option<Moments>], plan: &Plan) -> f64 {
    let rows = plan.prior.as_ref().map_or(0.0, Prior::weight_rows);
    moments.iter().flatten().map(|m| m.count + rows).sum()
}

/// The components with these moments and means; `previous`: their covariances, or none.
pub(super) fn components(
    matrix: &Matrix,
    family: CovarianceType,
    previous: &[Rc<Covariance>],
    moments: &[Option<Moments>],
    means: Vec<Vec<f64>>,
    plan: &Plan,
) -> Result<Mixture, StepError> {
    let rows = plan.prior.as_ref().map_or(0.0, Prior::weight_rows);
    let held = held(moments, plan);
    if held <= 0.0 {
        return Err(StepError::AllEmpty);
    }
    let weights = moments
        .iter()
        .map(|m| m.as_ref().map_or(0.0, |m| (m.count + rows) / held))
        .collect();
    let covariances = covariances(matrix, family, previous, moments, plan)?;
    Mixture::new(family, weights, means, covariances).map_err(|_| StepError::AllEmpty)
}

/// One covariance a component, by family.
fn covariances(
    matrix: &Matrix,
    family: CovarianceType,
    previous: &[Rc<Covariance>],
    moments: &[Option<Moments>],
    plan: &Plan,
) -> Result<Vec<Rc<Covariance>>, StepError> {
    let (floor, dense) = (&plan.floor, family.is_dense());
    // Scatters are worth what they were divided by: rows, and those of the prior.
    let rows = plan.prior.as_ref().map_or(0.0, Prior::rows);
    let held: Vec<(usize, f64, Vec<f64>)> = moments
        .iter()
        .enumerate()
        .filter_map(|(k, m)| {
            let m = m.as_ref()?;
            Some((k, m.count, floored(&m.scatter, floor, dense)))
        })
        .collect();
    let scatters: Vec<Scatter<'_>> = held
        .iter()
        .map(|(_, count, matrix)| Scatter {
            count: count + rows,
            matrix,
        })
        .collect();
    let current: Vec<Rc<Covariance>> = held
        .iter()
        .filter_map(|&(k, ..)| previous.get(k).cloned())
        .collect();
    let shared = family.is_shared();
    let total: f64 = held.iter().map(|(_, count, _)| count).sum();
    let place = |i: usize| (held[i].0, if shared { total } else { held[i].1 });
    let found = shaped(family, floor.len(), &scatters, &current).map_err(|(i, e)| {
        let (component, count) = place(i);
        collapsed(component, count, e)
    })?;
    if shared {
        let (component, count) = place(0);
        resolved(matrix, component, count, &found[0])?;
        return Ok(vec![found[0].clone(); moments.len()]);
    }
    let mut covariances = previous.to_vec();
    covariances.resize(moments.len(), found[0].clone());
    for (i, covariance) in found.into_iter().enumerate() {
        let (component, count) = place(i);
        resolved(matrix, component, count, &covariance)?;
        covariances[component] = covariance;
    }
    Ok(covariances)
}

pub(super) fn collapsed(component: usize, count: f64, error: CovarianceError) -> StepError {
    match error {
        CovarianceError::NotPositiveDefinite { dimension } => StepError::Collapsed {
            component,
            column: dimension,
            count,
        },
        _ => StepError::NotFinite { component },
    }
}

/// A factor that is narrower than the rounding of the data is a collapse too.
fn resolved(
    matrix: &Matrix,
    component: usize,
    count: f64,
    covariance: &Covariance,
) -> Result<(), StepError> {
    match narrower_than_rounding(matrix, covariance) {
        None => Ok(()),
        Some(column) => Err(StepError::Collapsed {
            component,
            column,
            count,
        }),
    }
}

/// A factor keeps no digit once the variance left in a column is this share of it.
const LOST_DIGITS: f64 = 64.0 * f64::EPSILON;

/// The first column along which `covariance` is narrower than the data's rounding, or
/// in which its factor is nothing but rounding.
pub(super) fn narrower_than_rounding(matrix: &Matrix, covariance: &Covariance) -> Option<usize> {
    (0..matrix.n_columns()).find(|&j| {
        let variance = covariance.get(j, j);
        variance.sqrt() < matrix.resolution()[j]
            || covariance.pivot(j) * covariance.pivot(j) < LOST_DIGITS * variance
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_follow_the_packed_triangle() {
        assert_eq!(pairs(2, true).collect::<Vec<_>>(), [(0, 0), (1, 0), (1, 1)]);
        assert_eq!(pairs(2, false).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        assert_eq!(
            floored(&[1.0, 2.0, 3.0], &[0.5, 0.25], true),
            [1.5, 2.0, 3.25]
        );
        assert_eq!(floored(&[1.0, 3.0], &[0.5, 0.25], false), [1.5, 3.25]);
    }
}
