use std::fmt;

use serde::{Deserialize, Serialize};

use super::method::{Algorithm, Knob, Knobs, Method, Model};
use super::stopping::StopRule;
use super::vector::takes;
use crate::data::{Matrix, UNLABELLED};
use crate::digits::Brief;
use crate::mixture::{CovarianceType, MAX_COMPONENTS, letter};

/// Where the first parameters come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitMethod {
    /// k-means++ seeds, then Lloyd's iterations (on evenly spaced rows where there are very
    /// many); means, weights and covariances of the clusters.
    KMeans,
    /// k-means++ seeds as means (Arthur and Vassilvitskii 2007); one pooled covariance.
    KMeansPlusPlus,
    /// K distinct rows as means; one pooled covariance.
    RandomPoints,
    /// Uniform random responsibilities, then one M-step.
    RandomResponsibilities,
    /// k-means++ seeds, then mini-batch k-means (Sculley 2010): the same cost whatever N is.
    MiniBatchKMeans,
    /// Model-based agglomerative clustering (Fraley 1998) of at most
    /// [`MOST_ROWS`](super::hierarchical::MOST_ROWS) rows.
    Hierarchical,
    /// Parameters that were given: by hand, or by another fit.
    Given,
}

impl InitMethod {
    /// Does another seed give another start?
    pub fn depends_on_the_seed(self) -> bool {
        !matches!(self, InitMethod::Hierarchical | InitMethod::Given)
    }
}

/// How the additive floor is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FloorScale {
    /// A share of each column's variance: scaled data give scaled fits.
    Relative,
    /// The same number added to every variance, as scikit-learn's `reg_covar`.
    Absolute,
}

/// What is added to the diagonal of every covariance at each M-step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// At least 0: a share of the variance, or the data's units squared.
    pub value: f64,
    /// What `value` is measured in.
    pub scale: FloorScale,
}

impl Floor {
    /// No floor: plain EM.
    pub const NONE: Floor = Floor::absolute(0.0);

    /// As scikit-learn's `reg_covar`.
    pub const fn absolute(value: f64) -> Floor {
        Floor {
            value,
            scale: FloorScale::Absolute,
        }
    }

    /// A share of each column's variance.
    pub const fn relative(value: f64) -> Floor {
        Floor {
            value,
            scale: FloorScale::Relative,
        }
    }

    /// What is added to each of the D variances, in the data's units squared.
    pub fn added(&self, matrix: &Matrix) -> Vec<f64> {
        match self.scale {
            FloorScale::Relative => matrix.variance().iter().map(|v| v * self.value).collect(),
            FloorScale::Absolute => vec![self.value; matrix.n_columns()],
        }
    }
}

/// In which numbers the passes over the rows are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Precision {
    /// Double precision throughout.
    #[default]
    Exact,
    /// Single precision until an iteration gains little, then double precision: see
    /// [`Scheme::Single`](super::Scheme::Single). Where [`Settings::can_be_fast`] says no it does nothing.
    Fast,
}

/// What was asked of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// K, 1 to 32.
    pub n_components: usize,
    /// The covariance family.
    pub covariance_type: CovarianceType,
    /// What is fitted.
    pub model: Model,
    /// How.
    pub algorithm: Algorithm,
    /// In which numbers.
    #[serde(default)]
    pub precision: Precision,
    /// The numbers that model and algorithm have beside the others.
    pub knobs: Knobs,
    /// Where the first parameters come from.
    pub init: InitMethod,
    /// Seed of the start.
    pub seed: u64,
    /// Keeps covariances from collapsing.
    pub floor: Floor,
    /// What ends a run.
    #[serde(default)]
    pub stop_rule: StopRule,
    /// Stop when the log-likelihood per row (natural logarithm) gains less than this in an iteration.
    pub tol: f64,
    /// Play and run stop after this many iterations.
    pub max_iter: usize,
}

impl Default for Settings {
    /// Three full components from k-means. The floor is relative, 1e-6 of each column's
    /// variance: an absolute one swamps data measured in nanometres and is nothing
    /// to data measured in light years.
    fn default() -> Self {
        Settings {
            n_components: 3,
            covariance_type: CovarianceType::Full,
            model: Model::Gaussian,
            algorithm: Algorithm::Em,
            precision: Precision::Exact,
            knobs: Knobs::default(),
            init: InitMethod::KMeans,
            seed: 1,
            floor: Floor::relative(1e-6),
            stop_rule: StopRule::default(),
            tol: 1e-6,
            max_iter: 1000,
        }
    }
}

/// Why settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SettingsError {
    /// K is 0 or above [`MAX_COMPONENTS`].
    Components(usize),
    /// More components than rows.
    MoreComponentsThanRows {
        /// K.
        components: usize,
        /// N.
        rows: usize,
    },
    /// The floor is negative, infinite or NaN.
    Floor(f64),
    /// The tolerance is negative, infinite or NaN.
    Tolerance(f64),
    /// The iteration limit is 0 or above a million.
    Iterations(usize),
    /// A knob is out of its range, or not whole where it must be.
    Knob(Knob),
    /// Rows are labelled with a component that is not there.
    Label {
        /// The component, from 0.
        component: usize,
        /// K.
        components: usize,
    },
    /// This algorithm does not fit this model.
    Method {
        /// The model.
        model: Model,
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// Entries are missing, and this model or algorithm needs all of them.
    Holes,
    /// Rows have weights, and a hidden Markov model cannot see one of them twice.
    MarkovWeights,
    /// The algorithm extrapolates parameters, and this family ties them together.
    Family(Algorithm),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingsError::Components(k) => {
                write!(
                    f,
                    "{k} components: choose a number from 1 to {MAX_COMPONENTS}"
                )
            }
            SettingsError::MoreComponentsThanRows { components, rows } => write!(
                f,
                "{components} components for {rows} rows: choose at most as many components as rows"
            ),
            SettingsError::Floor(v) => {
                write!(
                    f,
                    "a floor of {}: choose 0 or a small positive number",
                    Brief(*v)
                )
            }
            SettingsError::Tolerance(v) => {
                write!(
                    f,
                    "a tolerance of {}: choose 0 or a small positive number",
                    Brief(*v)
                )
            }
            SettingsError::Iterations(n) => {
                write!(f, "{n} iterations: choose a limit from 1 to 1 000 000")
            }
            SettingsError::Knob(knob) => {
                let spec = knob.spec();
                write!(
                    f,
                    "\u{201c}{}\u{201d} is out of range: choose a {} from {} to {}",
                    spec.name,
                    if spec.whole { "whole number" } else { "number" },
                    Brief(spec.min),
                    Brief(spec.max)
                )
            }
            SettingsError::Label {
                component,
                components,
            } => write!(
                f,
                "some rows are labelled {}, and there are {components} components: choose at least {}, or another label column",
                letter(*component),
                component + 1
            ),
            SettingsError::Method { model, algorithm } => {
                let fitted = Method::of(*model, Algorithm::Em).map_or("", |m| m.name);
                let fits = Method::of(Model::Gaussian, *algorithm).map_or("", |m| m.name);
                write!(
                    f,
                    "{fits} does not fit this model: choose \u{201c}{fitted}\u{201d}, or {fits} with normal components"
                )
            }
            SettingsError::Holes => write!(
                f,
                "some values are missing, and this model needs all of them: leave those rows out, or choose EM"
            ),
            SettingsError::MarkovWeights => write!(
                f,
                "the rows have weights, and a hidden Markov model sees every row of a sequence once: leave the weights out, or choose EM"
            ),
            SettingsError::Family(algorithm) => write!(
                f,
                "{} works with full, tied, diagonal and spherical covariances, EII and EEI: choose one of these, or EM",
                name(*algorithm)
            ),
        }
    }
}

impl std::error::Error for SettingsError {}

/// The name of an algorithm for normal components.
fn name(algorithm: Algorithm) -> &'static str {
    Method::of(Model::Gaussian, algorithm).map_or("this algorithm", |m| m.name)
}

impl Settings {
    /// Does the floor take part? Not beside a prior: two remedies for one ill would hide
    /// which of them works, and the floor lets the objective fall.
    pub fn has_floor(&self) -> bool {
        self.algorithm != Algorithm::Map && !self.model.is_variational()
    }

    /// Is there a way to fit these rows in single precision? For plain EM on whole rows that count
    /// once, in one or two columns or with variances along the columns.
    pub fn can_be_fast(&self, matrix: &Matrix) -> bool {
        let plain = self.model == Model::Gaussian && self.algorithm == Algorithm::Em;
        let beside = matrix.has_holes() || matrix.labels().is_some() || matrix.weights().is_some();
        plain && !beside && (matrix.n_columns() <= 2 || !self.covariance_type.is_dense())
    }

    /// Checks every number against its range and against the rows.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn check(&self, matrix: &Matrix) -> Result<(), SettingsError> {
        let rows = matrix.n_rows();
        if self.n_components == 0 || self.n_components > MAX_COMPONENTS {
            return Err(SettingsError::Components(self.n_components));
        }
        if self.n_components > rows {
            return Err(SettingsError::MoreComponentsThanRows {
                components: self.n_components,
                rows,
            });
        }
        if !(self.floor.value.is_finite() && self.floor.value >= 0.0) {
            return Err(SettingsError::Floor(self.floor.value));
        }
        if !(self.tol.is_finite() && self.tol >= 0.0) {
            return Err(SettingsError::Tolerance(self.tol));
        }
        if self.max_iter == 0 || self.max_iter > 1_000_000 {
            return Err(SettingsError::Iterations(self.max_iter));
        }
        if let Some(knob) = self.knobs.out_of_range() {
            return Err(SettingsError::Knob(knob));
        }
        self.fits(matrix)
    }

    /// Can this model and algorithm take rows like these?
    fn fits(&self, matrix: &Matrix) -> Result<(), SettingsError> {
        let known = matrix.labels().unwrap_or(&[]);
        let highest = known.iter().filter(|&&y| y != UNLABELLED).max();
        if let Some(component) = highest.map(|&y| usize::from(y))
            && component >= self.n_components
        {
            return Err(SettingsError::Label {
                component,
                components: self.n_components,
            });
        }
        if Method::of(self.model, self.algorithm).is_none() {
            return Err(SettingsError::Method {
                model: self.model,
                algorithm: self.algorithm,
            });
        }
        let takes_holes = self.model == Model::Gaussian
            && matches!(self.algorithm, Algorithm::Em | Algorithm::Map);
        let extrapolates = matches!(self.algorithm, Algorithm::Squarem | Algorithm::Daarem);
        if extrapolates && !takes(self.covariance_type) {
            return Err(SettingsError::Family(self.algorithm));
        }
        if matrix.has_holes() && !takes_holes {
            return Err(SettingsError::Holes);
        }
        if self.model == Model::Markov && matrix.weights().is_some() {
            return Err(SettingsError::MarkovWeights);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let rows = |n: u32| {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            Matrix::from_columns(&[&x]).unwrap()
        };
        let ok = Settings::default();
        assert_eq!(ok.check(&rows(100)), Ok(()));
        let with = |change: fn(&mut Settings)| {
            let mut s = Settings::default();
            change(&mut s);
            s.check(&rows(100)).unwrap_err().to_string()
        };
        assert!(with(|s| s.n_components = 0).contains("components"));
        assert!(with(|s| s.n_components = 33).contains("components"));
        assert!(with(|s| s.floor.value = -1.0).contains("floor"));
        assert!(with(|s| s.floor.value = f64::NAN).contains("floor"));
        assert!(with(|s| s.tol = f64::NAN).contains("tolerance"));
        assert!(with(|s| s.max_iter = 0).contains("iterations"));
        assert!(
            ok.check(&rows(2))
                .unwrap_err()
                .to_string()
                .contains("2 rows")
        );
    }
}
