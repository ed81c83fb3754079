//! An experiment as JSON: everything that it takes to make a run again, half-step for half-step,
//! here or natively. See docs/model-format.md.

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::checksum::{self, NONE_YET};
use super::layout::laid_out;
use super::model_file::{DataRecord, Preparation, SettingsRecord, column_names, head, verify};
use super::names::named;
use super::parameters::Parameters;
use crate::data::Table;
use crate::fit::{Model, Plan, Settings, start};
use crate::mixture::{CovarianceType, Mixture};
use crate::session::{Experiment, Roles, Run, Selection};

/// What the file says that it is.
pub const EXPERIMENT_FORMAT: &str = "mixscope-experiment";

/// The newest version of the format that can be read, and the one that is written.
pub const EXPERIMENT_VERSION: u64 = 1;

/// A run as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentFile {
    /// [`EXPERIMENT_FORMAT`].
    pub format: String,
    /// [`EXPERIMENT_VERSION`].
    pub version: u64,
    /// The program and its version.
    pub written_by: String,
    /// What is fitted.
    #[serde(with = "named")]
    pub kind: Model,
    /// K.
    pub n_components: usize,
    /// The family.
    #[serde(with = "named")]
    pub covariance_type: CovarianceType,
    /// Names of the D fitted columns.
    pub columns: Vec<String>,
    /// How the columns become what is fitted.
    pub preparation: Preparation,
    /// Id of the built-in set that the rows are; none for a file.
    pub built_in: Option<String>,
    /// The rows.
    pub data: DataRecord,
    /// The parameters that the run began with, if they were given.
    pub given: Option<Parameters>,
    /// The settings of the start, then those that took effect later.
    pub asked: Vec<Asked>,
    /// How many half-steps were made.
    pub half_steps: usize,
    /// The half-step that was shown.
    pub shown: usize,
    /// The objective after each iteration, the start first: what a replay must come to, to the
    /// last bit.
    pub objective: Vec<f64>,
    /// SHA-256 of the bytes before its line.
    pub checksum: String,
}

/// Settings, and when they took effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The half-step after which they hold.
    pub after: usize,
    /// The settings.
    pub settings: SettingsRecord,
}

impl ExperimentFile {
    /// The run of an experiment.
    pub fn of(experiment: &Experiment) -> ExperimentFile {
        let selection = experiment.selection();
        let settings = experiment.settings();
        let preparation = Preparation::of(selection);
        let given = experiment.given();
        let asked = |(after, settings): &(usize, Settings)| Asked {
            after: *after,
            settings: SettingsRecord::of(settings),
        };
        let run = experiment.run();
        ExperimentFile {
            format: EXPERIMENT_FORMAT.to_owned(),
            version: EXPERIMENT_VERSION,
            written_by: super::WRITTEN_BY.to_owned(),
            kind: settings.model,
            n_components: settings.n_components,
            covariance_type: settings.covariance_type,
            columns: column_names(selection),
            given: given.map(|mixture| Parameters::of(mixture, &preparation.centre)),
            preparation,
            built_in: selection.source().builtin_id().map(str::to_owned),
            data: DataRecord::of(selection),
            asked: experiment.asked().iter().map(asked).collect(),
            half_steps: run.last(),
            shown: experiment.position(),
            objective: run.iterates().iter().map(|i| i.objective).collect(),
            checksum: NONE_YET.to_owned(),
        }
    }

    /// The file.
    ///
    /// # Errors
    /// If a number is not finite, which none is in a run.
    pub fn to_text(&self) -> Result<String, ExportError> {
        let text = laid_out(&ExperimentFile {
            checksum: NONE_YET.to_owned(),
            ..self.clone()
        })?;
        checksum::signed(&text).ok_or(ExportError::NoChecksum)
    }

    /// Reads a file and checks it as [`ModelFile::read`](super::ModelFile::read) does.
    ///
    /// # Errors
    /// The first thing that does not hold, and where.
    pub fn read(text: &str) -> Result<ExperimentFile, ExportError> {
        head(text, EXPERIMENT_FORMAT, EXPERIMENT_VERSION)?;
        let file: ExperimentFile =
            serde_json::from_str(text).map_err(|e| ExportError::Json(e.to_string()))?;
        verify(text, &file.checksum)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), ExportError> {
        let (d, centre) = (self.columns.len(), self.preparation.centre.len());
        if d == 0 || centre != d {
            let why = format!("there are {centre} numbers for {d} columns");
            return Err(ExportError::field("preparation.centre", why));
        }
        if self.asked.first().is_none_or(|first| first.after != 0) {
            return Err(ExportError::field(
                "asked[0].after",
                "a run begins at half-step 0",
            ));
        }
        let in_order = self.asked.is_sorted_by_key(|asked| asked.after);
        if !in_order
            || self
                .asked
                .last()
                .is_some_and(|last| last.after > self.half_steps)
        {
            return Err(ExportError::field(
                "asked",
                "the half-steps are not in order",
            ));
        }
        self.asked()?;
        match self.given()? {
            Some(mixture)
                if mixture.dimension() != d || mixture.n_components() != self.n_components =>
            {
                let why = "they are of other columns or components than the experiment";
                Err(ExportError::field("given", why))
            }
            _ => Ok(()),
        }
    }

    /// What was asked, and after which half-step.
    ///
    /// # Errors
    /// If a setting cannot be.
    pub fn asked(&self) -> Result<Vec<(usize, Settings)>, ExportError> {
        let one = |(i, asked): (usize, &Asked)| {
            let path = format!("asked[{i}].settings");
            let (k, family) = (self.n_components, self.covariance_type);
            let settings = asked.settings.settings(&path, self.kind, k, family)?;
            Ok((asked.after, settings))
        };
        self.asked.iter().enumerate().map(one).collect()
    }

    /// The parameters that the run began with, if they were given.
    ///
    /// # Errors
    /// If they make no mixture.
    pub fn given(&self) -> Result<Option<Mixture>, ExportError> {
        let given = self.given.as_ref();
        given
            .map(|p| p.mixture(&self.preparation.centre))
            .transpose()
    }

    /// The roles of the columns of a table that holds the rows of the run.
    ///
    /// # Errors
    /// If a column is missing.
    pub fn roles(&self, table: &Table) -> Result<Roles, ExportError> {
        self.preparation.roles(&self.columns, table)
    }

    /// Are these the rows that the run was made of?
    ///
    /// # Errors
    /// If they are others.
    pub fn same_rows(&self, selection: &Selection) -> Result<(), ExportError> {
        match checksum::of_data(selection) == self.data.sha256 {
            true => Ok(()),
            false => Err(ExportError::OtherRows {
                name: self.data.name.clone(),
                rows: self.data.rows,
            }),
        }
    }

    /// Makes the run again, without a session, and calls `each` after the start and after every half-step.
    ///
    /// # Errors
    /// If the rows are others, or what was asked cannot start on them.
    pub fn replay(
        &self,
        selection: &Selection,
        each: &mut dyn FnMut(&Run),
    ) -> Result<Run, ExportError> {
        use std::rc::Rc;
        self.same_rows(selection)?;
        let (asked, matrix) = (self.asked()?, selection.matrix());
        let Some(((_, first), later)) = asked.split_first() else {
            return Err(ExportError::field("asked", "nothing was asked"));
        };
        let mixture = match self.given()? {
            Some(mixture) => mixture,
            None => {
                start(matrix, first).map_err(|e| ExportError::field("asked[0]", e.to_string()))?
            }
        };
        let mut plan = Rc::new(Plan::new(first, matrix));
        let mut run = Run::new(1, matrix, mixture, &plan);
        each(&run);
        let mut forward = |run: &mut Run, plan: &Rc<Plan>, to: usize| {
            while run.last() < to && run.extend(matrix, plan).is_ok() {
                each(run);
            }
        };
        for (after, settings) in later {
            forward(&mut run, &plan, *after);
            plan = Rc::new(Plan::new(settings, matrix));
            run.cut(matrix, *after, &plan);
        }
        forward(&mut run, &plan, self.half_steps);
        Ok(run)
    }

    /// The first iteration whose objective a run has otherwise, if there is one.
    pub fn first_difference(&self, run: &Run) -> Option<usize> {
        let made: Vec<u64> = run
            .iterates()
            .iter()
            .map(|i| i.objective.to_bits())
            .collect();
        let told: Vec<u64> = self.objective.iter().map(|o| o.to_bits()).collect();
        let differ = made.iter().zip(&told).position(|(a, b)| a != b);
        differ.or_else(|| (made.len() != told.len()).then(|| made.len().min(told.len())))
    }
}
