//! Links made of the session, and links followed to where they lead.

use std::collections::VecDeque;
use std::rc::Rc;

use super::experiment::Experiment;
use super::link::{Act, Asked, Data, Link, Looks, MOST_ROWS, OwnColumn, OwnValues, Step, read};
use super::roles::Roles;
use super::source::{Selection, Source};
use super::state::{Mode, Session};
use super::view::Problem;
use super::words::count;
use crate::data::{Column, Table, TextValues, Values};
use crate::fit::{InitMethod, Settings};
use crate::mixture::Mixture;

/// How parameters that were given were made: everything from a start that a seed fixes.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// What was asked at first.
    pub(super) first: Asked,
    /// What was done since; the last step began the run.
    pub(super) steps: Vec<Step>,
}

/// A link on the way to its half-step.
#[derive(Debug)]
pub struct Following {
    steps: VecDeque<Step>,
    position: usize,
    axes: Option<[usize; 2]>,
    /// Changes that undo had before; what the link does is one more.
    undo: usize,
}

/// A link whose file has not been opened yet.
#[derive(Clone, Debug)]
pub struct Awaited {
    link: Link,
}

impl Made {
    /// The same parameters, given to another run.
    pub(super) fn of(&self, run: &Experiment) -> Made {
        let mut made = self.clone();
        if let Some(last) = made.steps.last_mut() {
            last.asked = Asked {
                roles: run.selection.roles().clone(),
                settings: (*run.first).clone(),
            };
        }
        made
    }
}

impl Experiment {
    /// Everything that led to the half-step shown, from a start that a seed fixes.
    pub(super) fn made(&self) -> Made {
        let asked = |settings: &Settings| Asked {
            roles: self.selection.roles().clone(),
            settings: settings.clone(),
        };
        let mut made = match &self.made {
            Some(made) => (**made).clone(),
            None => Made {
                first: asked(&self.first),
                steps: Vec::new(),
            },
        };
        made.steps.extend(self.changes.iter().map(|change| Step {
            at: change.at,
            act: Act::Set,
            asked: asked(&change.settings),
        }));
        made
    }
}

impl Session {
    /// The link that leads to the half-step shown; its looks are the page's to add.
    pub fn link(&self) -> Link {
        let e = &self.now;
        let Made {
            mut first,
            mut steps,
        } = e.made();
        let source = e.selection.source();
        let (data, place) = data(source, &first.roles, &steps);
        let mut axes = Some(e.selection.axes());
        for asked in [&mut first]
            .into_iter()
            .chain(steps.iter_mut().map(|s| &mut s.asked))
        {
            // What only ends a run is the same from its start on.
            let now = &e.settings;
            asked.settings.tol = now.tol;
            asked.settings.max_iter = now.max_iter;
            asked.settings.stop_rule = now.stop_rule;
            asked.roles = moved(&asked.roles, &place);
        }
        let shown = |columns: &[usize]| [columns[0], columns[1.min(columns.len() - 1)]];
        if axes == Some(shown(e.selection.fitted())) {
            axes = None;
        }
        if matches!(data, Data::Builtin(_) | Data::File { .. }) {
            let usual = source.default_columns();
            let asked = steps.iter_mut().map(|s| &mut s.asked);
            for asked in [&mut first].into_iter().chain(asked) {
                if asked.roles.fitted == usual {
                    asked.roles.fitted = Vec::new();
                }
            }
        }
        Link {
            data,
            first,
            steps,
            position: e.position,
            axes: axes.map(|axes| axes.map(|c| place(c).unwrap_or(c))),
            speed: self.speed,
            looks: Looks::default(),
        }
    }

    /// Follows a link; what cannot be read or done is told, the rest is done.
    pub(super) fn open_link(&mut self, text: &str) -> Result<(), Problem> {
        let (link, unread) = read(text);
        let told: Vec<String> = unread
            .iter()
            .map(|u| format!("\u{201c}{}\u{201d} should be {}", u.key, u.wanted))
            .collect();
        self.speed = link.speed;
        let followed = match &link.data {
            Data::Builtin(id) => Source::builtin(id, self.load).map(Rc::new),
            Data::Own { name, columns } => Ok(Rc::new(own(name, columns))),
            Data::File { name, rows, .. } => {
                let remedy = format!(
                    "Open it with \u{201c}Open CSV\u{201d}, and the page goes on to where the link leads. It has {} and stays in this tab.",
                    count(*rows, "row")
                );
                let what = format!("This link is about the file \u{201c}{name}\u{201d}.");
                self.awaited = Some(Box::new(Awaited { link }));
                return Err(Problem { what, remedy });
            }
        };
        self.follow(&link, followed?)?;
        match told.is_empty() {
            true => Ok(()),
            false => Err(Problem {
                what: format!("Parts of the link could not be read: {}.", told.join("; ")),
                remedy: "Everything else is as the link says.".to_owned(),
            }),
        }
    }

    /// Follows the link that waits for this file, if it is that file.
    pub(super) fn follow_awaited(&mut self) -> Result<(), Problem> {
        let Some(awaited) = self.awaited.take() else {
            return Ok(());
        };
        let source = self.now.selection.source().clone();
        let Data::File { name, hash, .. } = &awaited.link.data else {
            return Ok(());
        };
        if source.hash() == *hash {
            return self.follow(&awaited.link, source);
        }
        let what = format!(
            "This is not the file \u{201c}{name}\u{201d} that the link is about: its rows differ."
        );
        self.awaited = Some(awaited);
        Err(Problem {
            what,
            remedy: "Its settings were not taken. Open the file that the link was made with."
                .to_owned(),
        })
    }

    fn follow(&mut self, link: &Link, source: Rc<Source>) -> Result<(), Problem> {
        let undo = self.undo.len();
        let selection = selection(&source, &link.first.roles)?;
        let mut settings = link.first.settings.clone();
        if settings.init == InitMethod::Given {
            // Nothing was made yet.
            settings.init = InitMethod::KMeans;
        }
        self.begin(selection, settings, true)?;
        self.following = Some(Box::new(Following {
            steps: link.steps.iter().cloned().collect(),
            position: link.position,
            axes: link.axes,
            undo,
        }));
        self.mode = Mode::Following;
        // A link to a start needs no advance.
        self.follow_on();
        Ok(())
    }

    /// An iteration, a half-step or a step of the link that is followed.
    pub(super) fn follow_on(&mut self) {
        let Some(mut following) = self.following.take() else {
            self.mode = Mode::Idle;
            return;
        };
        let target = following
            .steps
            .front()
            .map_or(following.position, |step| step.at);
        let outcome = if self.now.position < target {
            let stuck = self.now.stuck();
            match (
                stuck,
                self.now.position.is_multiple_of(2) && target - self.now.position > 1,
            ) {
                (true, _) => Err(Problem {
                    what: "The link leads on, but this run cannot go on from here.".to_owned(),
                    remedy: String::new(),
                }),
                (_, true) => {
                    self.step();
                    Ok(())
                }
                _ => {
                    self.now.forward();
                    Ok(())
                }
            }
        } else {
            match following.steps.pop_front() {
                Some(step) => self.do_step(step),
                None => Ok(()),
            }
        };
        let here = following.steps.is_empty() && self.now.position >= following.position;
        match outcome {
            Ok(()) if !here => {
                self.mode = Mode::Following;
                self.following = Some(following);
                return;
            }
            Ok(()) => {}
            Err(problem) => self.problem = Some(problem),
        }
        self.mode = Mode::Idle;
        if let Some([x, y]) = following.axes
            && let Some(selection) = self.now.selection.with_axes(x, y)
        {
            self.now.selection = selection;
            self.now.data_version = self.new_version();
        }
        // The whole link is one change.
        let first = following.undo.min(self.undo.len());
        self.undo.truncate(first + 1);
    }

    fn do_step(&mut self, step: Step) -> Result<(), Problem> {
        if step.act == Act::Set {
            return self.adjust(step.asked.settings, true);
        }
        let selection = match step.asked.roles == *self.now.selection.roles() {
            true => self.now.selection.clone(),
            false => selection(self.now.selection.source(), &step.asked.roles)?,
        };
        self.edit(step.act, selection, step.asked.settings)
    }

    /// A new run from parameters that were made by an act here; how is remembered.
    pub(super) fn begin_made(
        &mut self,
        mixture: Mixture,
        act: Act,
        selection: Selection,
        settings: Settings,
    ) -> Result<(), Problem> {
        let settings = Settings {
            n_components: mixture.n_components(),
            init: InitMethod::Given,
            ..settings
        };
        let before = self.now.clone();
        let mut made = before.made();
        made.steps.push(Step {
            at: before.position,
            act,
            asked: Asked {
                roles: selection.roles().clone(),
                settings: settings.clone(),
            },
        });
        self.now.given = Some(Rc::new(mixture));
        self.now.made = Some(Rc::new(made));
        if let Err(problem) = self.begin(selection, settings, false) {
            self.now = before;
            return Err(problem);
        }
        // What undo goes back to never had them.
        if let Some(last) = self.undo.last_mut() {
            *last = before;
        }
        Ok(())
    }
}

/// The matrix of these roles; without fitted columns of those that the source begins with.
fn selection(source: &Rc<Source>, roles: &Roles) -> Result<Selection, Problem> {
    let mut roles = roles.clone();
    if roles.fitted.is_empty() {
        roles.fitted = source.default_columns();
    }
    Selection::with_roles(source.clone(), roles)
}

/// The data in a link, and where a column of the table is in them.
fn data(
    source: &Rc<Source>,
    first: &Roles,
    steps: &[Step],
) -> (Data, impl Fn(usize) -> Option<usize> + use<>) {
    let table = source.table();
    let mut used: Vec<usize> = Vec::new();
    for roles in [first]
        .into_iter()
        .chain(steps.iter().map(|s| &s.asked.roles))
    {
        let beside = [roles.weights, roles.labels, roles.sequences];
        used.extend(
            roles
                .fitted
                .iter()
                .copied()
                .chain(beside.into_iter().flatten()),
        );
    }
    used.sort_unstable();
    used.dedup();
    let name = table.name().to_owned();
    let whole = table.n_rows() > MOST_ROWS || source.id().is_some();
    let data = match source.id() {
        Some(id) => Data::Builtin(id.to_owned()),
        None if whole => Data::File {
            name,
            rows: table.n_rows(),
            hash: source.hash(),
        },
        None => Data::Own {
            name,
            columns: used
                .iter()
                .map(|&c| own_column(&table.columns()[c]))
                .collect(),
        },
    };
    let place = move |column: usize| match whole {
        true => Some(column),
        false => used.iter().position(|&c| c == column),
    };
    (data, place)
}

fn moved(roles: &Roles, place: &impl Fn(usize) -> Option<usize>) -> Roles {
    Roles {
        fitted: roles.fitted.iter().filter_map(|&c| place(c)).collect(),
        missing: roles.missing,
        weights: roles.weights.and_then(place),
        labels: roles.labels.and_then(place),
        sequences: roles.sequences.and_then(place),
    }
}

fn own_column(column: &Column) -> OwnColumn {
    let values = match column.values() {
        Values::Number(numbers) => {
            let value = |v: &f64| (!v.is_nan()).then_some(*v);
            OwnValues::Numbers(numbers.iter().map(value).collect())
        }
        Values::Text(words) => OwnValues::Words(words.iter().map(ToOwned::to_owned).collect()),
    };
    OwnColumn {
        name: column.name().to_owned(),
        values,
    }
}

fn own(name: &str, columns: &[OwnColumn]) -> Source {
    let column = |column: &OwnColumn| match &column.values {
        OwnValues::Numbers(values) => {
            let values = values.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            Column::number(column.name.as_str(), values)
        }
        OwnValues::Words(words) => {
            let mut values = TextValues::new();
            words.iter().for_each(|word| values.push(word));
            Column::text(column.name.as_str(), values)
        }
    };
    let table = Table::new(name, columns.iter().map(column).collect());
    Source::own(table, "Its rows came with the link.".to_owned(), Vec::new())
}
