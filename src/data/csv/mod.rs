//! Delimited text in: from the bytes of a file, as they come, to a [`Table`], in the stages
//!
//! 1. encoding: UTF-8 with or without a mark, UTF-16, Windows-1252; binary files are refused;
//! 2. dialect: the delimiter, the decimal sign, where the rows begin and whether a line
//!    names the columns, all from the first rows;
//! 3. records, rows: one record after the other is cut into cells, for one builder a column;
//! 4. column: numbers or text, decided after the first cells that have a value and
//!    looked at again at the end.
//!
//! A [`Reader`] goes through them with every piece of a file and keeps of it only the table
//! and a record that has not ended; [`read`] gives it a whole file.
//!
//! ```
//! let file = "time;load\n1,5;2,25\n2,5;NA\n3,5;4,75\n";
//! let read = mixscope::data::csv::read("load.csv", file.as_bytes())?;
//! assert_eq!(read.table.n_rows(), 3);
//! assert_eq!(read.table.columns()[1].missing(), 1);
//! assert_eq!(read.format.to_string(), "UTF-8, separated by semicolons, decimal comma, names in line 1");
//! assert!(read.notes.is_empty());
//! # Ok::<(), mixscope::data::csv::CsvError>(())
//! ```

mod cell;
mod column;
mod dialect;
mod encoding;
mod error;
mod header;
mod lines;
mod number;
mod preamble;
mod reader;
mod records;
mod rows;
mod sample;

use std::fmt;

pub use dialect::{Decimal, Delimiter};
pub use encoding::Encoding;
pub use error::CsvError;
pub use reader::{Fed, Outlook, Reader, read, read_with};

use super::{Note, Table};

/// More columns than this are refused.
pub const MAX_COLUMNS: usize = 10_000;

/// A table, and how it was read.
#[derive(Clone, Debug)]
pub struct ReadTable {
    /// The table.
    pub table: Table,
    /// What was recognised, or asked for.
    pub format: Format,
    /// What was guessed, dropped or is odd; empty for a file that needed no comment.
    pub notes: Vec<Note>,
}

/// How a file was read; [`Display`](fmt::Display) says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Format {
    /// What the bytes mean.
    pub encoding: Encoding,
    /// What stands between cells.
    pub delimiter: Delimiter,
    /// What stands before decimals.
    pub decimal: Decimal,
    /// The line that names the columns, from 1; `None` if there is none.
    pub header: Option<u64>,
}

/// What the caller knows better than the reader can guess; `None` leaves it to the reader.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What stands between cells.
    pub delimiter: Option<Delimiter>,
    /// What stands before decimals.
    pub decimal: Option<Decimal>,
    /// Does the first row name the columns?
    pub header: Option<bool>,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {}, ",
            self.encoding, self.delimiter, self.decimal
        )?;
        match self.header {
            Some(line) => write!(f, "names in line {line}"),
            None => f.write_str("no line of names"),
        }
    }
}
