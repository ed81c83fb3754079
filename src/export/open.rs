//! A file of ours opened again.

use super::ExportError;
use super::checksum;
use super::model_file::ModelFile;
use crate::session::{Problem, Selection, Session, not_opened};

/// Opens a model's file on the data at hand: a new run that starts from its parameters, which
/// score the rows as they stand and can be fitted on. What cannot be opened is told as the
/// session's problem and leaves everything as it was.
pub fn open_model(session: &mut Session, name: &str, text: &str) {
    if let Err(problem) = try_open(session, name, text) {
        session.tell(problem);
    }
}

fn try_open(session: &mut Session, name: &str, text: &str) -> Result<(), Problem> {
    let refused = |e: ExportError| {
        let why = e.to_string();
        let why = match why.strip_prefix("it") {
            Some(rest) => format!("It{rest}."),
            None => format!("{why}."),
        };
        not_opened(name, &why, e.remedy())
    };
    let file = ModelFile::read(text).map_err(refused)?;
    let settings = file.settings().map_err(refused)?;
    let mixture = file.mixture().map_err(refused)?;
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
