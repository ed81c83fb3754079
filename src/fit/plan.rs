//! What the path of a fit depends on beside its parameters: the settings made ready for
//! one matrix.

use super::method::{Algorithm, Knob};
use super::prior::Prior;
use super::settings::Settings;
use super::variational::VariationalPrior;
use crate::data::Matrix;
use crate::mixture::Mixture;

/// Settings made ready for a matrix. Equal plans take equal parameters along equal paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What each M-step adds to the D variances, in the data's units squared.
    pub floor: Vec<f64>,
    /// The prior, if the objective is penalised.
    pub prior: Option<Prior>,
    /// Are scales of t components updated as Kent, Tyler and Vardi (1994) do?
    pub kent: bool,
    /// The prior whose posterior is sought, if the parameters are a distribution.
    pub variational: Option<VariationalPrior>,
}

/// What a run climbs, and what its curve shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Objective {
    /// ln p(X).
    LogLikelihood,
    /// ln p(X) + ln p(parameters).
    Penalised,
    /// Of ln p(X), all parameters integrated out: see [`variational`](super::variational).
    LowerBound,
}

impl Objective {
    /// The words beside the curve.
    pub fn words(self) -> &'static str {
        match self {
            Objective::LogLikelihood => "log-likelihood",
            Objective::Penalised => "penalised log-likelihood",
            Objective::LowerBound => "evidence lower bound (ELBO)",
        }
    }
}

impl Plan {
    /// The plan of `settings`. With a prior there is no floor: two remedies for
    /// one ill would hide which of them works, and the floor lets the objective fall.
    pub fn new(settings: &Settings, matrix: &Matrix) -> Plan {
        let prior = (settings.algorithm == Algorithm::Map).then(|| Prior::new(settings, matrix));
        let variational = VariationalPrior::of(settings, matrix);
        let floor = match prior.is_none() && variational.is_none() {
            true => settings.floor.added(matrix),
            false => vec![0.0; matrix.n_columns()],
        };
        Plan {
            floor,
            prior,
            kent: settings.knobs.count(Knob::ScaleUpdate) == 1,
            variational,
        }
    }

    /// Batch EM with this floor (D numbers) and nothing else.
    pub fn plain(floor: Vec<f64>) -> Plan {
        Plan {
            floor,
            prior: None,
            kent: false,
            variational: None,
        }
    }

    /// What a run under this plan climbs.
    pub fn objective(&self) -> Objective {
        match (&self.prior, &self.variational) {
            (_, Some(_)) => Objective::LowerBound,
            (None, None) => Objective::LogLikelihood,
            (Some(_), None) => Objective::Penalised,
        }
    }

    /// What the objective has beside the log-likelihood.
    pub(super) fn beside_likelihood(&self, mixture: &Mixture) -> f64 {
        match &self.variational {
            Some(prior) => -prior.divergence(mixture),
            None => self.prior.as_ref().map_or(0.0, |p| p.log_density(mixture)),
        }
    }
}
