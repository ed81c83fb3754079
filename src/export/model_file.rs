//! A model as JSON: see docs/model-format.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::checksum::{self, NONE_YET};
use super::layout::laid_out;
use super::names::{self, Named, named};
use super::parameters::Parameters;
use crate::data::Table;
use crate::digits::Brief;
use crate::fit::{
    Algorithm, Floor, FloorScale, InitMethod, Knob, Knobs, Method, Model, Precision, Settings,
    StopRule,
};
use crate::mixture::{Kind, Mixture};
use crate::session::{Experiment, Missing, Roles, Selection};
use crate::study::{aic, bic};

/// What the file says that it is.
pub const MODEL_FORMAT: &str = "mixscope-model";

/// The newest version of the format that can be read, and the one that is written.
pub const MODEL_VERSION: u64 = 1;

/// A model with everything that it takes to score other rows and to go on fitting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// [`MODEL_FORMAT`].
    pub format: String,
    /// [`MODEL_VERSION`].
    pub version: u64,
    /// The program and its version.
    pub written_by: String,
    /// What is fitted.
    #[serde(with = "named")]
    pub kind: Model,
    /// Names of the D fitted columns, in the order of the parameters.
    pub columns: Vec<String>,
    /// How the columns become what is fitted.
    pub preparation: Preparation,
    /// The parameters.
    pub parameters: Parameters,
    /// How they were found.
    pub fit: FitRecord,
    /// The rows that they were fitted to.
    pub data: DataRecord,
    /// SHA-256 of the bytes before its line.
    pub checksum: String,
}

/// How the columns of a table become what is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// What becomes of rows that miss a value in a fitted column.
    #[serde(with = "named")]
    pub missing: Missing,
    /// Name of the column that gives each row its weight.
    pub row_weights: Option<String>,
    /// Name of the column that gives rows their component.
    pub labels: Option<String>,
    /// Name of the column that tells sequences apart.
    pub sequences: Option<String>,
    /// D numbers that were subtracted before the fit so that nothing cancels.
    pub centre: Vec<f64>,
}

/// What was asked of the fit, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitRecord {
    /// What was asked.
    pub settings: SettingsRecord,
    /// Iterations done.
    pub iteration: usize,
    /// What the algorithm climbs.
    pub objective: String,
    /// Its value.
    pub objective_value: f64,
    /// Total log-likelihood (natural logarithm) of the fitted rows.
    pub log_likelihood: f64,
    /// Free parameters.
    pub n_parameters: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// The Bayesian criterion.
    pub bic: f64,
}

/// Settings without what the parameters tell (K and family).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsRecord {
    /// How it is fitted.
    #[serde(with = "named")]
    pub algorithm: Algorithm,
    /// In which numbers the passes over the rows are made.
    #[serde(with = "named")]
    pub precision: Precision,
    /// The numbers that model and algorithm have beside the others, by name.
    pub options: BTreeMap<String, f64>,
    /// Where the first parameters come from.
    #[serde(with = "named")]
    pub start: InitMethod,
    /// Seed of the start.
    pub seed: u64,
    /// What each M-step adds to every variance.
    pub floor: f64,
    /// A share of each column's variance, or the data's units squared.
    #[serde(with = "named")]
    pub floor_scale: FloorScale,
    /// What ends a run.
    #[serde(with = "named")]
    pub stop_rule: StopRule,
    /// Tolerance of that rule.
    pub tolerance: f64,
    /// Iteration limit.
    pub max_iterations: usize,
}

/// The rows that a model was fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecord {
    /// Name of the set or file.
    pub name: String,
    /// Rows that were fitted.
    pub rows: usize,
    /// The sum of their weights.
    pub total_weight: f64,
    /// What [`checksum::of_data`] gives.
    pub sha256: String,
}

impl SettingsRecord {
    /// Those of settings.
    pub fn of(settings: &Settings) -> SettingsRecord {
        let method = Method::of(settings.model, settings.algorithm);
        let knobs = method.map_or(&[][..], |m| m.knobs);
        let option = |knob: &Knob| (knob.name().to_owned(), settings.knobs.get(*knob));
        SettingsRecord {
            algorithm: settings.algorithm,
            precision: settings.precision,
            options: knobs.iter().map(option).collect(),
            start: settings.init,
            seed: settings.seed,
            floor: settings.floor.value,
            floor_scale: settings.floor.scale,
            stop_rule: settings.stop_rule,
            tolerance: settings.tol,
            max_iterations: settings.max_iter,
        }
    }

    /// The settings of a fit of this kind, with K and family of `parameters`.
    ///
    /// # Errors
    /// If model and algorithm do not go together, or an option is unknown or out of its range; the
    /// error names it below `path`.
    pub fn settings(
        &self,
        path: &str,
        model: Model,
        n_components: usize,
        covariance_type: crate::mixture::CovarianceType,
    ) -> Result<Settings, ExportError> {
        if Method::of(model, self.algorithm).is_none() {
            let why = format!(
                "{} does not fit a model of the kind {}",
                self.algorithm.name(),
                model.name()
            );
            return Err(ExportError::field(format!("{path}.algorithm"), why));
        }
        let mut knobs = Knobs::default();
        for (name, &value) in &self.options {
            let at = |why| ExportError::field(format!("{path}.options"), why);
            let knob = Knob::of_name(name).map_err(at)?;
            knobs = knobs.with(knob, value);
            if knobs.out_of_range().is_some() {
                return Err(at(format!("{name} cannot be {}", Brief(value))));
            }
        }
        Ok(Settings {
            n_components,
            covariance_type,
            model,
            algorithm: self.algorithm,
            precision: self.precision,
            knobs,
            init: self.start,
            seed: self.seed,
            floor: Floor {
                value: self.floor,
                scale: self.floor_scale,
            },
            stop_rule: self.stop_rule,
            tol: self.tolerance,
            max_iter: self.max_iterations,
        })
    }
}

impl Preparation {
    /// That of a selection.
    pub fn of(selection: &Selection) -> Preparation {
        let roles = selection.roles();
        let columns = selection.source().table().columns();
        let name = |role: Option<usize>| role.map(|index| columns[index].name().to_owned());
        Preparation {
            missing: roles.missing,
            row_weights: name(roles.weights),
            labels: name(roles.labels),
            sequences: name(roles.sequences),
            centre: selection.matrix().centre().to_vec(),
        }
    }

    /// The roles of a table's columns, with these as the fitted ones. Columns that only say
    /// something of the rows may be missing.
    ///
    /// # Errors
    /// If a fitted column is missing, or holds no numbers.
    pub fn roles(&self, fitted: &[String], table: &Table) -> Result<Roles, ExportError> {
        let find = |name: &Option<String>| name.as_ref().and_then(|name| table.find(name));
        let column = |name: &String| {
            let lacks = |text| ExportError::Column {
                name: name.clone(),
                text,
            };
            let index = table.find(name).ok_or_else(|| lacks(false))?;
            match table.columns()[index].numbers() {
                Some(_) => Ok(index),
                None => Err(lacks(true)),
            }
        };
        Ok(Roles {
            fitted: fitted.iter().map(column).collect::<Result<_, _>>()?,
            missing: self.missing,
            weights: find(&self.row_weights),
            labels: find(&self.labels),
            sequences: find(&self.sequences),
        })
    }
}

impl DataRecord {
    /// That of a selection.
    pub fn of(selection: &Selection) -> DataRecord {
        DataRecord {
            name: selection.source().table().name().to_owned(),
            rows: selection.matrix().n_rows(),
            total_weight: selection.matrix().total_weight(),
            sha256: checksum::of_data(selection),
        }
    }
}

impl ModelFile {
    /// The model that an experiment shows. Of a model that was opened from a file, and is shown
    /// as it was, the file still says how it was found.
    pub fn of(experiment: &Experiment) -> ModelFile {
        let selection = experiment.selection();
        let settings = experiment.settings();
        let mixture = experiment.mixture();
        let preparation = Preparation::of(selection);
        let mut file = ModelFile {
            format: MODEL_FORMAT.to_owned(),
            version: MODEL_VERSION,
            written_by: super::WRITTEN_BY.to_owned(),
            kind: settings.model,
            columns: column_names(selection),
            parameters: Parameters::of(&mixture, &preparation.centre),
            preparation,
            fit: fit_record(experiment, &mixture),
            data: DataRecord::of(selection),
            checksum: NONE_YET.to_owned(),
        };
        let opened = experiment.opened().filter(|_| experiment.t() == 0);
        if let Some(opened) = opened.and_then(|text| ModelFile::read(text).ok()) {
            file.preparation.row_weights = opened.preparation.row_weights;
            file.preparation.labels = opened.preparation.labels;
            file.preparation.sequences = opened.preparation.sequences;
            (file.fit, file.data) = (opened.fit, opened.data);
        }
        file
    }

    /// The file.
    ///
    /// # Errors
    /// If a number is not finite, which none is in a model that fits.
    pub fn to_text(&self) -> Result<String, ExportError> {
        let text = laid_out(&ModelFile {
            checksum: NONE_YET.to_owned(),
            ..self.clone()
        })?;
        checksum::signed(&text).ok_or(ExportError::NoChecksum)
    }

    /// Reads a file and checks it: its format and version, its structure, its checksum, and that
    /// its numbers make a model.
    ///
    /// # Errors
    /// The first of these that does not hold, and where.
    pub fn read(text: &str) -> Result<ModelFile, ExportError> {
        head(text, MODEL_FORMAT, MODEL_VERSION)?;
        let file: ModelFile =
            serde_json::from_str(text).map_err(|e| ExportError::Json(e.to_string()))?;
        verify(text, &file.checksum)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), ExportError> {
        let d = self.columns.len();
        for (index, name) in self.columns.iter().enumerate() {
            if self.columns[..index].contains(name) {
                let why = format!("\u{201c}{name}\u{201d} is there twice");
                return Err(ExportError::field(format!("columns[{index}]"), why));
            }
        }
        let centre = &self.preparation.centre;
        if d == 0 || centre.len() != d {
            let why = format!("there are {} numbers for {d} columns", centre.len());
            return Err(ExportError::field("preparation.centre", why));
        }
        let mixture = self.mixture()?;
        if mixture.dimension() != d {
            let why = format!("they have {} numbers for {d} columns", mixture.dimension());
            return Err(ExportError::field("parameters.means", why));
        }
        let fits = match (self.kind, mixture.kind()) {
            (Model::Noise, Kind::Gaussian) => mixture.noise().is_some(),
            (Model::Gaussian, Kind::Gaussian) | (Model::Student, Kind::Student { .. }) => {
                mixture.noise().is_none()
            }
            // Before its first iteration a posterior is that of normal components.
            (Model::Variational | Model::Process, Kind::Gaussian | Kind::Posterior(_)) => {
                mixture.noise().is_none()
            }
            (Model::Markov, Kind::Chain(_)) => true,
            _ => false,
        };
        if !fits {
            let why = format!(
                "the parameters are not those of a model of the kind {}",
                self.kind.name()
            );
            return Err(ExportError::field("kind", why));
        }
        self.settings().map(drop)
    }

    /// The mixture in the coordinates of rows that are centred at [`Preparation::centre`].
    ///
    /// # Errors
    /// If the parameters make none.
    pub fn mixture(&self) -> Result<Mixture, ExportError> {
        self.parameters.mixture(&self.preparation.centre)
    }

    /// The settings that go on fitting it as it was fitted.
    ///
    /// # Errors
    /// If one cannot be.
    pub fn settings(&self) -> Result<Settings, ExportError> {
        let p = &self.parameters;
        let (k, family) = (p.n_components(), p.covariance_type);
        self.fit
            .settings
            .settings("fit.settings", self.kind, k, family)
    }
}

/// Names of the fitted columns.
pub(super) fn column_names(selection: &Selection) -> Vec<String> {
    let all = 0..selection.fitted().len();
    all.map(|c| selection.column_name(c).to_owned()).collect()
}

fn fit_record(experiment: &Experiment, mixture: &Mixture) -> FitRecord {
    let matrix = experiment.selection().matrix();
    let iterate = experiment.iterate();
    let p = mixture.n_parameters();
    let n = matrix.total_weight().round().max(1.0) as usize;
    FitRecord {
        settings: SettingsRecord::of(experiment.settings()),
        iteration: experiment.t(),
        objective: names::objective(experiment.objective()).to_owned(),
        objective_value: iterate.objective,
        log_likelihood: iterate.log_likelihood,
        n_parameters: p,
        aic: aic(iterate.log_likelihood, p),
        bic: bic(iterate.log_likelihood, p, n),
    }
}

/// Says the text that it is of this format, and of no newer version than this one?
///
/// # Errors
/// If it is no JSON, of another format, or newer.
pub(super) fn head(text: &str, wanted: &'static str, newest: u64) -> Result<(), ExportError> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        format: String,
        #[serde(default)]
        version: u64,
    }
    let head: Head = serde_json::from_str(text).map_err(|e| ExportError::Json(e.to_string()))?;
    if head.format != wanted {
        return Err(ExportError::Format {
            found: head.format,
            wanted,
        });
    }
    match head.version {
        found if found > newest => Err(ExportError::Version { found, newest }),
        0 => Err(ExportError::field("version", "there is no version 0")),
        _ => Ok(()),
    }
}

/// Is this the checksum of the text?
pub(super) fn verify(text: &str, checksum: &str) -> Result<(), ExportError> {
    match checksum::of_text(text) {
        None => Err(ExportError::NoChecksum),
        Some(sum) if sum == checksum => Ok(()),
        Some(_) => Err(ExportError::Checksum),
    }
}
