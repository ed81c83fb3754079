//! One state of the document: data, settings, run and the half-step shown.

use std::rc::Rc;

use super::branch::{Branch, Change};
use super::follow::Made;
use super::run::{Iterate, Run};
use super::source::Selection;
use super::view::{Phase, Problem};
use crate::fit::{
    Objective, Plan, Progress, Settings, SettingsError, StartError, StopReason, StopRule, judge,
    start, step_length,
};
use crate::mixture::Mixture;

/// Data, settings, run and position. Cheap to clone: rows and history are shared.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub(super) selection: Selection,
    /// Changes with rows, columns or axes.
    pub(super) data_version: u64,
    pub(super) settings: Settings,
    /// The settings made ready for the data.
    pub(super) plan: Rc<Plan>,
    pub(super) run: Run,
    /// The parameters that were given to start from.
    pub(super) given: Option<Rc<Mixture>>,
    /// The file that they come from, as text, if they do.
    pub(super) opened: Option<Rc<str>>,
    pub(super) position: usize,
    /// Why it begins as it does, if there is more to say than the settings do.
    pub(super) origin: Rc<str>,
    /// How those were made.
    pub(super) made: Option<Rc<Made>>,
    /// The settings that the run began with.
    pub(super) first: Rc<Settings>,
    /// What was changed along it, in the order of the half-steps.
    pub(super) changes: Vec<Change>,
    /// What the same start has led to otherwise, the oldest first.
    pub(super) branches: Vec<Rc<Branch>>,
    /// Objectives by iteration of the runs before this one on the same columns, the last first.
    pub(super) ghosts: Vec<Rc<[f64]>>,
}

impl Experiment {
    /// Starts a run: from `given` parameters if the settings say so, else as they say.
    ///
    /// # Errors
    /// If the settings or the data do not allow a start.
    pub fn new(
        selection: Selection,
        data_version: u64,
        settings: Settings,
        given: Option<Rc<Mixture>>,
        run_id: u64,
    ) -> Result<Experiment, Problem> {
        let mixture = match &given {
            Some(mixture) => settings
                .check(selection.matrix())
                .map(|()| (**mixture).clone())
                .map_err(|e| refused(&selection, &StartError::Settings(e)))?,
            None => begin(&selection, &settings)?,
        };
        let mut experiment = Experiment::begun(selection, data_version, settings, mixture, run_id)?;
        experiment.given = given;
        Ok(experiment)
    }

    /// A run whose first parameters are there.
    ///
    /// # Errors
    /// If the data do not allow a start.
    pub(super) fn begun(
        selection: Selection,
        data_version: u64,
        settings: Settings,
        mixture: Mixture,
        run_id: u64,
    ) -> Result<Experiment, Problem> {
        let matrix = selection.matrix();
        let plan = Rc::new(Plan::new(&settings, matrix));
        let run = Run::new(run_id, matrix, mixture, &plan);
        if !run.iterates()[0].log_likelihood.is_finite() {
            return Err(Problem {
                what: "The log-likelihood of the start is not a finite number.".to_owned(),
                remedy: "Check the columns for extreme values, or choose another start.".to_owned(),
            });
        }
        Ok(Experiment {
            selection,
            data_version,
            first: Rc::new(settings.clone()),
            settings,
            plan,
            run,
            given: None,
            opened: None,
            position: 0,
            origin: Rc::default(),
            made: None,
            changes: Vec::new(),
            branches: Vec::new(),
            ghosts: Vec::new(),
        })
    }

    /// The data.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What was asked.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The parameters that were given to start from.
    pub fn given(&self) -> Option<&Rc<Mixture>> {
        self.given.as_ref()
    }

    /// The text of the model's file that they come from, if they do.
    pub fn opened(&self) -> Option<&str> {
        self.opened.as_deref()
    }

    /// What the path of the run depends on: the settings of its start, then those that took
    /// effect later, each with the half-step after which they did. The last are those that hold.
    pub fn asked(&self) -> Vec<(usize, Settings)> {
        let later = self.changes.iter();
        let mut asked = vec![(0, (*self.first).clone())];
        asked.extend(later.map(|change| (change.at, (*change.settings).clone())));
        // What only ends a run is no change along it.
        if let Some((_, last)) = asked.last_mut() {
            *last = self.settings.clone();
        }
        asked
    }

    /// The history.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Index of the half-step shown.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What the half-step shown was.
    pub fn phase(&self) -> Phase {
        match self.position {
            0 => Phase::Start,
            p if p % 2 == 1 => Phase::E,
            _ => Phase::M,
        }
    }

    /// Iterations whose parameters are shown.
    pub fn t(&self) -> usize {
        self.position / 2
    }

    /// What is remembered of the parameters shown.
    pub fn iterate(&self) -> &Iterate {
        &self.run.iterates()[self.t()]
    }

    /// The parameters shown, in the matrix's coordinates.
    pub fn mixture(&self) -> Rc<Mixture> {
        self.run.mixture(self.selection.matrix(), self.t())
    }

    /// Iterations of the parameters that the responsibilities shown were computed with;
    /// `None` at the start, where there are none yet.
    pub fn evaluated(&self) -> Option<usize> {
        self.position.checked_sub(1).map(|p| p / 2)
    }

    /// What is added to each variance at the next M-step.
    pub fn floor(&self) -> &[f64] {
        &self.plan.floor
    }

    /// What the curve shows at the parameters shown.
    pub fn objective(&self) -> Objective {
        self.iterate().shown
    }

    /// Values of the objective up to the parameters shown, since it became what it is: one
    /// cannot compare a log-likelihood with another quantity. Empty while the
    /// algorithm does not climb what it shows.
    pub fn objectives(&self) -> Vec<f64> {
        let shown = self.objective();
        let iterates = self.run.iterates()[..=self.t()].iter().rev();
        let same = iterates.take_while(|i| i.shown == shown && shown.climbs());
        let mut values: Vec<f64> = same.map(|i| i.objective).collect();
        values.reverse();
        values
    }

    /// What ends the run at the parameters shown, if anything does.
    pub fn stop_reason(&self) -> Option<StopReason> {
        let (matrix, t) = (self.selection.matrix(), self.t());
        let objectives = self.objectives();
        let mut steps = Vec::new();
        if self.settings.stop_rule == StopRule::Step {
            let mixture = |t: usize| self.run.mixture(matrix, t);
            // Steps of one and the same algorithm.
            for s in (t + 1)
                .saturating_sub(objectives.len().min(3))
                .max(t.saturating_sub(2))..t
            {
                steps.push(step_length(&mixture(s), &mixture(s + 1)));
            }
        }
        let progress = Progress {
            objectives: &objectives,
            steps: &steps,
            t,
            n: matrix.total_weight(),
        };
        judge(&progress, &self.settings)
    }

    /// One half-step on: along the history, or at its end one more.
    pub fn forward(&mut self) {
        if self.position < self.run.last() {
            self.position += 1;
            return;
        }
        if self.run.failure().is_some() {
            return;
        }
        if self.run.extend(self.selection.matrix(), &self.plan).is_ok() {
            self.position = self.run.last();
        }
    }

    /// Is something shown that a pass in single precision gave?
    pub(super) fn is_single(&self) -> bool {
        let single = |t: usize| self.run.iterates()[t].shown == Objective::Single;
        single(self.t()) || self.evaluated().is_some_and(single)
    }

    /// Makes the passes of what is shown in double precision as well: [`Run::settle`].
    pub(super) fn settle(&mut self) {
        for t in self.evaluated().into_iter().chain([self.t()]) {
            self.run.settle(self.selection.matrix(), t);
        }
    }

    /// Can nothing more be done from here?
    pub fn stuck(&self) -> bool {
        self.position == self.run.last() && self.run.failure().is_some()
    }
}

/// The parameters that the settings say to begin with.
///
/// # Errors
/// If the settings or the data do not allow a start.
pub(super) fn begin(selection: &Selection, settings: &Settings) -> Result<Mixture, Problem> {
    start(selection.matrix(), settings).map_err(|e| refused(selection, &e))
}

fn refused(selection: &Selection, error: &StartError) -> Problem {
    let (what, remedy) = match error {
        StartError::Settings(SettingsError::Holes) => {
            return super::change::refused(SettingsError::Holes);
        }
        StartError::Constant { column } => (
            format!(
                "Column \u{201c}{}\u{201d} has the same value in every row.",
                selection.column_name(*column)
            ),
            "Leave it out, or set an absolute floor above 0.",
        ),
        StartError::NoSpread { column } => (
            format!(
                "Column \u{201c}{}\u{201d} has the same value in every row.",
                selection.column_name(*column)
            ),
            "Leave it out, or choose EM: this model needs it to vary.",
        ),
        StartError::Collinear { column } => (
            format!(
                "Column \u{201c}{}\u{201d} is determined by the columns before it.",
                selection.column_name(*column)
            ),
            "Leave it out, use diagonal covariances, or EM with a floor above 0.",
        ),
        other => (format!("This cannot start: {other}."), ""),
    };
    Problem {
        what,
        remedy: remedy.to_owned(),
    }
}
