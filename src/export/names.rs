//! The words by which files name what is an enum in code. They are part of the published
//! formats: a name is never changed, and new ones are added at the end.

use crate::fit::{Algorithm, FloorScale, InitMethod, Knob, Model, Objective, Precision, StopRule};
use crate::mixture::{CovarianceType, Free};
use crate::session::Missing;

/// An enum whose values have names in files.
pub trait Named: Copy + PartialEq + 'static {
    /// What a file calls the thing as a whole, for errors.
    const WHAT: &'static str;
    /// Every value with its name.
    const NAMES: &'static [(Self, &'static str)];

    /// The name of this value.
    fn name(self) -> &'static str {
        let entry = Self::NAMES.iter().find(|(value, _)| *value == self);
        entry.map_or("", |(_, name)| name)
    }

    /// The value of that name.
    ///
    /// # Errors
    /// If there is none: what there is.
    fn of_name(name: &str) -> Result<Self, String> {
        let entry = Self::NAMES.iter().find(|(_, own)| *own == name);
        entry.map(|(value, _)| *value).ok_or_else(|| {
            let names: Vec<&str> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            format!(
                "\u{201c}{name}\u{201d} is no {}: it is one of {}",
                Self::WHAT,
                names.join(", ")
            )
        })
    }
}

/// For serde: a value as its name.
pub(super) mod named {
    use std::borrow::Cow;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Named;

    pub fn serialize<T: Named, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.name())
    }

    pub fn deserialize<'de, T: Named, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        T::of_name(&Cow::<str>::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Named for Model {
    const WHAT: &'static str = "kind of model";
    const NAMES: &'static [(Model, &'static str)] = &[
        (Model::Gaussian, "gaussian"),
        (Model::Noise, "gaussian_with_noise"),
        (Model::Student, "student_t"),
        (Model::Variational, "variational_dirichlet"),
        (Model::Process, "variational_dirichlet_process"),
        (Model::Markov, "hidden_markov"),
    ];
}

impl Named for Algorithm {
    const WHAT: &'static str = "algorithm";
    const NAMES: &'static [(Algorithm, &'static str)] = &[
        (Algorithm::Em, "em"),
        (Algorithm::Map, "map_em"),
        (Algorithm::Classification, "classification_em"),
        (Algorithm::Stochastic, "stochastic_em"),
        (Algorithm::MonteCarlo, "monte_carlo_em"),
        (Algorithm::Annealing, "annealed_em"),
        (Algorithm::Stepwise, "mini_batch_em"),
        (Algorithm::Subsample, "subsample_em"),
        (Algorithm::Squarem, "squarem"),
        (Algorithm::Daarem, "daarem"),
    ];
}

impl Named for InitMethod {
    const WHAT: &'static str = "start";
    const NAMES: &'static [(InitMethod, &'static str)] = &[
        (InitMethod::KMeans, "kmeans"),
        (InitMethod::KMeansPlusPlus, "kmeans_plus_plus"),
        (InitMethod::RandomPoints, "random_points"),
        (
            InitMethod::RandomResponsibilities,
            "random_responsibilities",
        ),
        (InitMethod::MiniBatchKMeans, "mini_batch_kmeans"),
        (InitMethod::Hierarchical, "hierarchical"),
        (InitMethod::Given, "given"),
    ];
}

impl Named for Precision {
    const WHAT: &'static str = "precision";
    const NAMES: &'static [(Precision, &'static str)] = &[
        (Precision::Exact, "double"),
        (Precision::Fast, "single_then_double"),
    ];
}

impl Named for FloorScale {
    const WHAT: &'static str = "scale of the floor";
    const NAMES: &'static [(FloorScale, &'static str)] = &[
        (FloorScale::Relative, "relative"),
        (FloorScale::Absolute, "absolute"),
    ];
}

impl Named for StopRule {
    const WHAT: &'static str = "stopping rule";
    const NAMES: &'static [(StopRule, &'static str)] = &[
        (StopRule::Gain, "gain"),
        (StopRule::Limit, "limit"),
        (StopRule::Step, "step"),
    ];
}

impl Named for CovarianceType {
    const WHAT: &'static str = "covariance type";
    const NAMES: &'static [(CovarianceType, &'static str)] = &[
        (CovarianceType::Full, "full"),
        (CovarianceType::Tied, "tied"),
        (CovarianceType::Diagonal, "diag"),
        (CovarianceType::Spherical, "spherical"),
        (CovarianceType::Eii, "EII"),
        (CovarianceType::Eei, "EEI"),
        (CovarianceType::Vei, "VEI"),
        (CovarianceType::Evi, "EVI"),
        (CovarianceType::Vee, "VEE"),
        (CovarianceType::Eve, "EVE"),
        (CovarianceType::Vve, "VVE"),
        (CovarianceType::Eev, "EEV"),
        (CovarianceType::Vev, "VEV"),
        (CovarianceType::Evv, "EVV"),
    ];
}

impl Named for Free {
    const WHAT: &'static str = "way to estimate degrees of freedom";
    const NAMES: &'static [(Free, &'static str)] = &[
        (Free::Fixed, "fixed"),
        (Free::Each, "each"),
        (Free::Shared, "shared"),
    ];
}

impl Named for Missing {
    const WHAT: &'static str = "way to take missing values";
    const NAMES: &'static [(Missing, &'static str)] =
        &[(Missing::Drop, "drop"), (Missing::Fit, "fit")];
}

impl Named for Knob {
    const WHAT: &'static str = "option";
    const NAMES: &'static [(Knob, &'static str)] = &[
        (Knob::NoiseShare, "noise_share"),
        (Knob::PriorRows, "prior_rows"),
        (Knob::PriorWeight, "prior_weight"),
        (Knob::Degrees, "degrees_of_freedom"),
        (Knob::DegreesFree, "degrees_estimated"),
        (Knob::ScaleUpdate, "scale_update"),
        (Knob::Concentration, "concentration"),
        (Knob::MeanPrecision, "mean_precision"),
        (Knob::WishartDegrees, "wishart_degrees"),
        (Knob::Stay, "stay"),
        (Knob::Rows, "rows"),
        (Knob::StepExponent, "step_exponent"),
        (Knob::StepOffset, "step_offset"),
        (Knob::Passes, "passes"),
        (Knob::Shuffle, "shuffle"),
        (Knob::Beta, "beta"),
        (Knob::Stage, "stage"),
        (Knob::Draws, "draws"),
    ];
}

/// What a file calls an objective; files are not asked for one.
pub fn objective(objective: Objective) -> &'static str {
    match objective {
        Objective::LogLikelihood => "log_likelihood",
        Objective::Penalised => "penalised_log_likelihood",
        Objective::LowerBound => "evidence_lower_bound",
        Objective::Classification => "classification_log_likelihood",
        Objective::Stochastic => "log_likelihood_stochastic",
        Objective::Cooling => "log_likelihood_while_cooling",
        Objective::Batch => "log_likelihood_of_a_batch",
        Objective::Subsample => "log_likelihood_of_a_subsample",
        Objective::Single => "log_likelihood_in_single_precision",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::METHODS;

    fn come_back<T: Named + std::fmt::Debug>(values: &[T]) {
        for &value in values {
            assert!(!value.name().is_empty(), "{value:?}");
            assert_eq!(T::of_name(value.name()), Ok(value));
        }
        let error = T::of_name("no such thing").unwrap_err();
        assert!(error.contains(T::WHAT) && error.contains(values[0].name()));
    }

    #[test]
    fn every_name_leads_back_to_its_value() {
        come_back(&METHODS.iter().map(|m| m.model).collect::<Vec<_>>());
        come_back(&METHODS.iter().map(|m| m.algorithm).collect::<Vec<_>>());
        come_back(&CovarianceType::SHAPES);
        come_back(&Knob::ALL);
        come_back(&[Free::Fixed, Free::Each, Free::Shared]);
        come_back(&[Missing::Drop, Missing::Fit]);
        come_back(&[StopRule::Gain, StopRule::Limit, StopRule::Step]);
        come_back(&[Precision::Exact, Precision::Fast]);
        come_back(&[FloorScale::Relative, FloorScale::Absolute]);
        come_back(
            &InitMethod::NAMES
                .iter()
                .map(|(v, _)| *v)
                .collect::<Vec<_>>(),
        );
    }
}
