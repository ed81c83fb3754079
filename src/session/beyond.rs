//! The doors to what the first view does not need: columns in other roles, searches, edits by
//! hand. What is reached only through these comes later: see [`crate::later`].

use std::rc::Rc;

use super::command::Command;
use super::experiment::Experiment;
use super::explain::Bound;
use super::follow::Made;
use super::link::Act;
use super::roles::{self, Beside, Roles};
use super::source::Selection;
use super::state::{Mode, Session};
use super::view::{Problem, Status};
use super::words::{count, number};
use super::{caption, explain, present, status};
use crate::data::{Matrix, Table};
use crate::fit::{EditError, InitMethod, Objective, Settings, aitken_limit, merge, preview, split};
use crate::later::later;
use crate::mixture::{Mixture, letter};
use crate::study::{Health, MAX_RESTARTS, Search};

/// Iterations after which an edit's change of the objective is told.
const PREVIEW: usize = 10;

later! { Steps 1:
    /// See [`Session::handle_first`].
    pub(super) fn handle_first(session: &mut Session, command: Command) -> Result<(), Problem> {
        session.handle_first(command)
    }
}

later! { Steps 2:
    /// See [`Session::advance_now`].
    pub(super) fn advance(session: &mut Session) {
        session.advance_now();
    }
}

later! { Steps 3:
    /// See [`Run::settle`](super::Run::settle).
    pub(super) fn settle(session: &mut Session) {
        session.now.settle();
    }
}

later! { Steps 30:
    /// See [`caption::of_step`].
    pub(super) fn caption_of_step(e: &Experiment) -> String {
        caption::of_step(e)
    }
}

later! { Steps 31:
    /// See [`status::of_step`].
    pub(super) fn status_of_step(e: &Experiment) -> (Status, String) {
        status::of_step(e)
    }
}

later! { Steps 32:
    /// See [`present::health_detail`]. The set that the page opens on begins in good health.
    pub(super) fn health_detail(e: &Experiment, health: Health) -> String {
        present::health_detail(e, health)
    }
}

later! { Steps 33:
    /// See [`present::needed`].
    pub(super) fn needed(e: &Experiment) -> String {
        present::needed(e)
    }
}

later! { Steps 34:
    /// See [`present::progress`].
    pub(super) fn progress(search: &Search) -> String {
        present::progress(search)
    }
}

later! { Steps 35:
    /// Where the objective seems to be heading.
    pub(super) fn limit(e: &Experiment) -> Option<f64> {
        aitken_limit(&e.objectives())
    }
}

later! { Past 20:
    /// See [`explain::explain`].
    pub(super) fn explain(e: &Experiment) -> (Vec<Bound>, String) {
        explain::explain(e)
    }
}

later! { Link 1:
    /// See [`Session::follow`].
    pub(super) fn open_link(session: &mut Session, text: &str) -> Result<(), Problem> {
        session.open_link(text)
    }
}

later! { Link 2:
    /// See [`Session::follow_on`].
    pub(super) fn follow_on(session: &mut Session) {
        session.follow_on();
    }
}

later! { Link 3:
    /// See [`Session::follow_awaited`].
    pub(super) fn follow_awaited(session: &mut Session) -> Result<(), Problem> {
        session.follow_awaited()
    }
}

later! { Methods 63:
    /// See [`Made::of`].
    pub(super) fn made_for(made: &Made, next: &Experiment) -> Rc<Made> {
        Rc::new(made.of(next))
    }
}

later! { Methods 60:
    /// See [`Session::handle_beyond`].
    pub(super) fn handle(session: &mut Session, command: Command) -> Result<(), Problem> {
        session.handle_beyond(command)
    }
}

later! { Methods 61:
    /// See [`Session::search_on`].
    pub(super) fn search_on(session: &mut Session) {
        session.search_on();
    }
}

later! { Methods 62:
    /// See [`roles::beside`].
    pub(super) fn beside(
        matrix: Matrix,
        table: &Table,
        roles: &Roles,
        rows: &[u32],
    ) -> Result<Beside, Problem> {
        roles::beside(matrix, table, roles, rows)
    }
}

later! { Files 60:
    /// See [`Session::make_room_for_columns`]. A table of so many rows is of a file: what
    /// reads files is there.
    pub(super) fn make_room(session: &mut Session, fitted: usize) -> Result<(), Problem> {
        session.make_room_for_columns(fitted)
    }
}

/// Parameters that are given have no seeds: k-means stands in for them.
fn with_a_start(settings: Settings) -> Settings {
    Settings {
        init: match settings.init {
            InitMethod::Given => InitMethod::KMeans,
            init => init,
        },
        ..settings
    }
}

impl Session {
    /// Carries out a command that [`Command::goes_beyond`] the first view.
    pub(super) fn handle_beyond(&mut self, command: Command) -> Result<(), Problem> {
        let settings = &self.now.settings;
        match command {
            Command::SetMissing(missing) => self.choose(|roles| roles.missing = missing)?,
            Command::SetWeights(column) => self.choose(|roles| roles.weights = column)?,
            Command::SetLabels(column) => self.choose(|roles| roles.labels = column)?,
            Command::SetSequences(column) => self.choose(|roles| roles.sequences = column)?,
            Command::Restore {
                roles,
                axes: [x, y],
                settings,
            } => {
                let source = self.now.selection.source().clone();
                let selection = Selection::with_roles(source, roles)?;
                let selection = selection.with_axes(x, y).unwrap_or(selection);
                self.begin(selection, *settings, true)?;
            }
            Command::SetMethod(model, algorithm) => {
                let next = Settings {
                    model,
                    algorithm,
                    ..settings.clone()
                };
                match model == settings.model {
                    true => self.adjust(next, true)?,
                    false => self.restart(next)?,
                }
            }
            Command::SetKnob(knob, value) => {
                let next = Settings {
                    knobs: settings.knobs.with(knob, value),
                    ..settings.clone()
                };
                match knob.spec().of_the_start {
                    true => self.restart(next)?,
                    false => self.adjust(next, true)?,
                }
            }
            Command::SetInit(InitMethod::Given) => {
                let mixture = (*self.now.mixture()).clone();
                let settings = settings.clone();
                let selection = self.now.selection.clone();
                self.begin_made(mixture, Act::Keep, selection, settings)?;
            }
            Command::SetStopRule(stop_rule) => self.adjust(
                Settings {
                    stop_rule,
                    ..settings.clone()
                },
                false,
            )?,
            Command::FindBest(n_starts) => {
                if n_starts == 0 || n_starts > MAX_RESTARTS {
                    return Err(Problem {
                        what: format!("{n_starts} starts were asked for."),
                        remedy: format!("Choose from 1 to {MAX_RESTARTS}."),
                    });
                }
                let matrix = self.now.selection.matrix();
                let settings = with_a_start(settings.clone());
                self.search = Some(Search::new(matrix, settings, n_starts));
                self.mode = Mode::Searching;
            }
            Command::Split(k) => {
                let (selection, settings) = (self.now.selection.clone(), settings.clone());
                self.edit(Act::Split(k), selection, settings)?;
            }
            Command::Merge(a, b) => {
                let (selection, settings) = (self.now.selection.clone(), settings.clone());
                self.edit(Act::Merge(a, b), selection, settings)?;
            }
            other => self.handle_first(other)?,
        }
        Ok(())
    }

    /// One start or iteration of the search; at its end a run from the best seed.
    pub(super) fn search_on(&mut self) {
        let Some(search) = &mut self.search else {
            self.mode = Mode::Idle;
            return;
        };
        search.advance(self.now.selection.matrix());
        if !search.is_done() {
            return;
        }
        self.mode = Mode::Idle;
        if let Some(search) = self.search.take()
            && let Err(problem) = self.begin_best(&search)
        {
            self.problem = Some(problem);
        }
    }

    fn begin_best(&mut self, search: &Search) -> Result<(), Problem> {
        let n = search.n_starts();
        let Some(best) = search.best() else {
            return Err(Problem {
                what: format!(
                    "None of {} led to a fit that can be believed: components collapsed or were left with too few points.",
                    count(n, "start")
                ),
                remedy: "Choose fewer components, a simpler covariance or a higher floor."
                    .to_owned(),
            });
        };
        let valid = search.outcomes().iter().filter(|o| o.valid).count();
        let origin = format!(
            "Seed {} led to the best of {}, of which {valid} can be believed.",
            best.seed,
            count(n, "start"),
        );
        self.restart(Settings {
            seed: best.seed,
            ..with_a_start(self.now.settings.clone())
        })?;
        self.now.origin = origin.into();
        self.run_as(Mode::Running);
        Ok(())
    }

    /// A new run from a model that was read from a file, on the data at hand with their columns
    /// in these roles; `place` puts its parameters into the coordinates of their matrix.
    ///
    /// # Errors
    /// If a column cannot play its role, or the rows do not go with the model. Everything stays as
    /// it was then.
    pub fn open_model(
        &mut self,
        roles: Roles,
        settings: Settings,
        place: &dyn Fn(&Matrix) -> Mixture,
        text: Rc<str>,
        origin: String,
    ) -> Result<(), Problem> {
        let before = &self.now.selection;
        let new_data = *before.roles() != roles;
        let selection = match new_data {
            true => Selection::with_roles(before.source().clone(), roles)?,
            false => before.clone(),
        };
        let settings = Settings {
            init: InitMethod::Given,
            ..settings
        };
        let given = Rc::new(place(selection.matrix()));
        self.mode = Mode::Idle;
        self.begin_as(selection, settings, Some(given), new_data)?;
        self.now.opened = Some(text);
        self.now.made = None;
        self.now.origin = origin.into();
        Ok(())
    }

    /// A run again, half-step for half-step, on the data at hand with their columns in these roles:
    /// what it was asked ([`Experiment::asked`](super::Experiment::asked)), the parameters that it
    /// began with if they were given, how far it went, and the half-step that was shown.
    ///
    /// # Errors
    /// If a column cannot play its role, or what was asked does not go with the rows. Everything
    /// stays as it was then.
    pub fn replay(
        &mut self,
        roles: Roles,
        asked: &[(usize, Settings)],
        given: Option<Mixture>,
        [last, shown]: [usize; 2],
        origin: String,
    ) -> Result<(), Problem> {
        let Some(((_, first), later)) = asked.split_first() else {
            return Ok(());
        };
        let selection = Selection::with_roles(self.now.selection.source().clone(), roles)?;
        let matrix = selection.matrix().clone();
        for (_, settings) in later {
            settings.check(&matrix).map_err(super::change::refused)?;
        }
        self.mode = Mode::Idle;
        self.begin_as(selection, first.clone(), given.map(Rc::new), true)?;
        self.now.made = None;
        // One step back undoes all of it.
        let undo = self.undo.len();
        for (after, settings) in later {
            self.forward_to(*after);
            self.adjust(settings.clone(), true)?;
        }
        self.undo.truncate(undo);
        self.forward_to(last);
        self.now.position = shown.min(self.now.run.last());
        self.now.origin = origin.into();
        Ok(())
    }

    /// To a half-step that may be still to be made, or as far as the run can go.
    fn forward_to(&mut self, half_step: usize) {
        while self.now.position < half_step && !self.now.stuck() {
            self.now.forward();
        }
    }

    /// A new run from parameters that were changed by hand.
    pub(super) fn edit(
        &mut self,
        act: Act,
        selection: Selection,
        settings: Settings,
    ) -> Result<(), Problem> {
        let refused = |e: EditError| Problem {
            what: format!("Nothing was changed: {e}."),
            remedy: String::new(),
        };
        // In single precision the objective is good for the curve only.
        self.now.settle();
        let mixture = self.now.mixture();
        let (made, what) = match act {
            Act::Split(k) => (
                split(&mixture, k),
                format!("{} was split in two.", letter(k)),
            ),
            Act::Merge(a, b) => (
                merge(&mixture, a, b),
                format!("{} and {} became one.", letter(a), letter(b)),
            ),
            Act::Set | Act::Keep => {
                return self.begin_made((*mixture).clone(), act, selection, settings);
            }
        };
        let (matrix, plan) = (self.now.selection.matrix(), &self.now.plan);
        let before = match self.now.objective() {
            Objective::Single => self.now.iterate().log_likelihood,
            _ => self.now.iterate().objective,
        };
        let edited = made
            .and_then(|mixture| preview(matrix, plan, before, mixture, PREVIEW))
            .map_err(refused)?;
        let change = |to: f64| {
            let by = to - before;
            let way = if by < 0.0 { "falls" } else { "rises" };
            format!("{way} by {}", number(by.abs(), 3))
        };
        let origin = format!(
            "{what} The {} {} at once, and {} within {PREVIEW} iterations from there.",
            self.now.objective().words(),
            change(edited.after),
            change(edited.settled)
        );
        self.mode = Mode::Idle;
        self.begin_made(edited.mixture, act, selection, settings)?;
        self.now.origin = origin.into();
        Ok(())
    }
}
