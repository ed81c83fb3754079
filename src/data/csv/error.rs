use std::fmt;

/// Why a file gives no table. [`what`](CsvError::what) says what is wrong and where,
/// [`remedy`](CsvError::remedy) what to do; displayed, it says both.
///
/// Lines and columns count from 1, the header included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvError {
    /// No bytes, or nothing but blanks.
    Empty,
    /// Not text.
    Binary {
        /// What it seems to be, where the first bytes tell.
        kind: Option<&'static str>,
    },
    /// Text in an encoding that is not read.
    Encoding {
        /// Its name.
        name: &'static str,
    },
    /// A line that names columns, or comments, and no rows.
    NoRows {
        /// The last line that holds anything.
        line: u64,
    },
    /// A single row.
    TooFewRows {
        /// Rows found.
        rows: usize,
    },
    /// No column of numbers.
    NoNumbers {
        /// Columns found.
        columns: usize,
        /// Line of the first cell that is not a number.
        line: u64,
        /// Its column.
        column: usize,
        /// The cell, shortened; empty if no cell has a value.
        cell: String,
    },
    /// Every column of numbers has the same number in all rows.
    NothingVaries,
    /// A quote was opened and the file ends before it is closed.
    UnclosedQuote {
        /// Line on which it was opened.
        line: u64,
        /// Its column.
        column: usize,
    },
    /// More columns than [`MAX_COLUMNS`](super::MAX_COLUMNS).
    TooManyColumns {
        /// A line that has so many.
        line: u64,
        /// How many.
        columns: usize,
    },
    /// The first line goes on for megabytes.
    LineTooLong {
        /// The line.
        line: u64,
    },
    /// The reading itself failed.
    Read {
        /// What the reader says.
        message: String,
    },
}

impl CsvError {
    /// What is wrong, with line and column where there is one.
    pub fn what(&self) -> String {
        match self {
            CsvError::Empty => "The file is empty.".into(),
            CsvError::Binary { kind: Some(kind) } => {
                format!("The file is not text but {kind}.")
            }
            CsvError::Binary { kind: None } => "The file is not text.".into(),
            CsvError::Encoding { name } => format!("The file is encoded as {name}."),
            CsvError::NoRows { line } => {
                format!("The file has no rows of data: nothing comes after line {line}.")
            }
            CsvError::TooFewRows { rows } => format!(
                "The file has only {rows} row{} of data.",
                if *rows == 1 { "" } else { "s" }
            ),
            CsvError::NoNumbers { columns, cell, .. } if cell.is_empty() => format!(
                "No column holds numbers: {} without any value.",
                if *columns == 1 {
                    "one column".into()
                } else {
                    format!("{columns} columns")
                }
            ),
            CsvError::NoNumbers {
                line, column, cell, ..
            } => format!(
                "No column holds numbers: the first cell that is none is “{cell}” in line {line}, column {column}."
            ),
            CsvError::NothingVaries => {
                "Every column of numbers has the same number in all rows.".into()
            }
            CsvError::UnclosedQuote { line, column } => {
                format!("The quote that opens in line {line}, column {column}, is never closed.")
            }
            CsvError::TooManyColumns { line, columns } => format!(
                "Line {line} has {columns} columns; at most {} can be read.",
                super::MAX_COLUMNS
            ),
            CsvError::LineTooLong { line } => {
                format!("Line {line} does not end for more than 4 million bytes.")
            }
            CsvError::Read { message } => format!("The file could not be read: {message}."),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            CsvError::Empty => "Choose a file with a line of column names and rows of numbers.",
            CsvError::Binary { .. } => "Open it where it was made and save or export it as CSV.",
            CsvError::Encoding { .. } => "Save it as UTF-8.",
            CsvError::NoRows { .. } => "Add rows below the line of column names.",
            CsvError::TooFewRows { .. } => "A fit needs at least 2 rows.",
            CsvError::NoNumbers { .. } => {
                "Check that cells are separated by commas, semicolons, tabs or bars, \
                 and that decimals look like 1.5 or, throughout, like 1,5."
            }
            CsvError::NothingVaries => "Choose a file in which at least one column varies.",
            CsvError::UnclosedQuote { .. } => {
                "Close it, or write a quote that belongs to the text twice."
            }
            CsvError::TooManyColumns { .. } => {
                "Leave out columns, or swap rows and columns if the table lies on its side."
            }
            CsvError::LineTooLong { .. } => {
                "Check that the file is a table with a line end after every row."
            }
            CsvError::Read { .. } => "Try again, or save the file anew.",
        }
    }
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what(), self.remedy())
    }
}

impl std::error::Error for CsvError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_place_and_what_to_do() {
        let error = CsvError::UnclosedQuote { line: 3, column: 2 };
        assert_eq!(
            error.to_string(),
            "The quote that opens in line 3, column 2, is never closed. \
             Close it, or write a quote that belongs to the text twice."
        );
    }
}
