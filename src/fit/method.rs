//! What can be chosen: the models, the algorithms, and the knobs that each has.

use serde::{Deserialize, Serialize};

use super::degrees::{MAX_DEGREES, MIN_DEGREES};
use crate::mixture::Free;

/// What is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Model {
    /// Normal components.
    #[default]
    Gaussian,
    /// Normal components and one of constant density.
    Noise,
    /// Components of t densities, with tails as heavy as the rows ask for.
    Student,
    /// A posterior over normal components, with a Dirichlet prior on the weights.
    Variational,
    /// The same with a truncated Dirichlet process as prior.
    Process,
    /// Normal components that follow one another in time as a hidden Markov chain.
    Markov,
}

impl Model {
    /// Is a distribution over the parameters sought, and not their best values?
    pub fn is_variational(self) -> bool {
        matches!(self, Model::Variational | Model::Process)
    }
}

/// How it is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// Batch EM: every iteration sees every row.
    #[default]
    Em,
    /// Batch EM with priors that keep covariances from collapsing.
    Map,
    /// Every row goes wholly to its strongest component.
    Classification,
    /// Every row is drawn to one component, for a number of iterations.
    Stochastic,
    /// Every row is drawn several times, ever more often, for a number of iterations.
    MonteCarlo,
    /// Responsibilities are levelled at first.
    Annealing,
    /// Parameters move after every batch of rows.
    Stepwise,
    /// A part of the rows first.
    Subsample,
    /// EM steps extrapolated.
    Squarem,
    /// EM steps combined.
    Daarem,
}

/// A number that a model or an algorithm has beside K, covariance, start and floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Knob {
    /// Weight of a noise component at the start.
    NoiseShare,
    /// What makes the prior on a covariance stronger than the default, in rows.
    PriorRows,
    /// Rows that the Dirichlet prior gives to each weight: alpha - 1.
    PriorWeight,
    /// Degrees of freedom of t components at the start.
    Degrees,
    /// Which of them are estimated: none, each, or one for all components.
    DegreesFree,
    /// How the scales of t components are updated: 0 for EM, 1 for Kent's way.
    ScaleUpdate,
    /// Concentration of the prior on the weights; 0 is 1 / K.
    Concentration,
    /// beta_0: rows that the prior on a mean is worth.
    MeanPrecision,
    /// nu_0 - (D - 1) of the Wishart prior; 0 is the same as 1: nu_0 = D.
    WishartDegrees,
    /// Probability of staying in a state at the start.
    Stay,
    /// Rows of a batch or of a part of the data; 0 chooses.
    Rows,
    /// What falls with its power: the step size of stepwise EM.
    StepExponent,
    /// Added to the number of the update in it.
    StepOffset,
    /// Passes over the data before batch EM.
    Passes,
    /// 1 if batches are drawn, 0 if they follow the table.
    Shuffle,
    /// Inverse temperature at the start.
    Beta,
    /// Iterations before EM takes over.
    Stage,
    /// Draws a row.
    Draws,
}

/// What a person is told of a knob, and what it can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnobSpec {
    /// Its name beside the field.
    pub name: &'static str,
    /// One line of explanation.
    pub about: &'static str,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The value to begin with.
    pub default: f64,
    /// Is it a whole number?
    pub whole: bool,
    /// Does it act on the first parameters, so that a change begins a new run?
    pub of_the_start: bool,
    /// If it is a choice and no quantity: the words for 0, 1, 2 ...
    pub choices: &'static [&'static str],
}

impl Knob {
    /// All of them, in the order of [`Knobs`].
    pub const ALL: [Knob; 18] = [
        Knob::NoiseShare,
        Knob::PriorRows,
        Knob::PriorWeight,
        Knob::Degrees,
        Knob::DegreesFree,
        Knob::ScaleUpdate,
        Knob::Concentration,
        Knob::MeanPrecision,
        Knob::WishartDegrees,
        Knob::Stay,
        Knob::Rows,
        Knob::StepExponent,
        Knob::StepOffset,
        Knob::Passes,
        Knob::Shuffle,
        Knob::Beta,
        Knob::Stage,
        Knob::Draws,
    ];

    /// Name, range and default.
    pub const fn spec(self) -> KnobSpec {
        const fn real(
            name: &'static str,
            about: &'static str,
            [min, max, default]: [f64; 3],
        ) -> KnobSpec {
            KnobSpec {
                name,
                about,
                min,
                max,
                default,
                whole: false,
                of_the_start: false,
                choices: &[],
            }
        }
        const fn choice(
            name: &'static str,
            about: &'static str,
            choices: &'static [&'static str],
            default: f64,
        ) -> KnobSpec {
            KnobSpec {
                whole: true,
                choices,
                ..real(name, about, [0.0, choices.len() as f64 - 1.0, default])
            }
        }
        const fn count(name: &'static str, about: &'static str, range: [f64; 3]) -> KnobSpec {
            KnobSpec {
                whole: true,
                ..real(name, about, range)
            }
        }
        const fn of_the_start(spec: KnobSpec) -> KnobSpec {
            KnobSpec {
                of_the_start: true,
                ..spec
            }
        }
        match self {
            Knob::NoiseShare => of_the_start(real(
                "Noise",
                "share of the rows that the noise component begins with",
                [0.001, 0.9, 0.05],
            )),
            Knob::PriorRows => real(
                "Prior",
                "rows added to the weakest proper prior on each covariance",
                [0.0, 1e6, 0.0],
            ),
            Knob::PriorWeight => real(
                "Prior on weights",
                "rows given to each component before any is seen",
                [0.0, 1e6, 0.0],
            ),
            Knob::Degrees => KnobSpec {
                of_the_start: true,
                ..real(
                    "Degrees of freedom",
                    "few for heavy tails, many for nearly normal ones",
                    [MIN_DEGREES, MAX_DEGREES, 8.0],
                )
            },
            Knob::DegreesFree => KnobSpec {
                of_the_start: true,
                ..choice(
                    "Estimate them",
                    "whether the rows say how heavy the tails are",
                    &["no, keep them", "one for each component", "one for all"],
                    1.0,
                )
            },
            Knob::ScaleUpdate => choice(
                "Scale update",
                "Kent's way has the same summits and gets there in fewer steps",
                &["EM", "Kent, Tyler and Vardi"],
                0.0,
            ),
            Knob::Concentration => of_the_start(real(
                "Concentration",
                "small: few components keep a weight; large: all do (0 is 1 / K)",
                [0.0, 1e6, 0.0],
            )),
            Knob::MeanPrecision => of_the_start(real(
                "Mean precision",
                "rows that the prior mean, the mean of all rows, is worth",
                [1e-6, 1e6, 1.0],
            )),
            Knob::WishartDegrees => of_the_start(real(
                "Degrees of freedom",
                "rows that the prior covariance is worth, above columns less 1 (0 is 1)",
                [0.0, 1e6, 0.0],
            )),
            Knob::Stay => of_the_start(real(
                "Stay",
                "probability of staying in a state from one row to the next at the start",
                [0.01, 0.99, 0.8],
            )),
            Knob::Rows => count(
                "Rows at a time",
                "0 takes a tenth of the rows",
                [0.0, 1e9, 0.0],
            ),
            Knob::StepExponent => real(
                "Exponent",
                "how fast the steps grow shorter: step = (update + offset)^-exponent",
                [0.5, 1.0, 0.6],
            ),
            Knob::StepOffset => real(
                "Offset",
                "the larger, the shorter are the first steps",
                [1.0, 1e6, 2.0],
            ),
            Knob::Passes => count(
                "Passes",
                "over the data, before EM on all rows takes over",
                [1.0, 1000.0, 5.0],
            ),
            Knob::Shuffle => count(
                "Shuffled",
                "1: rows in an order that is drawn; 0: in that of the table",
                [0.0, 1.0, 1.0],
            ),
            Knob::Beta => real(
                "First \u{3b2}",
                "responsibilities are raised to this power, which rises to 1",
                [0.01, 1.0, 0.5],
            ),
            Knob::Stage => count("Iterations", "before plain EM takes over", [1.0, 1e5, 50.0]),
            Knob::Draws => count(
                "Draws",
                "a row, in the first iteration; they grow with the iterations",
                [1.0, 1000.0, 10.0],
            ),
        }
    }

    /// What the values of [`Knob::DegreesFree`] stand for.
    pub(super) fn degrees_free(value: usize) -> Free {
        match value {
            0 => Free::Fixed,
            1 => Free::Each,
            _ => Free::Shared,
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The values of all knobs; those that a choice does not have are kept and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knobs([f64; Knob::ALL.len()]);

impl Default for Knobs {
    fn default() -> Self {
        Knobs(Knob::ALL.map(|knob| knob.spec().default))
    }
}

impl Knobs {
    /// The value of one.
    pub fn get(&self, knob: Knob) -> f64 {
        self.0[knob.index()]
    }

    /// The value of a whole-numbered one.
    pub fn count(&self, knob: Knob) -> usize {
        self.get(knob) as usize
    }

    /// The same with one changed.
    #[must_use]
    pub fn with(mut self, knob: Knob, value: f64) -> Knobs {
        self.0[knob.index()] = value;
        self
    }

    /// The first knob whose value is out of its range or not whole where it must be.
    pub fn out_of_range(&self) -> Option<Knob> {
        Knob::ALL.into_iter().find(|knob| {
            let (spec, value) = (knob.spec(), self.get(*knob));
            !(value >= spec.min && value <= spec.max) || spec.whole && value.fract() != 0.0
        })
    }
}

/// An entry of the Algorithm box: a model with the algorithm that fits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// One line of explanation.
    pub about: &'static str,
    /// What is fitted.
    pub model: Model,
    /// How.
    pub algorithm: Algorithm,
    /// The knobs that it has.
    pub knobs: &'static [Knob],
}

/// The entries of the Algorithm box, in their order.
pub const METHODS: &[Method] = &[
    Method {
        name: "EM",
        about: "Every iteration shares out all rows, then moves all components: the likelihood never falls.",
        model: Model::Gaussian,
        algorithm: Algorithm::Em,
        knobs: &[],
    },
    Method {
        name: "MAP-EM",
        about: "EM with a prior on every covariance, so that none can collapse; the penalised likelihood never falls.",
        model: Model::Gaussian,
        algorithm: Algorithm::Map,
        knobs: &[Knob::PriorRows, Knob::PriorWeight],
    },
    Method {
        name: "EM with noise",
        about: "One more component of constant density takes the rows that fit nowhere.",
        model: Model::Noise,
        algorithm: Algorithm::Em,
        knobs: &[Knob::NoiseShare],
    },
    Method {
        name: "Student-t mixture",
        about: "Components with heavier tails: rows far out pull less on means and shapes. Ellipses show scales.",
        model: Model::Student,
        algorithm: Algorithm::Em,
        knobs: &[Knob::Degrees, Knob::DegreesFree, Knob::ScaleUpdate],
    },
    Method {
        name: "Variational Bayes (Dirichlet)",
        about: "Seeks a distribution over the parameters; components that the rows do not need empty themselves, and the lower bound of the evidence never falls.",
        model: Model::Variational,
        algorithm: Algorithm::Em,
        knobs: POSTERIOR_KNOBS,
    },
    Method {
        name: "Variational Bayes (Dirichlet process)",
        about: "Variational Bayes with weights broken off a stick one after another: components that come first are preferred.",
        model: Model::Process,
        algorithm: Algorithm::Em,
        knobs: POSTERIOR_KNOBS,
    },
    Method {
        name: "Hidden Markov model",
        about: "Rows in order of time: every state has its component, and each row\u{2019}s state depends on the one before.",
        model: Model::Markov,
        algorithm: Algorithm::Em,
        knobs: &[Knob::Stay],
    },
    Method {
        name: "SQUAREM",
        about: "Two EM steps, then one that goes farther along: the same end as EM in fewer iterations.",
        model: Model::Gaussian,
        algorithm: Algorithm::Squarem,
        knobs: &[],
    },
    Method {
        name: "DAAREM",
        about: "An iteration combines up to eleven EM steps: the same end as EM in far fewer iterations.",
        model: Model::Gaussian,
        algorithm: Algorithm::Daarem,
        knobs: &[],
    },
    Method {
        name: "Mini-batch EM",
        about: "Components move after every batch of rows, by shorter and shorter steps; then EM on all rows.",
        model: Model::Gaussian,
        algorithm: Algorithm::Stepwise,
        knobs: &[
            Knob::Rows,
            Knob::StepExponent,
            Knob::StepOffset,
            Knob::Passes,
            Knob::Shuffle,
        ],
    },
    Method {
        name: "Subsample, then EM",
        about: "EM on rows drawn at random until it gains little, then on all rows.",
        model: Model::Gaussian,
        algorithm: Algorithm::Subsample,
        knobs: &[Knob::Rows],
    },
    Method {
        name: "Classification EM",
        about: "Every row goes wholly to its strongest component: k-means with shapes; the classification likelihood never falls.",
        model: Model::Gaussian,
        algorithm: Algorithm::Classification,
        knobs: &[],
    },
    Method {
        name: "Stochastic EM",
        about: "Every row is drawn to one component, and chance may leave a poor optimum; the average of the later half goes on with EM.",
        model: Model::Gaussian,
        algorithm: Algorithm::Stochastic,
        knobs: &[Knob::Stage],
    },
    Method {
        name: "Monte Carlo EM",
        about: "Every row is drawn several times, ever more often, until plain EM takes over.",
        model: Model::Gaussian,
        algorithm: Algorithm::MonteCarlo,
        knobs: &[Knob::Draws, Knob::Stage],
    },
    Method {
        name: "Annealed EM",
        about: "Responsibilities begin nearly level and sharpen while the temperature falls: less depends on the start.",
        model: Model::Gaussian,
        algorithm: Algorithm::Annealing,
        knobs: &[Knob::Beta, Knob::Stage],
    },
];

const POSTERIOR_KNOBS: &[Knob] = &[
    Knob::Concentration,
    Knob::MeanPrecision,
    Knob::WishartDegrees,
];

impl Method {
    /// The entry of a model and algorithm, if the box has one.
    pub fn of(model: Model, algorithm: Algorithm) -> Option<&'static Method> {
        METHODS
            .iter()
            .find(|m| (m.model, m.algorithm) == (model, algorithm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_listed_in_the_order_of_their_values_and_begin_within_their_range() {
        for (i, knob) in Knob::ALL.into_iter().enumerate() {
            assert_eq!(knob.index(), i);
        }
        assert_eq!(Knobs::default().out_of_range(), None);
    }

    #[test]
    fn a_knob_out_of_its_range_is_found() {
        for knob in Knob::ALL {
            let spec = knob.spec();
            let half = if spec.whole { 0.5 } else { f64::NAN };
            for value in [f64::NAN, spec.min - 1.0, spec.max * 2.0, spec.min + half] {
                let knobs = Knobs::default().with(knob, value);
                assert_eq!(knobs.out_of_range(), Some(knob));
            }
        }
    }

    #[test]
    fn every_entry_has_a_name_and_a_choice_of_its_own() {
        for (i, a) in METHODS.iter().enumerate() {
            assert_eq!(Method::of(a.model, a.algorithm), Some(a));
            assert!(METHODS[..i].iter().all(|b| a.name != b.name));
        }
    }

    #[test]
    fn a_choice_has_a_word_for_each_of_its_values() {
        for spec in Knob::ALL.map(Knob::spec) {
            let n = spec.choices.len();
            assert!(n == 0 || spec.whole && spec.min == 0.0 && spec.max == (n - 1) as f64);
        }
    }
}
