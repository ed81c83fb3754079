use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::chain::{Chain, ChainError};
use super::covariance::{Covariance, CovarianceError, CovarianceType};
use super::posterior::Posterior;
use crate::digits::Brief;

/// The largest number of components.
pub const MAX_COMPONENTS: usize = 32;

/// What the density of a component is a function of, beside its mean and covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Normal densities.
    Gaussian,
    /// Multivariate t densities (Peel and McLachlan 2000). The covariances are their scale
    /// matrices S: what an ellipse shows. The covariance of a component is
    /// nu / (nu - 2) S where nu > 2; it has none otherwise.
    Student {
        /// nu: degrees of freedom, K numbers.
        degrees: Vec<f64>,
        /// What a fit may change of them.
        free: Free,
    },
    /// A distribution over the parameters of normal densities: see [`Posterior`].
    Posterior(Rc<Posterior>),
    /// Normal densities of the states of a hidden Markov model. The weights are the states'
    /// occupancy, their share of the rows; the likelihood does not depend on them.
    Chain(Rc<Chain>),
}

/// What a fit estimates of K numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Free {
    /// Nothing.
    Fixed,
    /// One number for each component.
    Each,
    /// One number for all components.
    Shared,
}

/// A component of constant density beside the others, for rows that belong to none of
/// them (Banfield and Raftery 1993).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Its mixing weight.
    pub weight: f64,
    /// Its log-density at every row: minus the logarithm of the volume that it covers.
    pub log_density: f64,
}

/// A mixture: K weights on the simplex, K means of length D, K covariances.
///
/// A weight may be zero: such a component is empty and takes no part in densities. With a
/// [`Noise`] component the K weights sum to what its weight leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    covariance_type: CovarianceType,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    /// One a component; tied components share theirs.
    covariances: Vec<Rc<Covariance>>,
    kind: Kind,
    noise: Option<Noise>,
}

/// Why parameters do not make a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MixtureError {
    /// K is 0 or above [`MAX_COMPONENTS`].
    Components(usize),
    /// The numbers of weights, means and covariances differ.
    Lengths,
    /// A weight is negative or not finite.
    Weight {
        /// The component, from 0.
        component: usize,
        /// The weight given.
        value: f64,
    },
    /// The weights do not sum to 1 within 1e-6.
    WeightSum(f64),
    /// A mean has the wrong length or an entry that is not finite.
    Mean {
        /// The component, from 0.
        component: usize,
    },
    /// Degrees of freedom are not from 1e-6 to 1e12, or are not the same where they are shared.
    Degrees {
        /// The component, from 0.
        component: usize,
        /// The degrees given.
        value: f64,
    },
    /// A covariance is of the wrong size or not positive definite.
    Covariance {
        /// The component, from 0.
        component: usize,
        /// What is wrong with it.
        error: CovarianceError,
    },
    /// A parameter of a posterior is out of its range.
    Posterior {
        /// The component, from 0.
        component: usize,
    },
    /// A chain does not go with it.
    Chain(ChainError),
}

impl fmt::Display for MixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MixtureError::Components(k) => write!(
                f,
                "{k} components: choose a number from 1 to {MAX_COMPONENTS}"
            ),
            MixtureError::Lengths => {
                write!(
                    f,
                    "give as many weights, covariances and (where there are any) degrees of freedom as means"
                )
            }
            MixtureError::Weight { component, value } => write!(
                f,
                "the weight of component {} is {}: give a number from 0 to 1",
                letter(*component),
                Brief(*value)
            ),
            MixtureError::WeightSum(sum) => {
                write!(
                    f,
                    "the weights sum to {}: divide them by their sum",
                    Brief(*sum)
                )
            }
            MixtureError::Mean { component } => write!(
                f,
                "the mean of component {} lacks a number or has one that is not finite: give one finite number for each column",
                letter(*component)
            ),
            MixtureError::Degrees { component, value } => write!(
                f,
                "component {} has {} degrees of freedom: choose a number from 1e-6 to 1e12, the same for all components if they share it",
                letter(*component),
                Brief(*value)
            ),
            MixtureError::Covariance { component, error } => {
                write!(f, "component {}: {error}", letter(*component))
            }
            MixtureError::Posterior { component } => write!(
                f,
                "the posterior of component {} is no distribution: give a concentration and a mean precision above 0, and more degrees of freedom than columns less 1",
                letter(*component)
            ),
            MixtureError::Chain(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MixtureError {}

/// The letter a component goes by: A to Z, then AA, AB ...
pub fn letter(component: usize) -> String {
    let last = char::from(b'A' + (component % 26) as u8);
    match component / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

impl Mixture {
    /// Checks and takes the parameters; the weights are divided by their sum.
    ///
    /// # Errors
    /// If they do not fit together or break an invariant; the error names the component.
    pub fn new(
        covariance_type: CovarianceType,
        weights: Vec<f64>,
        means: Vec<Vec<f64>>,
        covariances: Vec<Rc<Covariance>>,
    ) -> Result<Self, MixtureError> {
        let k = weights.len();
        if k == 0 || k > MAX_COMPONENTS {
            return Err(MixtureError::Components(k));
        }
        if means.len() != k || covariances.len() != k {
            return Err(MixtureError::Lengths);
        }
        for (component, &value) in weights.iter().enumerate() {
            if !(value.is_finite() && value >= 0.0) {
                return Err(MixtureError::Weight { component, value });
            }
        }
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(MixtureError::WeightSum(sum));
        }
        let d = covariances[0].dimension();
        for component in 0..k {
            let mean = &means[component];
            if mean.len() != d || mean.iter().any(|v| !v.is_finite()) {
                return Err(MixtureError::Mean { component });
            }
            if covariances[component].dimension() != d {
                return Err(MixtureError::Covariance {
                    component,
                    error: CovarianceError::WrongSize,
                });
            }
        }
        Ok(Mixture {
            covariance_type,
            weights: weights.iter().map(|w| w / sum).collect(),
            means,
            covariances,
            kind: Kind::Gaussian,
            noise: None,
        })
    }

    /// The same components beside one of constant density. The K weights are scaled to sum
    /// to what it leaves.
    ///
    /// # Errors
    /// If its weight is not from 0 to less than 1, or its density is not finite; the error
    /// names it by the index K. If this is a hidden Markov model.
    pub fn with_noise(mut self, noise: Noise) -> Result<Self, MixtureError> {
        if self.chain().is_some() {
            return Err(MixtureError::Chain(ChainError::Noise));
        }
        let within = noise.weight >= 0.0 && noise.weight < 1.0;
        if !(within && noise.log_density.is_finite()) {
            return Err(MixtureError::Weight {
                component: self.n_components(),
                value: noise.weight,
            });
        }
        let sum: f64 = self.weights.iter().sum();
        for w in &mut self.weights {
            *w *= (1.0 - noise.weight) / sum;
        }
        self.noise = Some(noise);
        Ok(self)
    }

    /// The same components with t densities of `degrees` (K numbers) degrees of freedom; the
    /// covariances become their scale matrices.
    ///
    /// # Errors
    /// If there are not K of them, one is not from 1e-6 to 1e12, or shared ones differ.
    pub fn with_degrees(mut self, degrees: Vec<f64>, free: Free) -> Result<Self, MixtureError> {
        if degrees.len() != self.n_components() {
            return Err(MixtureError::Lengths);
        }
        let bad =
            |nu: &f64| !(1e-6..=1e12).contains(nu) || free == Free::Shared && *nu != degrees[0];
        if let Some(component) = degrees.iter().position(bad) {
            return Err(MixtureError::Degrees {
                component,
                value: degrees[component],
            });
        }
        self.kind = Kind::Student { degrees, free };
        Ok(self)
    }

    /// The same mixture with the weights of a mixture as it was, to the last bit: the other
    /// constructors divide them by their sum, which may be 1 but for rounding. K numbers.
    ///
    /// # Errors
    /// If there are not K of them, or one is further than 1e-9 from what it was.
    pub fn with_restored_weights(mut self, weights: Vec<f64>) -> Result<Self, MixtureError> {
        if weights.len() != self.weights.len() {
            return Err(MixtureError::Lengths);
        }
        // Written so that NaN fails too.
        let far = |(new, old): (&f64, &f64)| !((new - old).abs() <= 1e-9 && *new >= 0.0);
        if let Some(component) = weights.iter().zip(&self.weights).position(far) {
            let value = weights[component];
            return Err(MixtureError::Weight { component, value });
        }
        self.weights = weights;
        Ok(self)
    }

    /// The same means and covariances as parameters of another density.
    pub(super) fn with_kind(mut self, weights: Vec<f64>, kind: Kind) -> Mixture {
        (self.weights, self.kind) = (weights, kind);
        self
    }

    /// The same components as states of a hidden Markov model.
    ///
    /// # Errors
    /// If the chain has not K states, or there is a noise component.
    pub fn with_chain(mut self, chain: Chain) -> Result<Self, MixtureError> {
        if self.noise.is_some() {
            return Err(MixtureError::Chain(ChainError::Noise));
        }
        if chain.n_states() != self.n_components() {
            return Err(MixtureError::Chain(ChainError::Lengths));
        }
        self.kind = Kind::Chain(Rc::new(chain));
        Ok(self)
    }

    /// K.
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.means[0].len()
    }

    /// The family.
    pub fn covariance_type(&self) -> CovarianceType {
        self.covariance_type
    }

    /// Mixing weights, K numbers from 0 to 1 that sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Means, K x D.
    pub fn means(&self) -> &[Vec<f64>] {
        &self.means
    }

    /// Covariances, one a component; scale matrices if [`Self::kind`] says so.
    pub fn covariances(&self) -> &[Rc<Covariance>] {
        &self.covariances
    }

    /// What the densities are.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Degrees of freedom, K numbers, if the components are t components.
    pub fn degrees(&self) -> Option<&[f64]> {
        match &self.kind {
            Kind::Student { degrees, .. } => Some(degrees),
            _ => None,
        }
    }

    /// What a component has beside weight, mean and covariance: the heading of a column, and
    /// K numbers.
    pub fn extra(&self) -> Option<(&'static str, &[f64])> {
        match &self.kind {
            Kind::Gaussian => None,
            Kind::Student { degrees, .. } => Some(("Degrees of freedom", degrees)),
            Kind::Posterior(p) => Some(p.extra()),
            Kind::Chain(chain) => Some(("Stays", chain.stays())),
        }
    }

    /// The component of constant density, if there is one.
    pub fn noise(&self) -> Option<Noise> {
        self.noise
    }

    /// The chain of a hidden Markov model.
    pub fn chain(&self) -> Option<&Chain> {
        match &self.kind {
            Kind::Chain(chain) => Some(chain),
            _ => None,
        }
    }

    /// Free parameters: K - 1 weights, K D means, and those of the covariances; degrees of
    /// freedom as far as they are estimated; one more weight with a noise component, whose
    /// volume is given and not fitted. A chain's own stand in the place of the weights. For
    /// a posterior: those of the plug-in mixture.
    pub fn n_parameters(&self) -> usize {
        let (k, d) = (self.n_components(), self.dimension());
        let own = match &self.kind {
            Kind::Student { free, .. } => match free {
                Free::Fixed => 0,
                Free::Each => k,
                Free::Shared => 1,
            },
            _ => 0,
        };
        let order = self.chain().map_or(k - 1, Chain::n_parameters);
        let noise = usize::from(self.noise.is_some());
        order + k * d + self.covariance_type.n_parameters(k, d) + own + noise
    }

    /// The same mixture with `offset` (length D) added to every mean.
    pub fn translated(&self, offset: &[f64]) -> Mixture {
        let mut moved = self.clone();
        for mean in &mut moved.means {
            for (m, o) in mean.iter_mut().zip(offset) {
                *m += o;
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Rc<Covariance> {
        Rc::new(Covariance::diagonal(vec![1.0]).unwrap())
    }

    #[test]
    fn letters_go_on_after_z() {
        let names: Vec<String> = [0, 25, 26, 31, 701, 702].map(letter).into();
        assert_eq!(names, ["A", "Z", "AA", "AF", "ZZ", "AAA"]);
    }

    #[test]
    fn bad_parameters_name_the_component() {
        let t = CovarianceType::Spherical;
        let make = |w: &[f64], m: &[&[f64]]| {
            Mixture::new(
                t,
                w.to_vec(),
                m.iter().map(|v| v.to_vec()).collect(),
                vec![unit(); m.len()],
            )
        };
        assert_eq!(make(&[], &[]), Err(MixtureError::Components(0)));
        assert_eq!(make(&[1.0], &[]), Err(MixtureError::Lengths));
        assert_eq!(
            make(&[1.5, -0.5], &[&[0.0], &[1.0]]),
            Err(MixtureError::Weight {
                component: 1,
                value: -0.5
            })
        );
        assert_eq!(
            make(&[0.5, 0.2], &[&[0.0], &[1.0]]),
            Err(MixtureError::WeightSum(0.7))
        );
        assert_eq!(
            make(&[1.0], &[&[0.0, 1.0]]),
            Err(MixtureError::Mean { component: 0 })
        );
        assert!(make(&[1.0, 0.0], &[&[0.0], &[1.0]]).is_ok());
    }

    #[test]
    fn bad_degrees_name_the_component() {
        let two = || {
            Mixture::new(
                CovarianceType::Spherical,
                vec![0.5, 0.5],
                vec![vec![0.0], vec![1.0]],
                vec![unit(); 2],
            )
            .unwrap()
        };
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-7, 1e13] {
            let error = two().with_degrees(vec![4.0, value], Free::Each);
            assert!(matches!(
                error,
                Err(MixtureError::Degrees { component: 1, .. })
            ));
            let said = error.unwrap_err().to_string();
            assert!(said.contains("component B") && said.contains("choose"));
        }
        assert_eq!(
            two().with_degrees(vec![4.0], Free::Fixed),
            Err(MixtureError::Lengths)
        );
        assert!(two().with_degrees(vec![4.0, 5.0], Free::Shared).is_err());
    }

    #[test]
    fn restored_weights_keep_their_bits_and_are_the_same_but_for_rounding() {
        let make = || {
            let (means, unit) = (vec![vec![0.0], vec![1.0]], unit());
            Mixture::new(CovarianceType::Full, vec![0.3, 0.7], means, vec![unit; 2]).unwrap()
        };
        let bits = vec![0.3f64.next_up(), 0.7f64.next_down()];
        let restored = make().with_restored_weights(bits.clone()).unwrap();
        assert_eq!(restored.weights(), bits);
        assert!(make().with_restored_weights(vec![0.3]).is_err());
        for bad in [0.31, -0.3, f64::NAN] {
            assert!(make().with_restored_weights(vec![0.3, bad]).is_err());
        }
    }

    #[test]
    fn every_free_number_counts_once() {
        let of = |k: usize| {
            let unit = Rc::new(Covariance::diagonal(vec![1.0; 2]).unwrap());
            Mixture::new(
                CovarianceType::Full,
                vec![1.0 / k as f64; k],
                vec![vec![0.0; 2]; k],
                vec![unit; k],
            )
            .unwrap()
        };
        let student = |free| of(3).with_degrees(vec![5.0; 3], free).unwrap();
        assert_eq!(of(3).n_parameters(), 17);
        assert_eq!(student(Free::Fixed).n_parameters(), 17);
        assert_eq!(student(Free::Each).n_parameters(), 20);
        assert_eq!(student(Free::Shared).n_parameters(), 18);
        let noise = Noise {
            weight: 0.1,
            log_density: -1.0,
        };
        assert_eq!(of(3).with_noise(noise).unwrap().n_parameters(), 18);
    }
}
