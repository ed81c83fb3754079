//! The parameters of a mixture as one vector without constraints, for algorithms that
//! extrapolate: any finite vector is a mixture again.

use std::rc::Rc;

use crate::mixture::elementary::{exp, ln};
use crate::mixture::{Covariance, CovarianceType, Kind, Mixture};

/// The families that can be extrapolated and averaged: those that leave every Cholesky factor, every
/// variance or a single one free, for each component or for all. The others tie
/// parts of covariances together.
pub(super) fn takes(family: CovarianceType) -> bool {
    use CovarianceType as F;
    CovarianceType::ALL.contains(&family) || matches!(family, F::Eii | F::Eei)
}

/// Has the family one variance for all columns?
fn is_round(family: CovarianceType) -> bool {
    matches!(family, CovarianceType::Spherical | CovarianceType::Eii)
}

/// Between mixtures and vectors. Of each component that holds points: the logarithm of its
/// weight less the average of those logarithms; its mean in units of the columns' spread; of
/// the Cholesky factor of its covariance in the same units the logarithms of the diagonal and
/// the entries below it (Pinheiro and Bates 1996), for diagonal families the diagonal alone, for
/// spherical ones a single number. A shared covariance comes once.
///
/// Empty components stay as they are. Rescaling a column leaves the vector as it is but for a
/// constant, renumbering components permutes it.
pub(super) struct Vectors {
    /// Standard deviation of each column.
    spread: Vec<f64>,
}

impl Vectors {
    /// For data of these column variances.
    pub(super) fn new(variance: &[f64]) -> Vectors {
        let spread = |v: &f64| if *v > 0.0 { v.sqrt() } else { 1.0 };
        Vectors {
            spread: variance.iter().map(spread).collect(),
        }
    }

    /// The vector of a mixture; `None` for kinds of mixture that have no vector here.
    pub(super) fn of(&self, mixture: &Mixture) -> Option<Vec<f64>> {
        // A kind with a number more a component (ln nu, say) appends it to each component here,
        // and takes it back in `mixture`.
        let plain = *mixture.kind() == Kind::Gaussian
            && mixture.noise().is_none()
            && mixture.posterior().is_none();
        if !(plain && takes(mixture.covariance_type())) {
            return None;
        }
        let held = held(mixture);
        let logs: Vec<f64> = held.iter().map(|&k| ln(mixture.weights()[k])).collect();
        let average = logs.iter().sum::<f64>() / logs.len() as f64;
        let mut vector: Vec<f64> = logs.iter().map(|l| l - average).collect();
        for &k in &held {
            let mean = mixture.means()[k].iter().zip(&self.spread);
            vector.extend(mean.map(|(m, s)| m / s));
        }
        for &k in owners(mixture, &held) {
            self.push(
                &mixture.covariances()[k],
                mixture.covariance_type(),
                &mut vector,
            );
        }
        Some(vector)
    }

    fn push(&self, covariance: &Covariance, family: CovarianceType, vector: &mut Vec<f64>) {
        let diagonal =
            (0..covariance.dimension()).map(|j| ln(covariance.pivot(j) / self.spread[j]));
        vector.extend(diagonal.take(if is_round(family) { 1 } else { usize::MAX }));
        // Empty rows, unless the family is dense.
        for (j, s) in self.spread.iter().enumerate() {
            vector.extend(covariance.factor_row(j).iter().map(|l| l / s));
        }
    }

    /// The mixture of a vector, its empty components those of `like`; `None` if numbers leave
    /// the range of doubles on the way.
    pub(super) fn mixture(&self, vector: &[f64], like: &Mixture) -> Option<Mixture> {
        if vector.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let held = held(like);
        let d = like.dimension();
        let family = like.covariance_type();
        let (logs, rest) = vector.split_at_checked(held.len())?;
        let (means_part, mut rest) = rest.split_at_checked(held.len() * d)?;

        let highest = logs.iter().fold(f64::NEG_INFINITY, |h, &l| h.max(l));
        let shares: Vec<f64> = logs.iter().map(|l| exp(l - highest)).collect();
        let total: f64 = shares.iter().sum();
        let mut weights = vec![0.0; like.n_components()];
        let mut means = like.means().to_vec();
        for (i, &k) in held.iter().enumerate() {
            weights[k] = shares[i] / total;
            let given = means_part[i * d..].iter().zip(&self.spread);
            for (m, (v, s)) in means[k].iter_mut().zip(given) {
                *m = v * s;
            }
        }

        let mut covariances = like.covariances().to_vec();
        for &k in owners(like, &held) {
            let (own, after) = rest.split_at_checked(family.n_parameters(1, d))?;
            rest = after;
            covariances[k] = Rc::new(self.covariance(own, family)?);
        }
        if family.is_shared() {
            covariances = vec![covariances[held[0]].clone(); covariances.len()];
        }
        // A weight that rounds to 0 would empty a component for good.
        let vanished = held.iter().any(|&k| weights[k] == 0.0);
        Mixture::new(family, weights, means, covariances)
            .ok()
            .filter(|_| !vanished)
    }

    fn covariance(&self, own: &[f64], family: CovarianceType) -> Option<Covariance> {
        let d = self.spread.len();
        if !family.is_dense() {
            // A single number stands for all columns, in units of the first one's spread.
            let variances = (0..d).map(|j| {
                let at = j.min(own.len() - 1);
                let deviation = exp(own[at]) * self.spread[at];
                deviation * deviation
            });
            return Covariance::diagonal(variances.collect()).ok();
        }
        let mut factor = vec![0.0; d * d];
        let (diagonal, mut below) = own.split_at_checked(d)?;
        for j in 0..d {
            let (row, after) = below.split_at_checked(j)?;
            below = after;
            for (slot, v) in factor[j * d..].iter_mut().zip(row) {
                *slot = v * self.spread[j];
            }
            factor[j * d + j] = exp(diagonal[j]) * self.spread[j];
        }
        let row = |i: usize| &factor[i * d..(i + 1) * d];
        let entry = |e: usize| {
            let pairs = row(e / d).iter().zip(row(e % d));
            pairs.map(|(a, b)| a * b).sum::<f64>()
        };
        Covariance::dense(d, (0..d * d).map(entry).collect()).ok()
    }
}

/// The components that hold points.
fn held(mixture: &Mixture) -> Vec<usize> {
    let weights = mixture.weights();
    (0..weights.len()).filter(|&k| weights[k] > 0.0).collect()
}

/// The components among `held` whose covariances come in the vector.
fn owners<'a>(mixture: &Mixture, held: &'a [usize]) -> &'a [usize] {
    match mixture.covariance_type().is_shared() {
        true => &held[..1],
        false => held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAMILIES: [CovarianceType; 6] = [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diagonal,
        CovarianceType::Spherical,
        CovarianceType::Eii,
        CovarianceType::Eei,
    ];

    fn mixture(family: CovarianceType, numbers: &[f64]) -> Mixture {
        let d = 3;
        let covariance = |n: &[f64]| {
            Rc::new(match family {
                CovarianceType::Full | CovarianceType::Tied => {
                    let l = [
                        [1.0 + n[0], 0.0, 0.0],
                        [n[1], 0.2 + n[2], 0.0],
                        [-n[0], n[2], 5.0],
                    ];
                    let entry = |e: usize| (0..d).map(|m| l[e / d][m] * l[e % d][m]).sum();
                    Covariance::dense(d, (0..d * d).map(entry).collect()).unwrap()
                }
                CovarianceType::Diagonal | CovarianceType::Eei => {
                    Covariance::diagonal(n[..d].iter().map(|v| v + 0.1).collect()).unwrap()
                }
                _ => Covariance::diagonal(vec![n[0] + 0.1; d]).unwrap(),
            })
        };
        let mut covariances: Vec<_> = numbers.chunks(d).take(3).map(covariance).collect();
        if family.is_shared() {
            covariances = vec![covariances[0].clone(); 3];
        }
        let w = 0.1 + numbers[3];
        let weights = vec![w / (w + 1.0), 0.0, 1.0 / (w + 1.0)];
        let means = numbers.chunks(d).take(3).map(<[f64]>::to_vec).collect();
        Mixture::new(family, weights, means, covariances).unwrap()
    }

    proptest! {
        #[test]
        fn a_mixture_comes_back_from_its_vector(
            numbers in prop::collection::vec(0.0f64..4.0, 9),
            family in 0usize..6,
            scale in 1e-3f64..1e3,
        ) {
            let family = FAMILIES[family];
            let before = mixture(family, &numbers);
            let vectors = Vectors::new(&[scale, 1.0, 0.0]);
            let vector = vectors.of(&before).unwrap();
            let (k, d) = (2, 3);
            prop_assert_eq!(vector.len(), k + k * d + family.n_parameters(k, d));
            let after = vectors.mixture(&vector, &before).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + a.abs());
            for c in 0..3 {
                prop_assert!(close(before.weights()[c], after.weights()[c]));
                for i in 0..d {
                    prop_assert!(close(before.means()[c][i], after.means()[c][i]));
                    for j in 0..d {
                        let (a, b) = (&before.covariances()[c], &after.covariances()[c]);
                        prop_assert!(close(a.get(i, j), b.get(i, j)));
                    }
                }
            }
        }

        #[test]
        fn any_vector_is_a_mixture_or_none(
            numbers in prop::collection::vec(0.0f64..4.0, 9),
            family in 0usize..6,
            noise in prop::collection::vec(-800.0f64..800.0, 32),
        ) {
            let like = mixture(FAMILIES[family], &numbers);
            let vectors = Vectors::new(&[1.0, 2.0, 3.0]);
            let n = vectors.of(&like).unwrap().len();
            if let Some(m) = vectors.mixture(&noise[..n], &like) {
                prop_assert!((m.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            prop_assert!(vectors.mixture(&[f64::NAN; 32][..n], &like).is_none());
            prop_assert!(vectors.mixture(&noise[..1], &like).is_none());
        }
    }
}
