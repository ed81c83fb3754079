//! The parameters of a mixture as a file holds them.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::names::named;
use crate::mixture::{
    Chain, Concentration, Covariance, CovarianceType, Free, Kind, Mixture, Noise, Posterior,
};

/// Everything that densities and responsibilities depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The family.
    #[serde(with = "named")]
    pub covariance_type: CovarianceType,
    /// K mixing weights; of a chain the states' share of the rows.
    pub weights: Vec<f64>,
    /// K means of D numbers in the data's units.
    pub means: Vec<Vec<f64>>,
    /// The same less the centre, where there is one: `means` are these, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means_less_centre: Option<Vec<Vec<f64>>>,
    /// One entry for each component, or a single one if they share it.
    pub covariances: Vec<Spread>,
    /// What t components have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student_t: Option<StudentRecord>,
    /// The component of constant density.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<NoiseRecord>,
    /// What a hidden Markov model has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainRecord>,
    /// What a variational posterior has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posterior: Option<PosteriorRecord>,
}

/// A covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a covariance is a list of D rows of D numbers, or of D variances"
)]
pub enum Spread {
    /// D variances, where the axes lie along the columns.
    Variances(Vec<f64>),
    /// D rows of D numbers.
    Rows(Vec<Vec<f64>>),
}

/// What t components have beside the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudentRecord {
    /// nu, K numbers.
    pub degrees_of_freedom: Vec<f64>,
    /// What a fit may change of them.
    #[serde(with = "named")]
    pub estimated: Free,
}

/// A component of constant density.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseRecord {
    /// Its mixing weight.
    pub weight: f64,
    /// Its log-density at every row.
    pub log_density: f64,
}

/// How states follow one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainRecord {
    /// K probabilities.
    pub start: Vec<f64>,
    /// K rows of K probabilities: row i is of what follows state i.
    pub transitions: Vec<Vec<f64>>,
}

/// A posterior over normal components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PosteriorRecord {
    /// Of the weights: K numbers of a Dirichlet distribution, or K pairs of Beta distributions.
    pub weight_concentration: Sticks,
    /// beta, K numbers.
    pub mean_precision: Vec<f64>,
    /// nu, K numbers.
    pub degrees_of_freedom: Vec<f64>,
    /// Effective rows, K numbers.
    pub counts: Vec<f64>,
}

/// The posterior of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a concentration is a list of K numbers, or of K pairs of numbers"
)]
pub enum Sticks {
    /// alpha, K numbers.
    Dirichlet(Vec<f64>),
    /// a and b of K sticks.
    Process(Vec<[f64; 2]>),
}

impl Parameters {
    /// Those of a mixture in the coordinates of a matrix of this centre.
    pub fn of(mixture: &Mixture, centre: &[f64]) -> Parameters {
        let own = mixture.means();
        let moved = |mean: &Vec<f64>| {
            let pairs = mean.iter().zip(centre);
            // Not m + 0: a zero may have a sign.
            pairs
                .map(|(m, c)| if *c == 0.0 { *m } else { m + c })
                .collect()
        };
        let centred = centre.iter().any(|&c| c != 0.0);
        let all = mixture.covariances();
        let shared = all[1..].iter().all(|c| same_bits(c, &all[0]));
        let n_covariances = if shared { 1 } else { all.len() };
        let mut parameters = Parameters {
            covariance_type: mixture.covariance_type(),
            weights: mixture.weights().to_vec(),
            means: own.iter().map(moved).collect(),
            means_less_centre: centred.then(|| own.to_vec()),
            covariances: all[..n_covariances].iter().map(|c| spread(c)).collect(),
            student_t: None,
            noise: mixture.noise().map(|noise| NoiseRecord {
                weight: noise.weight,
                log_density: noise.log_density,
            }),
            chain: None,
            posterior: None,
        };
        match mixture.kind() {
            Kind::Gaussian => {}
            Kind::Student { degrees, free } => {
                parameters.student_t = Some(StudentRecord {
                    degrees_of_freedom: degrees.clone(),
                    estimated: *free,
                });
            }
            Kind::Posterior(p) => {
                parameters.posterior = Some(PosteriorRecord {
                    weight_concentration: match p.concentration() {
                        Concentration::Dirichlet(alpha) => Sticks::Dirichlet(alpha.clone()),
                        Concentration::Sticks(pairs) => Sticks::Process(pairs.clone()),
                    },
                    mean_precision: p.mean_precision().to_vec(),
                    degrees_of_freedom: p.degrees_of_freedom().to_vec(),
                    counts: p.counts().to_vec(),
                });
            }
            Kind::Chain(chain) => {
                let rows = chain.transitions().chunks_exact(chain.n_states());
                parameters.chain = Some(ChainRecord {
                    start: chain.start().to_vec(),
                    transitions: rows.map(<[f64]>::to_vec).collect(),
                });
            }
        }
        parameters
    }

    /// K, as the weights have it.
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// The mixture in the coordinates of a matrix of this centre, to the last bit.
    ///
    /// # Errors
    /// If they make none; the error names the field or the component.
    pub fn mixture(&self, centre: &[f64]) -> Result<Mixture, ExportError> {
        let k = self.n_components();
        let means = match &self.means_less_centre {
            None if centre.iter().any(|&c| c != 0.0) => {
                let why = "it is missing, and the data were centred";
                return Err(ExportError::field("parameters.means_less_centre", why));
            }
            None => self.means.clone(),
            Some(less) => {
                self.agrees(less, centre)?;
                less.clone()
            }
        };
        let covariances = self.all_covariances(k)?;
        let restore = |mixture: Mixture| -> Result<Mixture, ExportError> {
            Ok(mixture.with_restored_weights(self.weights.clone())?)
        };
        let total: f64 = self.noise.as_ref().map_or(1.0, |noise| 1.0 - noise.weight);
        let scaled = self.weights.iter().map(|w| w / total).collect();
        let mut mixture = Mixture::new(self.covariance_type, scaled, means, covariances)?;
        if let Some(noise) = &self.noise {
            mixture = mixture.with_noise(Noise {
                weight: noise.weight,
                log_density: noise.log_density,
            })?;
        }
        if let Some(student) = &self.student_t {
            mixture =
                mixture.with_degrees(student.degrees_of_freedom.clone(), student.estimated)?;
        }
        if let Some(chain) = &self.chain {
            let transitions = chain.transitions.concat();
            let chain = Chain::restored(chain.start.clone(), transitions)
                .map_err(|e| ExportError::field("parameters.chain", e.to_string()))?;
            mixture = mixture.with_chain(chain)?;
        }
        if let Some(p) = &self.posterior {
            let concentration = match &p.weight_concentration {
                Sticks::Dirichlet(alpha) => Concentration::Dirichlet(alpha.clone()),
                Sticks::Process(pairs) => Concentration::Sticks(pairs.clone()),
            };
            mixture = mixture.with_posterior(Posterior::new(
                concentration,
                p.mean_precision.clone(),
                p.degrees_of_freedom.clone(),
                p.counts.clone(),
            ))?;
        }
        restore(mixture)
    }

    /// Are the means in the data's units those that are less the centre?
    fn agrees(&self, less: &[Vec<f64>], centre: &[f64]) -> Result<(), ExportError> {
        for (k, (mean, less)) in self.means.iter().zip(less).enumerate() {
            let sums = less.iter().zip(centre).map(|(m, c)| m + c);
            let same = mean.len() == less.len() && sums.zip(mean).all(|(sum, m)| sum == *m);
            if !same {
                return Err(ExportError::field(
                    format!("parameters.means[{k}]"),
                    "it is not what means_less_centre and the centre sum to",
                ));
            }
        }
        Ok(())
    }

    fn all_covariances(&self, k: usize) -> Result<Vec<Rc<Covariance>>, ExportError> {
        let given = self.covariances.len();
        if given != 1 && given != k {
            return Err(ExportError::field(
                "parameters.covariances",
                format!("there are {given} for {k} components: one, or one each"),
            ));
        }
        let made = self.covariances.iter().enumerate().map(|(c, spread)| {
            let covariance = match spread {
                Spread::Variances(variances) => Covariance::diagonal(variances.clone()),
                Spread::Rows(rows) if rows.iter().all(|row| row.len() == rows.len()) => {
                    Covariance::dense(rows.len(), rows.concat())
                }
                Spread::Rows(rows) => Covariance::dense(rows.len(), Vec::new()),
            };
            let at = |e: crate::mixture::CovarianceError| {
                ExportError::field(format!("parameters.covariances[{c}]"), e.to_string())
            };
            covariance.map(Rc::new).map_err(at)
        });
        let made: Vec<Rc<Covariance>> = made.collect::<Result<_, _>>()?;
        Ok((0..k).map(|c| made[c.min(given - 1)].clone()).collect())
    }
}

fn same_bits(a: &Covariance, b: &Covariance) -> bool {
    let d = a.dimension();
    a.is_diagonal() == b.is_diagonal()
        && (0..d * d).all(|e| {
            let (i, j) = (e / d, e % d);
            a.get(i, j).to_bits() == b.get(i, j).to_bits()
        })
}

fn spread(covariance: &Covariance) -> Spread {
    let d = covariance.dimension();
    match covariance.is_diagonal() {
        true => Spread::Variances((0..d).map(|j| covariance.get(j, j)).collect()),
        false => {
            let row = |i: usize| (0..d).map(|j| covariance.get(i, j)).collect();
            Spread::Rows((0..d).map(row).collect())
        }
    }
}
