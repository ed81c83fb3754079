//! Variational Bayes for normal mixtures: the prior, the update of the posterior, and the
//! lower bound of the evidence (Bishop 2006, Pattern Recognition and Machine Learning, 10.2;
//! Blei and Jordan 2006, Variational inference for Dirichlet process mixtures).
//!
//! The model has a precision matrix for every component: pi from a Dirichlet distribution
//! or from sticks, Lambda_k from W(nu_0, S_0^-1), mu_k from N(m_0, (beta_0 Lambda_k)^-1).
//! An iteration sets the posterior q(pi, mu, Lambda) to the best one for the
//! responsibilities, then the responsibilities to the best ones for q; both raise
//!
//! ELBO = sum over n, k of r (E ln pi_k + E ln N(x_n; mu_k, Lambda_k^-1) - ln r) - KL(q || p),
//!
//! a lower bound of ln p(X). The covariance families are families of the *posterior*: they
//! confine S_k = (nu_k W_k)^-1, the inverse of the expected precision. With n_k, x_k and C_k
//! the counts, means and scatters of the responsibilities, N_k = nu_0 + n_k,
//! beta_k = beta_0 + n_k and B_k = n_k C_k + beta_0 n_k / beta_k (x_k - m_0)(x_k - m_0)^T,
//! what S_k and nu_k change of the bound is the sum over k of
//!
//! f_k(nu_k) - (N_k ln |S_k| + tr(S_k^-1 (S_0 + B_k))) / 2,
//! f_k'(nu) = (N_k - nu) / 2 (sum over i < D of psi'((nu - i) / 2) / 2 - D / nu),
//!
//! where the last bracket is positive. So nu_k = N_k is best in every family, and the S_k are
//! those of the family's M-step for scatters (S_0 + B_k) / N_k that count N_k times. Components
//! that share one matrix share nu too, the average of the N_k.
//!
//! For full, tied, diagonal and spherical covariances that is just what scikit-learn's
//! `BayesianGaussianMixture` computes (Wishart expressions for every type, and nu_0 + N / K for
//! tied): its recipes climb this bound of the one model with precision matrices.
//!
//! A floor enters as scikit-learn's `reg_covar` does: n_k times the floor is added to the
//! diagonal of B_k. Then the bound may fall by as little as the floor is small.
//!
//! The order of components does not matter under the Dirichlet prior. Under the process
//! it does: a stick is broken off what those before it left.

use std::rc::Rc;

use super::e_step::{Expectation, e_step};
use super::m_step::{CANCELLATION, Moments, StepError, collapsed, origin, pairs};
use super::method::{Knob, Model};
use super::plan::Plan;
use super::prior::{trace_of_ratio, whole};
use super::settings::Settings;
use super::shapes::{Scatter, floored, shaped};
use super::sums::Sums;
use crate::data::Matrix;
use crate::mixture::elementary::ln;
use crate::mixture::special::{ln_gamma, ln_multigamma};
use crate::mixture::{
    Concentration, Covariance, CovarianceType, Evaluator, Mixture, Posterior, precision_gap,
};

/// The conjugate prior, in the matrix's coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct VariationalPrior {
    /// Are the weights sticks of a truncated Dirichlet process?
    pub process: bool,
    /// alpha_0 above 0: of the Dirichlet distribution, or of Beta(1, alpha_0) for each stick.
    pub concentration: f64,
    /// beta_0 above 0: how many rows the prior mean is worth.
    pub mean_precision: f64,
    /// nu_0, above D - 1.
    pub degrees_of_freedom: f64,
    /// m_0: D numbers.
    pub mean: Vec<f64>,
    /// S_0, the inverse of the Wishart distribution's scale; of the posterior's family.
    pub scale: Covariance,
}

impl VariationalPrior {
    /// The prior that `settings` ask for, if their model has one: scikit-learn's defaults
    /// alpha_0 = 1 / K, beta_0 = 1, m_0 the mean of the rows, nu_0 = D, and S_0 their
    /// covariance divided by N - 1, its diagonal, or the mean of its diagonal.
    ///
    /// Where that covariance has no factor, the floor is added to it; where it still
    /// has none, the columns are taken one by one.
    pub fn of(settings: &Settings, matrix: &Matrix) -> Option<VariationalPrior> {
        if !settings.model.is_variational() {
            return None;
        }
        let chosen = |knob, default| match settings.knobs.get(knob) {
            0.0 => default,
            value => value,
        };
        let d = matrix.n_columns();
        let all = whole(matrix, settings.covariance_type.is_dense());
        // Weights may sum to less than 2, where N - 1 says nothing.
        let rows = all.count / (all.count - 1.0).max(0.5 * all.count);
        let scatter: Vec<f64> = all.scatter.iter().map(|s| s * rows).collect();
        let one_by_one = || {
            let positive = |&v: &f64| if v > 0.0 { v } else { 1.0 };
            Covariance::diagonal(matrix.variance().iter().map(positive).collect()).ok()
        };
        let family = settings.covariance_type;
        let own = |floor: &[f64]| {
            let matrix = &floored(&scatter, floor, family.is_dense());
            let alone = [Scatter { count: 1.0, matrix }];
            Some(shaped(family, d, &alone, &[]).ok()?[0].as_ref().clone())
        };
        let scale = own(&vec![0.0; d])
            .or_else(|| own(&settings.floor.added(matrix)))
            .or_else(one_by_one);
        Some(VariationalPrior {
            process: settings.model == Model::Process,
            concentration: chosen(Knob::Concentration, 1.0 / settings.n_components as f64),
            mean_precision: settings.knobs.get(Knob::MeanPrecision),
            degrees_of_freedom: d as f64 - 1.0 + chosen(Knob::WishartDegrees, 1.0),
            mean: all.shift,
            scale: scale?,
        })
    }

    /// The posterior of the weights that hold `counts` rows.
    fn weights(&self, counts: &[f64]) -> Concentration {
        let alpha = self.concentration;
        if !self.process {
            return Concentration::Dirichlet(counts.iter().map(|n| alpha + n).collect());
        }
        let mut later = 0.0;
        let mut pairs: Vec<[f64; 2]> = Vec::with_capacity(counts.len());
        for n in counts.iter().rev() {
            pairs.push([1.0 + n, alpha + later]);
            later += n;
        }
        pairs.reverse();
        Concentration::Sticks(pairs)
    }

    /// KL(q || p) of a posterior against this prior, at least 0; 0 for any other mixture.
    pub fn divergence(&self, mixture: &Mixture) -> f64 {
        let Some(posterior) = mixture.posterior() else {
            return 0.0;
        };
        let mut sum = self.divergence_of_weights(posterior.concentration());
        let covariances = mixture.covariances();
        for (k, covariance) in covariances.iter().enumerate() {
            let off: Vec<f64> = (self.mean.iter().zip(&mixture.means()[k]))
                .map(|(m, mean)| mean - m)
                .collect();
            let nu = posterior.degrees_of_freedom()[k];
            // A tied covariance says the same K times.
            sum += self.divergence_of_precision(covariance, nu)
                + self.divergence_of_mean(
                    covariance.squared_norm(&off),
                    posterior.mean_precision()[k],
                );
        }
        sum
    }

    /// Of a Dirichlet distribution (Bishop 2006, B.16 to B.21) or of K Beta distributions.
    fn divergence_of_weights(&self, concentration: &Concentration) -> f64 {
        let alpha = self.concentration;
        let mut sum = 0.0;
        match concentration {
            Concentration::Dirichlet(parameters) => {
                let k = parameters.len() as f64;
                let logs = concentration.expected_log_weights();
                sum += ln_gamma(parameters.iter().sum()) - ln_gamma(k * alpha);
                for (a, log) in parameters.iter().zip(logs) {
                    sum += ln_gamma(alpha) - ln_gamma(*a) + (a - alpha) * log;
                }
            }
            Concentration::Sticks(pairs) => {
                for &[a, b] in pairs {
                    let [taken, left] = Concentration::expected_logs([a, b]);
                    // The prior is Beta(1, alpha), whose normaliser is alpha.
                    sum += ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) - ln(alpha)
                        + (a - 1.0) * taken
                        + (b - alpha) * left;
                }
            }
        }
        sum
    }

    /// Of one mean given its precision matrix; `squared` is (m - m_0)^T S^-1 (m - m_0).
    fn divergence_of_mean(&self, squared: f64, beta: f64) -> f64 {
        let ratio = self.mean_precision / beta;
        0.5 * (self.mean.len() as f64 * (ratio - 1.0 - ln(ratio)) + self.mean_precision * squared)
    }

    /// Of W(nu, (nu S)^-1) against W(nu_0, S_0^-1) (Bishop 2006, B.78 to B.82).
    fn divergence_of_precision(&self, covariance: &Covariance, nu: f64) -> f64 {
        let d = self.mean.len();
        let prior = self.degrees_of_freedom;
        let normaliser =
            |nu: f64, unit: f64| 0.5 * nu * d as f64 * ln(0.5 * unit) - ln_multigamma(d, 0.5 * nu);
        0.5 * prior * (covariance.log_determinant() - self.scale.log_determinant())
            + normaliser(nu, nu)
            - normaliser(prior, 1.0)
            - 0.5 * (nu - prior) * precision_gap(d, nu)
            + 0.5 * (trace_of_ratio(covariance, &packed(&self.scale, true), true) - nu * d as f64)
    }

    /// The bound for `posterior` at the responsibilities of `by`, every constant kept. With
    /// the same mixture twice, the responsibilities are the best ones, and this is the
    /// objective of a run.
    pub fn lower_bound(&self, matrix: &Matrix, by: &Mixture, posterior: &Mixture) -> f64 {
        let (mut of, mut at) = (Evaluator::new(by), Evaluator::new(posterior));
        let mut sum = 0.0;
        for block in matrix.blocks() {
            of.responsibilities(&block);
            at.log_joint(&block);
            let mut rows = vec![0.0; block.len()];
            for k in 0..posterior.n_components() {
                for (i, row) in rows.iter_mut().enumerate() {
                    let r = of.row(k)[i];
                    // r ln r goes to 0 with r.
                    if r > 0.0 {
                        *row += r * (at.row(k)[i] - ln(r));
                    }
                }
            }
            for (i, row) in rows.iter().enumerate() {
                sum += block.weights().map_or(1.0, |w| w[i]) * row;
            }
        }
        sum - self.divergence(posterior)
    }
}

/// The lower triangle of a matrix row by row, or its diagonal.
fn packed(covariance: &Covariance, dense: bool) -> Vec<f64> {
    pairs(covariance.dimension(), dense)
        .map(|(i, j)| covariance.get(i, j))
        .collect()
}

/// The posterior that a run starts from: drawn from the responsibilities of `mixture`, the
/// start that the settings chose (scikit-learn draws it from the labels of k-means).
/// Under any other plan, or if there is a posterior already, `mixture` as it is; and also if
/// no posterior can be drawn from it: then the first iteration says why.
pub fn first(matrix: &Matrix, mixture: Mixture, plan: &Plan) -> Mixture {
    match &plan.variational {
        Some(prior) if mixture.posterior().is_none() => {
            let e = e_step(matrix, &mixture, mixture.means());
            m_step(matrix, &mixture, &e, prior, &plan.floor).unwrap_or(mixture)
        }
        _ => mixture,
    }
}

/// The sum of the log-densities of all rows.
pub(super) fn log_density(matrix: &Matrix, mixture: &Mixture) -> f64 {
    let mut evaluator = Evaluator::new(mixture);
    let mut sum = 0.0;
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        let rows = &evaluator.log_density()[..block.len()];
        sum += match block.weights() {
            None => rows.iter().sum::<f64>(),
            Some(weights) => rows.iter().zip(weights).map(|(l, w)| l * w).sum(),
        };
    }
    sum
}

/// The best posterior for the responsibilities that `expectation` sums up; `floor` is D numbers.
///
/// # Errors
/// If a sum is not finite or a covariance has no factor; the error names the component.
pub(super) fn m_step(
    matrix: &Matrix,
    mixture: &Mixture,
    expectation: &Expectation,
    prior: &VariationalPrior,
    floor: &[f64],
) -> Result<Mixture, StepError> {
    let family = mixture.covariance_type();
    let e = expectation;
    let mut update = Update::new(prior, family, &e.sums, &e.centres, floor)?;
    if update.cancelled {
        // The same responsibilities, summed about the means of their rows.
        let again = e_step(matrix, mixture, &update.averages);
        update = Update::new(prior, family, &again.sums, &update.averages, floor)?;
    }
    update.posterior(prior, family, mixture.covariances())
}

/// What the M-step finds for each component.
struct Update {
    counts: Vec<f64>,
    /// x_k, K x D.
    averages: Vec<Vec<f64>>,
    /// m_k, K x D.
    means: Vec<Vec<f64>>,
    /// S_0 + B_k, packed.
    scales: Vec<Vec<f64>>,
    /// Did a scale lose digits to the place of the sums?
    cancelled: bool,
}

impl Update {
    fn new(
        prior: &VariationalPrior,
        family: CovarianceType,
        sums: &[Sums],
        centres: &[Vec<f64>],
        floor: &[f64],
    ) -> Result<Update, StepError> {
        let dense = family.is_dense();
        let own = packed(&prior.scale, dense);
        let mut update = Update {
            counts: Vec::new(),
            averages: Vec::new(),
            means: Vec::new(),
            scales: Vec::new(),
            cancelled: false,
        };
        for (component, (sums, centre)) in sums.iter().zip(centres).enumerate() {
            let m = Moments::of(sums, &origin(centre), dense);
            if m.shift.iter().chain(&m.scatter).any(|v| !v.is_finite()) {
                return Err(StepError::NotFinite { component });
            }
            let (n, beta) = (m.count, prior.mean_precision + m.count);
            let pull = prior.mean_precision / beta;
            let average: Vec<f64> = centre.iter().zip(&m.shift).map(|(c, s)| c + s).collect();
            let off: Vec<f64> = average
                .iter()
                .zip(&prior.mean)
                .map(|(a, m)| a - m)
                .collect();
            update.means.push(
                average
                    .iter()
                    .zip(&off)
                    .map(|(a, o)| a - pull * o)
                    .collect(),
            );
            let mut scale = own.clone();
            for (entry, (i, j)) in pairs(floor.len(), dense).enumerate() {
                let added = if i == j { floor[i] } else { 0.0 };
                scale[entry] += n * (m.scatter[entry] + added + pull * off[i] * off[j]);
                update.cancelled |= i == j && scale[entry] < CANCELLATION * sums.second[entry];
            }
            update.counts.push(n);
            update.averages.push(average);
            update.scales.push(scale);
        }
        Ok(update)
    }

    fn posterior(
        self,
        prior: &VariationalPrior,
        family: CovarianceType,
        previous: &[Rc<Covariance>],
    ) -> Result<Mixture, StepError> {
        let counts = self.counts;
        let mut freedom: Vec<f64> = counts
            .iter()
            .map(|n| prior.degrees_of_freedom + n)
            .collect();
        if family.is_shared() {
            let all: f64 = counts.iter().sum();
            freedom.fill(prior.degrees_of_freedom + all / counts.len() as f64);
        }
        let mut scales = self.scales;
        for (scale, nu) in scales.iter_mut().zip(&freedom) {
            scale.iter_mut().for_each(|s| *s /= nu);
        }
        let scatters: Vec<Scatter<'_>> = (freedom.iter().zip(&scales))
            .map(|(&count, matrix)| Scatter { count, matrix })
            .collect();
        let covariances = shaped(family, prior.mean.len(), &scatters, previous)
            .map_err(|(component, e)| collapsed(component, counts[component], e))?;
        let precisions = counts.iter().map(|n| prior.mean_precision + n).collect();
        let concentration = prior.weights(&counts);
        Mixture::new(family, concentration.weights(), self.means, covariances)
            .and_then(|m| {
                m.with_posterior(Posterior::new(concentration, precisions, freedom, counts))
            })
            .map_err(|_| StepError::NotFinite { component: 0 })
    }
}
