//! Stepwise EM: parameters move after every batch of rows, by sufficient statistics that
//! forget (Cappe and Moulines 2009; Liang and Klein 2009).

use std::rc::Rc;

use super::assign::Assign;
use super::e_step::e_step_as;
use super::em::Em;
use super::m_step::{StepError, components, moments, pairs};
use super::method::Knob;
use super::plan::Plan;
use super::scheme::{Kept, Memory};
use super::settings::Settings;
use super::shuffle::Shuffle;
use super::sums::Sums;
use crate::data::Matrix;
use crate::mixture::Mixture;
use crate::mixture::elementary::{exp, ln};

/// Batches and step sizes. With s the sufficient statistics a row (sum r, sum r x,
/// sum r x x^T of each component over the number of rows), an update is
/// s <- (1 - eta_u) s + eta_u s_batch, eta_u = (u + offset)^-exponent, u = 0, 1, ...;
/// parameters are formed from s as in the M-step, the floor added there and not kept in s.
/// The first s is that of the first parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepwise {
    /// Rows in a batch; the last of a pass may hold fewer.
    rows: usize,
    /// Batches in a pass.
    batches: usize,
    passes: usize,
    exponent: f64,
    offset: f64,
    shuffled: bool,
}

impl Stepwise {
    pub(super) fn new(settings: &Settings, matrix: &Matrix) -> Stepwise {
        let knobs = &settings.knobs;
        let n = matrix.n_rows();
        let rows = match knobs.count(Knob::Rows) {
            0 => n.min(32.max(n / 10)),
            rows => rows.min(n),
        };
        Stepwise {
            rows,
            batches: n.div_ceil(rows),
            passes: knobs.count(Knob::Passes),
            exponent: knobs.get(Knob::StepExponent),
            offset: knobs.get(Knob::StepOffset),
            shuffled: knobs.count(Knob::Shuffle) == 1,
        }
    }

    /// Updates before batch EM takes over.
    pub fn updates(&self) -> usize {
        self.batches * self.passes
    }

    /// eta_u.
    pub fn step_size(&self, update: usize) -> f64 {
        exp(-self.exponent * ln(update as f64 + self.offset))
    }

    /// The rows of the batch of update `update`, in the order of the table or in one that
    /// the seed shuffles anew for every pass; `None` once the updates are done.
    pub(super) fn batch(&self, update: usize, seed: u64, n: usize) -> Option<Vec<usize>> {
        if update >= self.updates() {
            return None;
        }
        let (pass, batch) = (update / self.batches, update % self.batches);
        let places = batch * self.rows..((batch + 1) * self.rows).min(n);
        Some(match self.shuffled {
            false => places.collect(),
            true => {
                let order = Shuffle::new(seed, pass, n);
                let mut rows: Vec<usize> = places.map(|i| order.at(i)).collect();
                rows.sort_unstable();
                rows
            }
        })
    }

    /// One update from the batch that `em` has evaluated, or one iteration of batch EM once
    /// the updates are done.
    pub(super) fn iterate(self, em: &Em, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        let update = em.state().stage();
        let Some(rows) = self.batch(update, plan.seed, matrix.n_rows()) else {
            return em.step(matrix, plan);
        };
        let (mixture, batch) = (em.mixture(), em.expectation());
        let centres = &batch.centres;
        let n = matrix.total_weight();
        let before: Rc<[Sums]> = match &em.state().memory.kept {
            Kept::Statistics(s) => s.clone(),
            _ => statistics(mixture, n).into(),
        };
        // A batch whose rows all have weight 0 says nothing.
        let scale = if batch.rows > 0.0 {
            n / batch.rows
        } else {
            0.0
        };
        let eta = if scale > 0.0 {
            self.step_size(update)
        } else {
            0.0
        };

        let dense = mixture.covariance_type().is_dense();
        let blended = blend(&before, &batch.sums, eta, scale);
        let (mut found, mut means, cancelled) = moments(&blended, centres, dense, None, None)?;
        if cancelled {
            // As in the M-step: the same responsibilities, summed about the new means.
            let part = matrix.subset(&rows);
            let again = e_step_as(&part, mixture, &means, Assign::Soft);
            let moved = about(&before, centres, &means, dense);
            (found, means, _) = moments(
                &blend(&moved, &again.sums, eta, scale),
                &means,
                dense,
                None,
                None,
            )?;
        }
        let (family, previous) = (mixture.covariance_type(), mixture.covariances());
        let next = components(matrix, family, previous, &found, means, plan)?;
        let kept = found.iter().zip(&blended).map(|(m, blended)| match m {
            Some(m) => Sums {
                count: m.count,
                second: m.scatter.iter().map(|s| s * m.count).collect(),
                ..Sums::zero(m.shift.len(), dense)
            },
            None => Sums::zero(blended.first.len(), dense),
        });
        let memory = Memory {
            kept: match update + 1 < self.updates() {
                true => Kept::Statistics(kept.collect()),
                false => Kept::Nothing,
            },
            ..em.state().memory.clone()
        };
        em.arrive(matrix, next, memory, plan)
    }
}

/// The statistics of `n` rows that give these parameters, about the means.
fn statistics(mixture: &Mixture, n: f64) -> Vec<Sums> {
    let (d, dense) = (mixture.dimension(), mixture.covariance_type().is_dense());
    let components = mixture.weights().iter().zip(mixture.covariances());
    components
        .map(|(w, covariance)| Sums {
            count: w * n,
            second: pairs(d, dense)
                .map(|(i, j)| w * n * covariance.get(i, j))
                .collect(),
            ..Sums::zero(d, dense)
        })
        .collect()
}

/// (1 - eta) a + eta scale b; both about the same centres.
fn blend(a: &[Sums], b: &[Sums], eta: f64, scale: f64) -> Vec<Sums> {
    let mix = |a: f64, b: f64| (1.0 - eta) * a + eta * scale * b;
    let all = |a: &[f64], b: &[f64]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| mix(*a, *b))
            .collect::<Vec<f64>>()
    };
    a.iter()
        .zip(b)
        .map(|(a, b)| Sums {
            count: mix(a.count, b.count),
            first: all(&a.first, &b.first),
            second: all(&a.second, &b.second),
            ..a.clone()
        })
        .collect()
}

/// Statistics about their means `from`, about `to` instead.
fn about(sums: &[Sums], from: &[Vec<f64>], to: &[Vec<f64>], dense: bool) -> Vec<Sums> {
    let mut moved = sums.to_vec();
    for ((s, from), to) in moved.iter_mut().zip(from).zip(to) {
        let shift: Vec<f64> = from.iter().zip(to).map(|(f, t)| f - t).collect();
        for (first, e) in s.first.iter_mut().zip(&shift) {
            *first += s.count * e;
        }
        for (second, (i, j)) in s.second.iter_mut().zip(pairs(shift.len(), dense)) {
            *second += s.count * shift[i] * shift[j];
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Knobs;

    fn stepwise(n: u32, rows: f64, shuffle: f64) -> Stepwise {
        let x: Vec<f64> = (0..n).map(f64::from).collect();
        let settings = Settings {
            knobs: Knobs::default()
                .with(Knob::Rows, rows)
                .with(Knob::Shuffle, shuffle),
            ..Settings::default()
        };
        Stepwise::new(&settings, &Matrix::from_columns(&[&x]).unwrap())
    }

    #[test]
    fn every_pass_sees_every_row_once() {
        for shuffle in [0.0, 1.0] {
            let s = stepwise(100, 32.0, shuffle);
            for pass in 0..s.passes {
                let batches = pass * 4..pass * 4 + 4;
                let mut rows: Vec<usize> =
                    batches.flat_map(|u| s.batch(u, 5, 100).unwrap()).collect();
                rows.sort_unstable();
                assert!(rows.into_iter().eq(0..100));
            }
            assert_eq!(s.batch(s.updates(), 5, 100), None);
        }
        assert_eq!(
            stepwise(100, 32.0, 0.0).batch(3, 1, 100),
            Some((96..100).collect())
        );
        assert_ne!(
            stepwise(100, 32.0, 1.0).batch(0, 1, 100),
            stepwise(100, 32.0, 1.0).batch(4, 1, 100)
        );
    }

    #[test]
    fn a_batch_is_a_tenth_of_the_rows_but_not_fewer_than_32_unless_there_are() {
        assert_eq!(
            [20, 100, 1000].map(|n| stepwise(n, 0.0, 0.0).rows),
            [20, 32, 100]
        );
    }

    #[test]
    fn step_sizes_fall_as_the_power_of_the_update() {
        let s = stepwise(100, 0.0, 0.0);
        for u in [0, 1, 7, 100] {
            assert!((s.step_size(u) - (u as f64 + 2.0).powf(-0.6)).abs() < 1e-15);
        }
    }
}
