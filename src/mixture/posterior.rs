//! What variational inference knows of a mixture's parameters: not one value of each but
//! a distribution (Bishop 2006, Pattern Recognition and Machine Learning, 10.2).
//!
//! q = q(pi) x product over k of N(mu_k; m_k, (beta_k Lambda_k)^-1) W(Lambda_k; W_k, nu_k).
//! The [`Mixture`] that holds a [`Posterior`] has the m_k as its means, the inverse expected
//! precisions S_k = W_k^-1 / nu_k as its covariances (scikit-learn's `covariances_`), and
//! the posterior means of the weights.

use serde::{Deserialize, Serialize};

use super::elementary::ln;
use super::model::{Kind, Mixture, MixtureError};
use super::special::{digamma, ln_minus_digamma};
use super::student::{log_constant, log_kernel};
use std::rc::Rc;

/// The posterior of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Concentration {
    /// Dir(pi; alpha): K numbers above 0.
    Dirichlet(Vec<f64>),
    /// pi_k = v_k times the (1 - v_j) of all components before it, with v_k from
    /// Beta(a_k, b_k): K pairs. The last stick is not fixed to 1, as in scikit-learn
    /// (Blei and Jordan 2006, Variational inference for Dirichlet process mixtures).
    Sticks(Vec<[f64; 2]>),
}

impl Concentration {
    /// Every parameter of it.
    fn parameters(&self) -> &[f64] {
        match self {
            Concentration::Dirichlet(alpha) => alpha,
            Concentration::Sticks(pairs) => pairs.as_flattened(),
        }
    }

    /// K.
    fn len(&self) -> usize {
        match self {
            Concentration::Dirichlet(alpha) => alpha.len(),
            Concentration::Sticks(pairs) => pairs.len(),
        }
    }

    /// E ln v_k and E ln(1 - v_k) of a stick.
    pub(crate) fn expected_logs([a, b]: [f64; 2]) -> [f64; 2] {
        let both = digamma(a + b);
        [digamma(a) - both, digamma(b) - both]
    }

    /// E ln pi_k: K numbers.
    pub fn expected_log_weights(&self) -> Vec<f64> {
        match self {
            Concentration::Dirichlet(alpha) => {
                let all = digamma(alpha.iter().sum());
                alpha.iter().map(|&a| digamma(a) - all).collect()
            }
            Concentration::Sticks(pairs) => {
                let mut left = 0.0;
                let one = |&pair: &[f64; 2]| {
                    let [taken, rest] = Concentration::expected_logs(pair);
                    let before = left;
                    left += rest;
                    before + taken
                };
                pairs.iter().map(one).collect()
            }
        }
    }

    /// E pi_k: K numbers above 0, divided by their sum (sticks leave a rest beyond the K-th).
    pub fn weights(&self) -> Vec<f64> {
        let mut left = 1.0;
        let mut weights: Vec<f64> = match self {
            Concentration::Dirichlet(alpha) => alpha.clone(),
            Concentration::Sticks(pairs) => pairs
                .iter()
                .map(|[a, b]| {
                    let taken = left * (a / (a + b));
                    left *= b / (a + b);
                    taken
                })
                .collect(),
        };
        let sum: f64 = weights.iter().sum();
        for w in &mut weights {
            // A weight of 0 would say that the component takes no part.
            *w = (*w / sum).max(f64::MIN_POSITIVE);
        }
        weights
    }
}

/// The posterior of a mixture's parameters, beside what the [`Mixture`] says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    concentration: Concentration,
    mean_precision: Vec<f64>,
    degrees_of_freedom: Vec<f64>,
    counts: Vec<f64>,
    offsets: Vec<f64>,
    shown: Vec<f64>,
}

/// ln |E Lambda| - E ln |Lambda| of a Wishart distribution with `nu` degrees of freedom in
/// `d` dimensions: the sum over i < D of ln(nu / 2) - psi((nu - i) / 2) (Bishop 2006, B.81).
pub(crate) fn precision_gap(d: usize, nu: f64) -> f64 {
    let mut sum = 0.0;
    let mut left = nu;
    for _ in 0..d {
        sum += ln_minus_digamma(0.5 * left) + ln(nu / left);
        left -= 1.0;
    }
    sum
}

impl Posterior {
    /// From its parameters, all of length K: those of the weights, beta_k, nu_k, and the
    /// effective numbers of rows n_k that they were drawn from.
    pub fn new(
        concentration: Concentration,
        mean_precision: Vec<f64>,
        degrees_of_freedom: Vec<f64>,
        counts: Vec<f64>,
    ) -> Posterior {
        Posterior {
            offsets: Vec::new(),
            shown: match &concentration {
                Concentration::Dirichlet(alpha) => alpha.clone(),
                Concentration::Sticks(pairs) => pairs.iter().map(|[a, b]| a / (a + b)).collect(),
            },
            concentration,
            mean_precision,
            degrees_of_freedom,
            counts,
        }
    }

    /// The posterior of the weights.
    pub fn concentration(&self) -> &Concentration {
        &self.concentration
    }

    /// beta_k, K numbers: how many rows the belief in m_k is worth.
    pub fn mean_precision(&self) -> &[f64] {
        &self.mean_precision
    }

    /// nu_k, K numbers above D - 1.
    pub fn degrees_of_freedom(&self) -> &[f64] {
        &self.degrees_of_freedom
    }

    /// n_k, K numbers: the effective number of rows of each component.
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// What stands where a plain mixture has ln w_k, so that ln of its density is
    /// E ln pi_k + E ln N(x; mu_k, Lambda_k^-1) (Bishop 2006, 10.46, 10.64 to 10.66):
    /// E ln pi_k - (ln |E Lambda_k| - E ln |Lambda_k| + D / beta_k) / 2.
    pub(super) fn offsets(&self) -> &[f64] {
        &self.offsets
    }

    /// The heading of a column, and K numbers: Dirichlet parameters or expected sticks.
    pub(super) fn extra(&self) -> (&'static str, &[f64]) {
        let name = match self.concentration {
            Concentration::Dirichlet(_) => "Concentration",
            Concentration::Sticks(_) => "Stick",
        };
        (name, &self.shown)
    }

    /// Checks the numbers and computes the offsets.
    fn ready(mut self, k: usize, d: usize) -> Result<Posterior, MixtureError> {
        let p = &self;
        let lengths = [
            p.concentration.len(),
            p.mean_precision.len(),
            p.degrees_of_freedom.len(),
            p.counts.len(),
        ];
        if lengths != [k; 4] {
            return Err(MixtureError::Lengths);
        }
        let each = p.concentration.parameters().len() / k;
        for component in 0..k {
            let above = |v: f64, least: f64| v > least && v.is_finite();
            let own = &p.concentration.parameters()[component * each..(component + 1) * each];
            let good = own.iter().all(|&v| above(v, 0.0))
                && above(p.mean_precision[component], 0.0)
                && above(p.degrees_of_freedom[component], d as f64 - 1.0);
            if !good {
                return Err(MixtureError::Posterior { component });
            }
        }
        let log_weights = p.concentration.expected_log_weights();
        let offset = |c: usize| {
            let spread = d as f64 / p.mean_precision[c];
            log_weights[c] - 0.5 * (precision_gap(d, p.degrees_of_freedom[c]) + spread)
        };
        self.offsets = (0..k).map(offset).collect();
        Ok(self)
    }
}

impl Mixture {
    /// The same means and covariances as parameters of a posterior; the weights become its
    /// expected ones.
    ///
    /// # Errors
    /// If a length is not K, a parameter is not above 0, or there are no more than D - 1
    /// degrees of freedom; the error names the component.
    pub fn with_posterior(self, posterior: Posterior) -> Result<Mixture, MixtureError> {
        let posterior = posterior.ready(self.n_components(), self.dimension())?;
        let weights = posterior.concentration.weights();
        Ok(self.with_kind(weights, Kind::Posterior(Rc::new(posterior))))
    }

    /// The posterior, if this is one.
    pub fn posterior(&self) -> Option<&Posterior> {
        match self.kind() {
            Kind::Posterior(p) => Some(p),
            _ => None,
        }
    }

    /// The normal mixture with these weights, means and covariances: for a posterior the
    /// plug-in mixture, with every parameter at its expected value (of the precisions).
    pub fn plug_in(&self) -> Mixture {
        self.clone()
            .with_kind(self.weights().to_vec(), Kind::Gaussian)
    }

    /// ln p(x | X), the log-density of one more row: a mixture of multivariate t with
    /// nu_k + 1 - D degrees of freedom about m_k and scale matrices
    /// (1 + beta_k) nu_k / (beta_k (nu_k + 1 - D)) S_k (Bishop 2006, 10.81 and 10.82).
    /// `x` has D numbers in the mixture's coordinates. `None` if this is no posterior.
    pub fn predictive_log_density(&self, x: &[f64]) -> Option<f64> {
        let p = self.posterior()?;
        let d = self.dimension() as f64;
        let one = |k: usize| {
            let (beta, all) = (p.mean_precision[k], p.degrees_of_freedom[k]);
            let nu = all + 1.0 - d;
            let wider = (1.0 + beta) / beta * (all / nu);
            let covariance = &self.covariances()[k];
            let off: Vec<f64> = x.iter().zip(&self.means()[k]).map(|(x, m)| x - m).collect();
            let determinant = covariance.log_determinant() + d * ln(wider);
            ln(self.weights()[k])
                + log_constant(self.dimension(), nu, determinant)
                + log_kernel(d, nu, (covariance.squared_norm(&off) / wider).min(1e300))
        };
        let terms: Vec<f64> = (0..self.n_components()).map(one).collect();
        let highest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = terms
            .iter()
            .map(|t| super::elementary::exp(t - highest))
            .sum();
        Some(highest + ln(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::{Covariance, CovarianceType};
    use proptest::prelude::*;

    fn mixture(concentration: Concentration, beta: f64, nu: f64, d: usize) -> Mixture {
        let k = concentration.len();
        let unit = Rc::new(Covariance::diagonal(vec![1.0; d]).unwrap());
        let means = (0..k).map(|c| vec![c as f64; d]).collect();
        let weights = vec![1.0 / k as f64; k];
        Mixture::new(CovarianceType::Diagonal, weights, means, vec![unit; k])
            .unwrap()
            .with_posterior(Posterior::new(
                concentration,
                vec![beta; k],
                vec![nu; k],
                vec![1.0; k],
            ))
            .unwrap()
    }

    #[test]
    fn what_is_no_posterior_is_refused_with_the_component() {
        let unit = Rc::new(Covariance::diagonal(vec![1.0; 2]).unwrap());
        let plain = Mixture::new(
            CovarianceType::Diagonal,
            vec![0.5; 2],
            vec![vec![0.0; 2]; 2],
            vec![unit; 2],
        )
        .unwrap();
        let with = |alpha: [f64; 2], beta: [f64; 2], nu: [f64; 2]| {
            plain.clone().with_posterior(Posterior::new(
                Concentration::Dirichlet(alpha.into()),
                beta.into(),
                nu.into(),
                vec![0.0; 2],
            ))
        };
        let second = Err(MixtureError::Posterior { component: 1 });
        assert!(with([1.0; 2], [1.0; 2], [1.5; 2]).is_ok());
        assert_eq!(with([1.0, 0.0], [1.0; 2], [2.0; 2]), second);
        assert_eq!(with([1.0; 2], [1.0, f64::NAN], [2.0; 2]), second);
        assert_eq!(with([1.0; 2], [1.0; 2], [2.0, 1.0]), second);
        assert_eq!(
            plain.with_posterior(Posterior::new(
                Concentration::Sticks(vec![[1.0; 2]; 3]),
                vec![1.0; 2],
                vec![2.0; 2],
                vec![0.0; 2]
            )),
            Err(MixtureError::Lengths)
        );
    }

    #[test]
    fn the_gap_in_one_column_is_that_of_the_gamma_distribution() {
        for nu in [0.5, 3.0, 1e6] {
            let expected = (nu / 2.0f64).ln() - digamma(nu / 2.0);
            assert!((precision_gap(1, nu) - expected).abs() < 1e-9 * expected);
        }
    }

    #[test]
    fn weights_too_small_for_a_double_are_tiny_and_not_zero() {
        let m = mixture(Concentration::Sticks(vec![[1e9, 1e-9]; 32]), 1.0, 2.0, 1);
        assert!(m.weights().iter().all(|&w| w > 0.0));
        assert!((m.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(
            m.posterior()
                .unwrap()
                .offsets()
                .iter()
                .all(|o| o.is_finite())
        );
    }

    proptest! {
        /// E ln pi < ln E pi (Jensen), and the two meet as the posterior becomes sharp.
        #[test]
        fn expected_logarithms_lie_below_and_come_near(a in prop::collection::vec(0.1f64..5.0, 1..6)) {
            for (sharp, near) in [(1.0, f64::INFINITY), (1e7, 1e-5)] {
                let alpha: Vec<f64> = a.iter().map(|a| a * sharp).collect();
                let mut later: f64 = alpha.iter().sum();
                let sticks = alpha.iter().map(|&a| {
                    later -= a;
                    [a, later.max(0.1)]
                }).collect();
                for c in [Concentration::Dirichlet(alpha.clone()), Concentration::Sticks(sticks)] {
                    let whole: f64 = match &c {
                        Concentration::Dirichlet(_) => 1.0,
                        Concentration::Sticks(p) => 1.0 - p.iter().map(|[a, b]| b / (a + b)).product::<f64>(),
                    };
                    for (l, w) in c.expected_log_weights().iter().zip(c.weights()) {
                        let below = (w * whole).ln() - l;
                        prop_assert!(below >= -1e-9 && below < near, "{below}");
                    }
                }
            }
        }

        /// The predictive density integrates to one.
        #[test]
        fn the_predictive_density_is_a_density(beta in 0.5f64..50.0, nu in 3.0f64..50.0) {
            let m = mixture(Concentration::Dirichlet(vec![2.0, 1.0]), beta, nu, 1);
            // Substituting x = sinh(t).
            let step = 1e-3;
            let sum: f64 = (-16_000..16_000).map(|i| {
                let t = f64::from(i) * step;
                m.predictive_log_density(&[t.sinh()]).unwrap().exp() * t.cosh() * step
            }).sum();
            prop_assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        }
    }
}
