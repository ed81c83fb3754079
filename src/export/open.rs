//! A file of ours opened again.

use super::ExportError;
use super::checksum;
use super::experiment_file::{EXPERIMENT_FORMAT, EXPERIMENT_VERSION, ExperimentFile};
use super::model_file::{ModelFile, head};
use crate::session::{Command, Problem, Selection, Session, not_opened};

/// Opens a model or an experiment on the data at hand. A model begins a new run from its
/// parameters, which score the rows as they stand and can be fitted on; an experiment is made
/// again, half-step for half-step, on the built-in set or the rows that it was made of. What cannot be
/// opened is told as the session's problem and leaves everything as it was.
pub fn open(session: &mut Session, name: &str, text: &str) {
    let opened = match head(text, EXPERIMENT_FORMAT, EXPERIMENT_VERSION) {
        Err(ExportError::Format { .. }) => open_model(session, name, text),
        _ => open_experiment(session, name, text),
    };
    if let Err(problem) = opened {
        session.tell(problem);
    }
}

/// Why a file of this name is not opened.
fn refuse(name: &str) -> impl Fn(ExportError) -> Problem {
    move |e| {
        let why = e.to_string();
        let why = match why.strip_prefix("it") {
            Some(rest) => format!("It{rest}."),
            None => format!("{why}."),
        };
        not_opened(name, &why, e.remedy())
    }
}

fn open_experiment(session: &mut Session, name: &str, text: &str) -> Result<(), Problem> {
    let refused = refuse(name);
    let file = ExperimentFile::read(text).map_err(&refused)?;
    let asked = file.asked().map_err(&refused)?;
    let given = file.given().map_err(&refused)?;
    let here = session.experiment().selection().source().builtin_id();
    let elsewhere = file.built_in.as_deref().filter(|id| here != Some(id));
    let fetched = match elsewhere {
        Some(id) => {
            session.handle(Command::OpenBuiltin(id.to_owned()));
            match session.take_problem() {
                None => true,
                Some(problem) => return Err(problem),
            }
        }
        None => false,
    };
    let done = replay(session, name, &file, &asked, given);
    if fetched {
        // Either all of it or nothing.
        match &done {
            Ok(()) => session.forget_last(),
            Err(_) => session.handle(Command::Undo),
        }
    }
    done
}

fn replay(
    session: &mut Session,
    name: &str,
    file: &ExperimentFile,
    asked: &[(usize, crate::fit::Settings)],
    given: Option<crate::mixture::Mixture>,
) -> Result<(), Problem> {
    let refused = refuse(name);
    let source = session.experiment().selection().source().clone();
    let roles = file.roles(source.table()).map_err(&refused)?;
    let selection = Selection::with_roles(source, roles.clone())?;
    file.same_rows(&selection).map_err(&refused)?;
    let ends = [file.half_steps, file.shown];
    let origin = format!("Made again from \u{201c}{name}\u{201d}.");
    let replayed = session.replay(roles, asked, given, ends, origin);
    replayed.map_err(|problem| not_opened(name, &problem.what, &problem.remedy))?;
    match file.first_difference(session.experiment().run()) {
        None => Ok(()),
        Some(t) => {
            session.tell(Problem {
                what: format!("The run made again from \u{201c}{name}\u{201d} differs from the one in the file from iteration {t} on."),
                remedy: "Was it written by another version?".to_owned(),
            });
            Ok(())
        }
    }
}

fn open_model(session: &mut Session, name: &str, text: &str) -> Result<(), Problem> {
    let refused = refuse(name);
    let file = ModelFile::read(text).map_err(&refused)?;
    let settings = file.settings().map_err(&refused)?;
    let mixture = file.mixture().map_err(&refused)?;
    let source = session.experiment().selection().source().clone();
    let roles = file.preparation.roles(&file.columns, source.table());
    let mut roles = roles.map_err(refused)?;
    let selection = Selection::with_roles(source, roles.clone());
    let same = selection.is_ok_and(|s| checksum::of_data(&s) == file.data.sha256);
    if !same {
        // Components are named in the order in which labels come, which other rows change.
        roles.labels = None;
    }
    let data = &file.data;
    let mut origin = format!(
        "Opened from \u{201c}{name}\u{201d}: iteration {} of a fit to {} rows of \u{201c}{}\u{201d}.",
        file.fit.iteration, data.rows, data.name
    );
    if !same {
        origin += " The rows shown are others.";
    }
    let centre = &file.preparation.centre;
    let place = |matrix: &crate::data::Matrix| match matrix.centre() == centre {
        true => mixture.clone(),
        false => {
            let moves = centre.iter().zip(matrix.centre());
            mixture.translated(&moves.map(|(old, new)| old - new).collect::<Vec<f64>>())
        }
    };
    let opened = session.open_model(roles, settings, &place, text.into(), origin);
    opened.map_err(|problem| not_opened(name, &problem.what, &problem.remedy))
}
