//! The session: commands in, views out. It owns no clock and no thread: whoever holds it
//! calls [`Session::advance`] while [`Session::is_running`].

use std::rc::Rc;

use super::beyond;
use super::command::Command;
use super::experiment::Experiment;
use super::follow::{Awaited, Following};
use super::memory::MANY_ROWS;
use super::past::Past;
use super::run::Pass;
use super::source::{Selection, Source};
use super::status::{Until, finished, patience};
use super::view::Problem;
use crate::data::builtin::{self, Loader};
use crate::data::{Table, csv};
use crate::fit::{Precision, Settings, Share};
use crate::study::Search;

/// Half-steps a second that a session begins with.
pub(super) const FIRST_SPEED: f64 = 4.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Idle,
    /// Half-steps at the set speed, until `Until` holds.
    Playing(Until),
    /// Iterations as fast as they come, until convergence.
    Running,
    /// Fits from many seeds, as fast as they come.
    Searching,
    /// To where a link leads, as fast as it goes.
    Following,
}

/// An experiment with its past, driven by commands.
///
/// ```
/// use mixscope::session::{Command, Session};
///
/// let mut session = Session::new();
/// session.handle(Command::OpenBuiltin("faithful".into()));
/// session.handle(Command::SetComponents(2));
/// session.handle(Command::RunToConvergence);
/// while session.is_running() {
///     session.advance();
/// }
/// assert!((session.view().log_likelihood - -1130.264).abs() < 1e-3);
/// ```
#[derive(Debug)]
pub struct Session {
    pub(super) now: Experiment,
    pub(super) mode: Mode,
    /// The fits from many seeds that are under way.
    pub(super) search: Option<Search>,
    pub(super) speed: f64,
    pub(super) undo: Vec<Experiment>,
    pub(super) redo: Vec<Experiment>,
    pub(super) problem: Option<Problem>,
    /// Run, data version and iterations whose trace the page has.
    pub(super) sent: (u64, u64, usize),
    /// What the notes on the data opened next say of those that were forgotten; empty if none were.
    pub(super) forgotten: &'static str,
    /// The link that is followed.
    pub(super) following: Option<Box<Following>>,
    /// The link that waits for its file.
    pub(super) awaited: Option<Box<Awaited>>,
    /// Does the page want half-steps explained?
    pub(super) explains: bool,
    /// May the past be another than the page has?
    pub(super) past_is_stale: bool,
    /// The past that the page has.
    pub(super) sent_past: Past,
    pub(super) load: Loader,
    /// Runs begun so far, and versions of the data: the next one has the next number.
    pub(super) runs: u64,
    pub(super) versions: u64,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// The first built-in set at iteration 0, with the sets that are part of the program.
    pub fn new() -> Session {
        Session::with_sets(builtin::embedded)
    }

    /// The first built-in set at iteration 0; `load` gives the files of the others.
    ///
    /// # Panics
    /// If the built-in set that the page opens on cannot be started, which a test rules out.
    pub fn with_sets(load: Loader) -> Session {
        let first = builtin::all()[0];
        let source = Source::builtin(first.id, builtin::embedded);
        let source = Rc::new(source.expect("the first set is part of the program"));
        let settings = Settings {
            n_components: first.k,
            ..Settings::default()
        };
        let columns = source.default_columns();
        let now = Selection::new(source, columns)
            .and_then(|selection| Experiment::new(selection, 1, settings, None, 1))
            .expect("the first set can be started");
        Session {
            now,
            mode: Mode::Idle,
            search: None,
            speed: FIRST_SPEED,
            undo: Vec::new(),
            redo: Vec::new(),
            problem: None,
            sent: (0, 0, 0),
            forgotten: "",
            following: None,
            awaited: None,
            explains: false,
            past_is_stale: true,
            sent_past: Past::default(),
            load,
            runs: 1,
            versions: 1,
        }
    }

    /// Is there something to advance?
    pub fn is_running(&self) -> bool {
        self.mode != Mode::Idle
    }

    /// Seconds between half-steps while playing; `None` while running freely.
    pub fn pace(&self) -> Option<f64> {
        (matches!(self.mode, Mode::Playing(_)) && self.speed > 0.0).then(|| 1.0 / self.speed)
    }

    /// The experiment shown.
    pub fn experiment(&self) -> &Experiment {
        &self.now
    }

    /// One half-step while playing, one iteration while running to convergence; ends the
    /// play where a stopping rule holds.
    pub fn advance(&mut self) {
        self.past_is_stale = true;
        beyond::advance(self);
    }

    pub(super) fn advance_now(&mut self) {
        match self.mode {
            Mode::Idle => return,
            Mode::Playing(_) => self.now.forward(),
            Mode::Running => self.step(),
            Mode::Searching => return beyond::search_on(self),
            Mode::Following => return beyond::follow_on(self),
        }
        let until = match self.mode {
            Mode::Playing(until) => until,
            _ => Until::Convergence,
        };
        if self.now.position == self.now.run.last() && finished(&self.now, until) {
            self.mode = Mode::Idle;
        }
    }

    /// The pass over the rows that the next M-step of [`Self::advance`] will need, if it can be made
    /// in shares; while half-steps have a pace, only if that is the next half-step.
    pub fn next_pass(&self) -> Option<Pass> {
        let now = &self.now;
        let due = match self.mode {
            Mode::Running => true,
            Mode::Playing(_) => now.position % 2 == 1 || self.pace().is_none(),
            _ => false,
        };
        (due && now.position == now.run.last())
            .then(|| now.run.next_pass(now.selection.matrix(), &now.plan))
            .flatten()
    }

    /// Gives the shares of a pass, in the order of the rows: see [`Run::supply`](super::Run::supply).
    pub fn supply(&mut self, pass: Pass, shares: Vec<Share>) {
        self.now.run.supply(pass, shares);
    }

    /// Carries out a command. What cannot be done leaves everything as it was and is told
    /// as the view's problem.
    pub fn handle(&mut self, command: Command) {
        self.problem = None;
        // Whatever is asked for ends a search, but for the speed.
        // Along what was recorded nothing new happens.
        let moves = matches!(
            command,
            Command::Seek(_) | Command::Back | Command::First | Command::Last
        );
        self.past_is_stale |= self.explains || !moves;
        let ends = !matches!(command, Command::SetSpeed(_) | Command::Explain(_));
        if matches!(self.mode, Mode::Searching | Mode::Following) && ends {
            self.mode = Mode::Idle;
            self.search = None;
            self.following = None;
        }
        if let Err(problem) = self.try_handle(command) {
            self.problem = Some(problem);
        }
    }

    /// Replaces the data by a table of the person's own. What cannot be fitted leaves
    /// everything as it was.
    pub fn open_table(&mut self, table: Table, provenance: String, warnings: Vec<String>) {
        self.problem = None;
        self.past_is_stale = true;
        let source = Rc::new(Source::own(table, provenance, warnings));
        let mut opened = self.open(source);
        if opened.is_ok() && self.awaited.is_some() {
            opened = beyond::follow_awaited(self);
        }
        if let Err(problem) = opened {
            self.problem = Some(problem);
        }
    }

    /// Reads a CSV file's bytes and opens it. A bad file leaves everything as it was.
    pub fn open_csv(&mut self, name: &str, bytes: &[u8]) {
        self.open_read(name, csv::read(name, bytes));
    }

    /// What could not be done, if something could not, which is then no longer told.
    pub fn take_problem(&mut self) -> Option<Problem> {
        self.problem.take()
    }

    /// Forgets the state to which undo would go: it was a step on the way.
    pub fn forget_last(&mut self) {
        self.undo.pop();
    }

    /// Tells of something that could not be done outside the session, such as a file that
    /// cannot be read.
    pub fn tell(&mut self, problem: Problem) {
        self.problem = Some(problem);
    }

    fn try_handle(&mut self, command: Command) -> Result<(), Problem> {
        match command.goes_beyond() {
            true => beyond::handle(self, command),
            false => beyond::handle_first(self, command),
        }
    }

    /// Carries out a command that any run may need.
    pub(super) fn handle_first(&mut self, command: Command) -> Result<(), Problem> {
        let settings = &self.now.settings;
        match command {
            Command::OpenBuiltin(id) => {
                let source = Source::builtin(&id, self.load)?;
                self.open(Rc::new(source))?;
            }
            Command::SetColumns(fitted) => self.choose(|roles| roles.fitted = fitted)?,
            Command::SetAxes { x, y } => {
                let selection = self.now.selection.with_axes(x, y).ok_or_else(|| Problem {
                    what: "The map shows two different fitted columns.".to_owned(),
                    remedy: "Add the column to the fit first.".to_owned(),
                })?;
                if selection.axes() != self.now.selection.axes() {
                    let before = self.now.clone();
                    self.now.selection = selection;
                    self.now.data_version = self.new_version();
                    self.remember(before);
                }
            }
            Command::SetComponents(n_components) => self.restart(Settings {
                n_components,
                ..settings.clone()
            })?,
            Command::SetCovariance(covariance_type) => self.restart(Settings {
                covariance_type,
                ..settings.clone()
            })?,
            Command::SetInit(init) => self.restart(Settings {
                init,
                ..settings.clone()
            })?,
            Command::SetSeed(seed) => self.restart(Settings {
                seed,
                ..settings.clone()
            })?,
            Command::SameStart => {
                self.mode = Mode::Idle;
                self.restart(settings.clone())?;
            }
            Command::NewStart => {
                self.mode = Mode::Idle;
                let seed = settings.seed.wrapping_add(1);
                self.restart(Settings {
                    seed,
                    ..settings.clone()
                })?;
            }
            Command::SetFloor(floor) => self.adjust(
                Settings {
                    floor,
                    ..settings.clone()
                },
                true,
            )?,
            Command::SetPrecision(precision) => {
                let next = Settings {
                    precision,
                    ..settings.clone()
                };
                let matrix = self.now.selection.matrix();
                if precision == Precision::Fast && matrix.n_rows() >= MANY_ROWS {
                    // Here and in other workers together as much as half the columns take.
                    let half = matrix.n_columns().div_ceil(2);
                    beyond::make_room(self, half).map_err(|_| no_room_for_singles())?;
                }
                self.adjust(next, true)?;
            }
            Command::SetTolerance(tol) => self.adjust(
                Settings {
                    tol,
                    ..settings.clone()
                },
                false,
            )?,
            Command::SetMaxIterations(max_iter) => self.adjust(
                Settings {
                    max_iter,
                    ..settings.clone()
                },
                false,
            )?,
            Command::SetSpeed(speed) => {
                self.speed = if speed.is_finite() {
                    speed.max(0.0)
                } else {
                    0.0
                };
            }
            Command::Play => self.run_as(Mode::Playing(patience(&self.now))),
            Command::RunToConvergence => self.run_as(Mode::Running),
            Command::OpenLink(text) => beyond::open_link(self, &text)?,
            Command::Explain(explains) => self.explains = explains,
            Command::TakeBranch(nth) => self.take_branch(nth),
            Command::Undo => self.swap(true),
            Command::Redo => self.swap(false),
            by_hand => {
                self.mode = Mode::Idle;
                self.move_by_hand(&by_hand);
            }
        }
        Ok(())
    }

    /// Commands that only move along the run.
    fn move_by_hand(&mut self, command: &Command) {
        let last = self.now.run.last();
        let after_e = self.now.position % 2 == 1;
        match command {
            Command::EStep if after_e => {}
            Command::EStep | Command::Forward => self.now.forward(),
            Command::MStep | Command::Step => self.step(),
            Command::Back => self.now.position = self.now.position.saturating_sub(1),
            Command::First => self.now.position = 0,
            Command::Last => self.now.position = last,
            Command::Seek(position) => self.now.position = (*position).min(last),
            _ => {}
        }
    }

    /// To the end of the next M-step.
    pub(super) fn step(&mut self) {
        if self.now.position.is_multiple_of(2) {
            self.now.forward();
        }
        self.now.forward();
    }

    pub(super) fn run_as(&mut self, mode: Mode) {
        if !self.now.stuck() {
            self.mode = mode;
        }
    }
}

fn no_room_for_singles() -> Problem {
    Problem {
        what: "There is no room in memory for a copy of the rows in single precision.".to_owned(),
        remedy: "Stay with Exact, or open a sample of the rows.".to_owned(),
    }
}
