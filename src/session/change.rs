//! What begins a run, and what changes one on its way: each leaves what was before to undo.

use std::rc::Rc;

use super::beyond;
use super::branch::Branch;
use super::experiment::Experiment;
use super::memory::MANY_ROWS;
use super::roles::Roles;
use super::source::{Selection, Source};
use super::state::{Mode, Session};
use super::view::Problem;
use crate::fit::{InitMethod, Knob, Plan, Settings, SettingsError};
use crate::mixture::Mixture;

/// Changes that can be undone.
const MOST_UNDO: usize = 100;

/// Earlier runs that the curve shows.
const MOST_GHOSTS: usize = 4;

impl Session {
    pub(super) fn open(&mut self, source: Rc<Source>) -> Result<(), Problem> {
        let columns = source.default_columns();
        let selection = Selection::new(source, columns)?;
        let settings = self.settings_for(&selection);
        self.begin(selection, settings, true)?;
        self.mode = Mode::Idle;
        Ok(())
    }

    /// The settings to open data with.
    pub(super) fn settings_for(&self, selection: &Selection) -> Settings {
        let mut settings = self.now.settings.clone();
        if let Some(k) = selection.source().suggested_components() {
            settings.n_components = k;
        }
        settings.n_components = settings.n_components.min(selection.matrix().n_rows());
        settings
    }

    /// A new run on the same table, its columns in other roles, with components enough for the
    /// labels.
    pub(super) fn choose(&mut self, change: impl FnOnce(&mut Roles)) -> Result<(), Problem> {
        let before = &self.now.selection;
        let mut roles = before.roles().clone();
        change(&mut roles);
        if before.source().table().n_rows() >= MANY_ROWS {
            beyond::make_room(self, roles.fitted.len())?;
        }
        let before = &self.now.selection;
        let mut selection = Selection::with_roles(before.source().clone(), roles)?;
        let [x, y] = before.axes();
        if selection.fitted() == before.fitted()
            && let Some(as_before) = selection.with_axes(x, y)
        {
            selection = as_before;
        }
        let mut settings = self.now.settings.clone();
        settings.n_components = settings.n_components.max(selection.n_labels());
        self.begin(selection, settings, true)
    }

    /// A new run on the same data.
    pub(super) fn restart(&mut self, settings: Settings) -> Result<(), Problem> {
        self.begin(self.now.selection.clone(), settings, false)
    }

    pub(super) fn begin(
        &mut self,
        selection: Selection,
        settings: Settings,
        new_data: bool,
    ) -> Result<(), Problem> {
        let mut settings = settings;
        let given = match settings.init {
            InitMethod::Given => self.given(&selection, &settings),
            _ => None,
        };
        if given.is_none() && settings.init == InitMethod::Given {
            settings.init = InitMethod::KMeans;
        }
        self.begin_as(selection, settings, given, new_data)
    }

    /// A new run, from these parameters if there are any.
    pub(super) fn begin_as(
        &mut self,
        selection: Selection,
        settings: Settings,
        given: Option<Rc<Mixture>>,
        new_data: bool,
    ) -> Result<(), Problem> {
        let version = if new_data {
            self.versions + 1
        } else {
            self.now.data_version
        };
        let made = self.now.made.clone().filter(|_| given.is_some());
        let same = given.as_ref().zip(self.now.given.as_ref());
        let same_given = same.is_some_and(|(a, b)| Rc::ptr_eq(a, b));
        let mut next = Experiment::new(selection, version, settings, given, self.runs + 1)?;
        if same_given {
            next.opened = self.now.opened.clone();
        }
        next.made = made.map(|made| beyond::made_for(&made, &next));
        self.adopt(next, new_data);
        Ok(())
    }

    /// Shows a run that has just begun.
    pub(super) fn adopt(&mut self, mut next: Experiment, new_data: bool) {
        self.runs = next.run.id;
        if new_data {
            self.versions = next.data_version;
            next.selection.forgotten = std::mem::take(&mut self.forgotten);
        } else {
            next.ghosts = self.now.ghosts.clone();
            let iterates = self.now.run.iterates();
            if iterates.len() > 1 {
                let objectives = iterates.iter().map(|i| i.objective).collect();
                next.ghosts.insert(0, objectives);
                next.ghosts.truncate(MOST_GHOSTS);
            }
        }
        let before = std::mem::replace(&mut self.now, next);
        self.remember(before);
    }

    /// The numbers of the next data and the next run.
    pub(super) fn next_numbers(&self) -> (u64, u64) {
        (self.versions + 1, self.runs + 1)
    }

    /// The parameters to start from as they stand: those of this run's own start, or if it
    /// had none given those shown. None if they are of another size, family or
    /// model, or a knob of the start is turned.
    fn given(&self, selection: &Selection, settings: &Settings) -> Option<Rc<Mixture>> {
        let given = self.now.given.clone().unwrap_or_else(|| self.now.mixture());
        let same_data = Rc::ptr_eq(selection.source(), self.now.selection.source())
            && selection.fitted() == self.now.selection.fitted()
            && selection.matrix().centre() == self.now.selection.matrix().centre();
        let fits = given.n_components() == settings.n_components
            && given.covariance_type() == settings.covariance_type
            && self.now.settings.model == settings.model
            && Knob::ALL.into_iter().all(|knob| {
                let same = self.now.settings.knobs.get(knob) == settings.knobs.get(knob);
                same || !knob.spec().of_the_start
            });
        (same_data && fits).then_some(given)
    }

    /// Settings that act from the current iteration on. A change that alters the path
    /// forgets what was recorded after the half-step shown; undo brings it back.
    pub(super) fn adjust(
        &mut self,
        settings: Settings,
        alters_the_path: bool,
    ) -> Result<(), Problem> {
        settings
            .check(self.now.selection.matrix())
            .map_err(refused)?;
        if settings == self.now.settings {
            return Ok(());
        }
        let before = self.now.clone();
        if alters_the_path {
            self.now.plan = Rc::new(Plan::new(&settings, before.selection.matrix()));
            self.now.settings = settings;
            self.now.branch_off(Branch::of(&before));
            self.sent.2 = self.sent.2.min(self.now.t() + 1);
        } else {
            self.now.settings = settings;
        }
        self.remember(before);
        Ok(())
    }

    pub(super) fn remember(&mut self, before: Experiment) {
        if self.undo.len() == MOST_UNDO {
            self.undo.remove(0);
        }
        self.undo.push(before);
        self.redo.clear();
        self.forget_the_oldest();
    }

    /// The number of other rows, columns or axes than those before.
    pub(super) fn new_version(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }

    /// What was recorded is not what the page has: a run by another name.
    pub(super) fn anew(&mut self) {
        self.runs += 1;
        self.now.run.id = self.runs;
    }

    pub(super) fn swap(&mut self, back: bool) {
        self.mode = Mode::Idle;
        let (from, to) = match back {
            true => (&mut self.undo, &mut self.redo),
            false => (&mut self.redo, &mut self.undo),
        };
        if let Some(next) = from.pop() {
            let left = std::mem::replace(&mut self.now, next);
            self.now.keep_all(&left);
            to.push(left);
            self.anew();
        }
    }
}

/// A problem for settings that cannot be used.
pub(super) fn refused(e: SettingsError) -> Problem {
    if e == SettingsError::Holes {
        return Problem {
            what: "Some values are missing, and this model needs all of them.".to_owned(),
            remedy: "Choose EM, or leave those rows out.".to_owned(),
        };
    }
    Problem {
        what: format!("This cannot be set: {e}."),
        remedy: String::new(),
    }
}
