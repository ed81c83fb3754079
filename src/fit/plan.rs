//! What the path of a fit depends on beside its parameters: the settings made ready for
//! one matrix.

use super::beyond;
use super::em::State;
use super::method::{Algorithm, Knob};
use super::prior::Prior;
use super::scheme::Scheme;
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
    /// How an iteration gets from parameters to parameters.
    pub scheme: Scheme,
    /// What random numbers depend on.
    pub seed: u64,
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
    /// ln p(X, Z): of the rows and the component that each is assigned to.
    Classification,
    /// ln p(X) of parameters that were drawn: it may fall.
    Stochastic,
    /// ln p(X) while the responsibilities are tempered: it may fall.
    Cooling,
    /// ln p(X) as one batch of rows suggests: it may fall.
    Batch,
    /// ln p(X) as a part of the rows suggests.
    Subsample,
    /// ln p(X) in single precision: good for the curve, not for a decision.
    Single,
}

impl Objective {
    /// The words beside the curve.
    pub fn words(self) -> &'static str {
        match self {
            Objective::LogLikelihood => "log-likelihood",
            Objective::Penalised => "penalised log-likelihood",
            Objective::LowerBound => "evidence lower bound (ELBO)",
            Objective::Classification => "classification log-likelihood",
            Objective::Stochastic => "log-likelihood (stochastic)",
            Objective::Cooling => "log-likelihood (while cooling)",
            Objective::Batch => "log-likelihood estimated from one batch",
            Objective::Subsample => "log-likelihood estimated from a part of the rows",
            Objective::Single => "log-likelihood (single precision)",
        }
    }

    /// Does the algorithm climb this, so that a small gain means something? The others are
    /// shown on the way only.
    pub fn climbs(self) -> bool {
        use Objective as O;
        !matches!(self, O::Stochastic | O::Cooling | O::Single) && !self.of_some_rows()
    }

    /// Is it estimated from some of the rows?
    pub fn of_some_rows(self) -> bool {
        matches!(self, Objective::Batch | Objective::Subsample)
    }
}

impl Plan {
    /// The plan of `settings`.
    pub fn new(settings: &Settings, matrix: &Matrix) -> Plan {
        let prior = (settings.algorithm == Algorithm::Map).then(|| beyond::prior(settings, matrix));
        let variational = match settings.model.is_variational() {
            true => beyond::variational_prior(settings, matrix),
            false => None,
        };
        let floor = match settings.has_floor() {
            true => settings.floor.added(matrix),
            false => vec![0.0; matrix.n_columns()],
        };
        Plan {
            floor,
            prior,
            kent: settings.knobs.count(Knob::ScaleUpdate) == 1,
            variational,
            scheme: Scheme::new(settings, matrix),
            seed: settings.seed,
        }
    }

    /// Batch EM with this floor (D numbers) and nothing else.
    pub fn plain(floor: Vec<f64>) -> Plan {
        Plan {
            floor,
            prior: None,
            kent: false,
            variational: None,
            scheme: Scheme::Em,
            seed: 0,
        }
    }

    /// What a run under this plan climbs in the end.
    pub fn objective(&self) -> Objective {
        match (&self.prior, &self.variational) {
            _ if self.scheme == Scheme::Classification => Objective::Classification,
            (_, Some(_)) => Objective::LowerBound,
            (None, None) => Objective::LogLikelihood,
            (Some(_), None) => Objective::Penalised,
        }
    }

    /// What the curve shows at `state`, in a fit of `n` rows.
    pub(super) fn objective_at(&self, state: &State, n: usize) -> Objective {
        let own = match self.scheme {
            Scheme::Em => None,
            Scheme::Single { .. } => state.is_single().then_some(Objective::Single),
            scheme => beyond::objective(&scheme, state, n),
        };
        own.unwrap_or_else(|| self.objective())
    }

    /// What the objective has beside the log-likelihood.
    pub(super) fn beside_likelihood(&self, mixture: &Mixture) -> f64 {
        match (&self.prior, &self.variational) {
            (None, None) => 0.0,
            _ => beyond::beside_likelihood(self, mixture),
        }
    }
}
