//! What data take in memory: told before they are fitted, refused where there is no room.

use std::rc::Rc;

use super::experiment::Experiment;
use super::opening::Opening;
use super::source::Source;
use super::state::Session;
use super::view::Problem;
use crate::data::Table;
use crate::data::csv::{CsvError, ReadTable};
use crate::digits::fixed;

/// An instance has 4 GiB. What is not data, and what is lost between pieces of memory,
/// has the rest.
const MOST: f64 = 3.6e9;

/// No piece of memory is larger than 2 GiB; what is sent to other workers may need a quarter more
/// than there is to send.
const MOST_AT_ONCE: f64 = 1.6e9;

/// What the notes on the data then say.
const FORGOTTEN: &str = "There was no room for all the data that Undo could go back to beside these: the oldest were forgotten.";

/// From so many rows on other columns are chosen only if there is room for them.
pub(super) const MANY_ROWS: usize = 1 << 20;

/// What data take in memory, as far as it grows with their rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// Rows.
    pub rows: f64,
    /// Bytes of the table.
    pub table: f64,
    /// Bytes of its largest column.
    pub largest: f64,
    /// Columns that are fitted.
    pub fitted: usize,
}

impl Need {
    /// Of a table of which so many columns are fitted.
    pub fn of(table: &Table, fitted: usize) -> Need {
        let bytes = table.columns().iter().map(|column| column.bytes() as f64);
        Need {
            rows: table.n_rows() as f64,
            table: bytes.clone().sum(),
            largest: bytes.fold(0.0, f64::max),
            fitted,
        }
    }

    /// The table, the matrix of the fitted columns and its copy in the workers that share the
    /// passes over the rows, both once more in another order if there are few columns, and 16 bytes a
    /// row to start and to draw with.
    pub fn bytes(&self) -> f64 {
        let copies = if self.fitted <= 2 { 4.0 } else { 2.0 };
        self.table + copies * self.matrix() + 16.0 * self.rows
    }

    fn matrix(&self) -> f64 {
        8.0 * self.rows * self.fitted as f64
    }

    /// A sentence for those that take much; empty for others.
    pub fn words(&self) -> String {
        match self.bytes() {
            bytes if bytes < 1e8 => String::new(),
            bytes => format!("With its fit it takes about {} of memory.", size(bytes)),
        }
    }
}

/// 180 MB, 1.4 GB.
fn size(bytes: f64) -> String {
    match bytes < 1e9 {
        true => format!("{} MB", fixed((bytes / 1e7).round() * 10.0, 0)),
        false => format!("{} GB", fixed(bytes / 1e9, 1)),
    }
}

impl Session {
    /// Sees to it that there is room for data besides those shown. Where need be, the oldest
    /// data to which undo could go back are forgotten.
    ///
    /// # Errors
    /// Says what the data would take if even that does not help; nothing is forgotten then.
    pub fn make_room(&mut self, need: &Need) -> Result<(), String> {
        let most = [need.matrix(), need.largest];
        let alone = need.bytes() <= MOST && most.into_iter().all(|bytes| bytes <= MOST_AT_ONCE);
        let shown = self.held(0);
        if !alone || shown + need.bytes() > MOST {
            let mut what = format!("It would take about {} of memory", size(need.bytes()));
            if alone {
                what += &format!(" besides the {} of the data that are open", size(shown));
            }
            return Err(format!("{what}; a tab has room for {}.", size(MOST)));
        }
        while self.held(usize::MAX) + need.bytes() > MOST {
            match self.redo.is_empty() {
                true => {
                    drop(self.undo.remove(0));
                    self.forgotten = FORGOTTEN;
                }
                // What is opened next ends it anyway.
                false => self.redo.clear(),
            }
        }
        Ok(())
    }

    /// Bytes of the data shown and of so many of those to which undo and redo can go.
    fn held(&self, past: usize) -> f64 {
        let past = self.undo.iter().chain(&self.redo).take(past);
        let selections = past.chain([&self.now]).map(Experiment::selection);
        let (mut sources, mut matrices) = (Vec::new(), Vec::new());
        let mut bytes = 0.0;
        for selection in selections {
            let (source, matrix) = (selection.source(), selection.matrix());
            if !sources.iter().any(|other| Rc::ptr_eq(other, source)) {
                bytes += Need::of(source.table(), 0).table;
                sources.push(source.clone());
            }
            if !matrices.iter().any(|other| Rc::ptr_eq(other, matrix)) {
                bytes += 8.0 * matrix.n_rows() as f64 * matrix.n_columns() as f64;
                matrices.push(matrix.clone());
            }
        }
        bytes
    }

    /// Room for a matrix of so many columns of the table that is open.
    pub(super) fn make_room_for_columns(&mut self, fitted: usize) -> Result<(), Problem> {
        let table = self.now.selection().source().table();
        let need = Need {
            table: 0.0,
            largest: 0.0,
            ..Need::of(table, fitted)
        };
        self.make_room(&need).map_err(|why| Problem {
            what: format!("These columns were not chosen. {why}"),
            remedy: "Choose fewer columns, or open a sample of the rows.".to_owned(),
        })
    }

    /// Opens what was read of a file, if it could be read and there is room for it. Else
    /// everything stays as it was.
    pub fn open_read(&mut self, name: &str, read: Result<ReadTable, CsvError>) {
        let read = read.map_err(|e| not_opened(name, &e.what(), e.remedy()));
        let mut opening = read.and_then(|read| self.begin_to_open(name, read).map(Some));
        while let Ok(Some(next)) = opening {
            opening = self.go_on_opening(next);
        }
        if let Err(problem) = opening {
            self.tell(problem);
        }
    }

    /// Begins to open what was read of a file: see [`Self::go_on_opening`].
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn begin_to_open(&mut self, name: &str, read: ReadTable) -> Result<Opening, Problem> {
        let need = Need::of(&read.table, read.table.default_columns().len());
        // The table is there already.
        let more = Need { table: 0.0, ..need };
        self.make_room(&more)
            .map_err(|why| not_opened(name, &why, SMALLER))?;
        let warnings = read.notes.iter().map(ToString::to_string).collect();
        let provenance = format!("Read as {}. {}", read.format, need.words());
        let provenance = provenance.trim_end().to_owned();
        let source = Source::own(read.table, provenance, warnings);
        Ok(Opening::Read(Rc::new(source)))
    }
}

/// What to do where there is no room for a file.
pub const SMALLER: &str = "Save fewer of its columns, or a sample of its rows, and open that: a sample gives nearly the same fit.";

/// A file that was not opened.
pub fn not_opened(name: &str, why: &str, remedy: &str) -> Problem {
    Problem {
        what: format!("\u{201c}{name}\u{201d} was not opened. {why}"),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Column;
    use crate::session::Command;

    fn need(rows: f64, columns: usize) -> Need {
        Need {
            rows,
            table: 8.0 * rows * columns as f64,
            largest: 8.0 * rows,
            fitted: columns,
        }
    }

    fn table(rows: i32) -> Table {
        let column = |name: &str| {
            let values = (0..rows).map(|i| f64::from(i * 7919 % 10007));
            Column::number(name, values.collect())
        };
        Table::new("t", vec![column("x"), column("y")])
    }

    #[test]
    fn ten_million_rows_of_two_columns_have_room_and_are_told() {
        let need = need(1e7, 2);
        assert_eq!(Session::new().make_room(&need), Ok(()));
        let words = "With its fit it takes about 960 MB of memory.";
        assert_eq!(need.words(), words);
        assert_eq!(Need::of(&table(1000), 2).words(), "");
    }

    #[test]
    fn more_than_a_tab_can_hold_is_refused_with_its_size() {
        let why = Session::new().make_room(&need(4e7, 8)).unwrap_err();
        assert_eq!(
            why,
            "It would take about 8.3 GB of memory; a tab has room for 3.6 GB."
        );
        // A single column beyond what one allocation gives.
        let long = Need {
            largest: 2e9,
            ..need(1e6, 1)
        };
        assert!(Session::new().make_room(&long).is_err());
    }

    #[test]
    fn columns_that_do_not_fit_into_memory_are_not_chosen() {
        let mut session = Session::new();
        session.open_table(table(60_000), String::new(), Vec::new());
        assert_eq!(session.make_room_for_columns(2), Ok(()));
        let problem = session.make_room_for_columns(5000).unwrap_err();
        assert!(problem.what.contains("4.8 GB of memory"), "{problem:?}");
        assert!(problem.remedy.contains("fewer columns"), "{problem:?}");
    }

    #[test]
    fn data_can_be_left_until_they_are_shown() {
        let file = b"x,y\n1,2\n2,1\n3,4\n4,3\n5,5.5\n";
        let read = || crate::data::csv::read("t.csv", file).unwrap();
        let (mut session, mut other) = (Session::new(), Session::new());
        let before = session.view();
        let mut opening = session.begin_to_open("t.csv", read()).unwrap();
        let mut words = Vec::new();
        loop {
            words.push(opening.words());
            assert_eq!(session.view().data, before.data);
            match session.go_on_opening(opening).unwrap() {
                Some(next) => opening = next,
                None => break,
            }
        }
        assert_eq!(
            words,
            ["choosing columns", "finding a start", "evaluating it"]
        );
        other.open_csv("t.csv", file);
        assert_eq!(session.view(), other.view());
        session.handle(Command::Undo);
        assert_eq!(session.view().data, before.data);
    }

    #[test]
    fn room_is_made_by_forgetting_what_undo_could_go_back_to_the_oldest_first() {
        let mut session = Session::new();
        session.open_table(table(60_000), String::new(), Vec::new());
        session.open_table(table(20_000), String::new(), Vec::new());
        session.handle(Command::SetComponents(2));
        session.handle(Command::Undo);
        let oldest = Need::of(&table(60_000), 2);
        let all_but = |bytes: f64| Need {
            rows: 0.0,
            table: MOST - session.held(usize::MAX) + bytes,
            largest: 0.0,
            fitted: 0,
        };
        let (exactly, oldest_goes, all_go) = (
            all_but(0.0),
            all_but(oldest.table),
            all_but(session.held(usize::MAX)),
        );
        assert_eq!(session.make_room(&exactly), Ok(()));
        assert_eq!((session.undo.len(), session.redo.len()), (2, 1));
        assert!(session.make_room(&all_go).is_err());
        assert_eq!((session.undo.len(), session.redo.len()), (2, 1));
        assert_eq!(session.make_room(&oldest_goes), Ok(()));
        // The set that the page opens on and the larger table are gone.
        assert_eq!((session.undo.len(), session.redo.len()), (0, 0));
        assert_eq!(session.view().data.n_rows, 20_000);
        // The notes on what is opened then say so, and those on other data do not.
        assert_eq!(session.view().data.warnings, [] as [&str; 0]);
        session.open_table(table(100), String::new(), vec!["A note.".to_owned()]);
        assert_eq!(session.view().data.warnings, ["A note.", FORGOTTEN]);
        session.handle(Command::SetComponents(3));
        assert_eq!(session.view().data.warnings, ["A note.", FORGOTTEN]);
        session.open_table(table(200), String::new(), Vec::new());
        assert_eq!(session.view().data.warnings, [] as [&str; 0]);
        session.handle(Command::Undo);
        assert_eq!(session.view().data.warnings, ["A note.", FORGOTTEN]);
    }
}
