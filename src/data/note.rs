use std::fmt;

/// How many lines or names a note keeps; the rest is counted.
const KEPT: usize = 3;

/// Something that was guessed, dropped or is odd in a table that was read: the page
/// shows it as one sentence ([`Display`](fmt::Display)).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// The bytes are not UTF-8; they were taken for Windows-1252, of which Latin-1 is a part.
    NotUtf8,
    /// The header names fewer columns than the rows have.
    HeaderShort {
        /// Columns that the header names.
        names: usize,
        /// Columns that the rows have.
        fields: usize,
        /// The first column was taken for row names, as R's `write.table` leaves them unnamed.
        row_names: bool,
    },
    /// The header names more columns than the rows have.
    HeaderLong {
        /// Columns that the header names.
        names: usize,
        /// Columns that the rows have.
        fields: usize,
    },
    /// Rows with too few cells; those at the end count as missing.
    ShortRows {
        /// Where.
        places: Places,
        /// Columns expected.
        expected: usize,
    },
    /// Rows with too many cells; they were left out, since nobody knows which cell is the odd one.
    LongRows {
        /// Where.
        places: Places,
        /// Columns expected.
        expected: usize,
    },
    /// Text in a column of numbers; it counts as missing.
    TextCells {
        /// Name of the column.
        column: String,
        /// Where.
        places: Places,
        /// The first of them, shortened.
        example: String,
    },
    /// Infinities, or numbers beyond the largest double; they count as missing.
    Infinite {
        /// Name of the column.
        column: String,
        /// Where.
        places: Places,
    },
    /// Numbers with thousands separators were read without them.
    Thousands {
        /// Name of the column.
        column: String,
        /// Where.
        places: Places,
        /// The first of them.
        example: String,
    },
    /// Commas were taken for decimal commas although they might separate thousands.
    DecimalComma {
        /// One of the cells.
        example: String,
    },
    /// Columns with the same number in every row.
    ConstantColumns(Names),
    /// Named columns without any value.
    EmptyColumns(Names),
    /// At least as many columns of numbers as rows.
    FewRows {
        /// Columns of numbers.
        columns: usize,
        /// Rows.
        rows: usize,
    },
    /// A column is a linear function of others to the left of it.
    Collinear {
        /// Name of the column.
        column: String,
        /// Those that it follows from, or some of which it follows from.
        others: Names,
    },
    /// Notes that were not kept.
    More(usize),
}

/// Lines of a file, counted; the first few are kept. Lines count from 1, header included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// How many there are.
    pub count: usize,
    /// The first few.
    pub lines: Vec<u64>,
}

/// Names of columns, counted; the first few are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// How many there are.
    pub count: usize,
    /// The first few.
    pub first: Vec<String>,
}

impl Places {
    /// One more; `line` is asked only while lines are kept, since finding it costs time.
    pub(crate) fn add(&mut self, line: impl FnOnce() -> u64) {
        self.count += 1;
        if self.lines.len() < KEPT {
            self.lines.push(line());
        }
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut all = Self::default();
        for name in names {
            all.count += 1;
            if all.first.len() < KEPT {
                all.first.push(name.to_owned());
            }
        }
        all
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        f.write_str(if self.count == 1 { "line " } else { "lines " })?;
        enumerate(f, &lines, self.count)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.first.iter().map(|name| format!("“{name}”")).collect();
        enumerate(f, &names, self.count)
    }
}

/// "a", "a and b", "a, b and c", "a, b, c and 7 more".
fn enumerate(f: &mut fmt::Formatter<'_>, first: &[String], count: usize) -> fmt::Result {
    if count > first.len() {
        return write!(f, "{} and {} more", first.join(", "), count - first.len());
    }
    match first {
        [] => Ok(()),
        [one] => f.write_str(one),
        [head @ .., last] => write!(f, "{} and {last}", head.join(", ")),
    }
}

/// "1 row", "3 rows".
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// "1 cell counts", "3 cells count".
fn cells_count(count: usize) -> String {
    format!(
        "{} {}",
        counted(count, "cell"),
        if count == 1 { "counts" } else { "count" }
    )
}

fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::NotUtf8 => f.write_str(
                "The file is not UTF-8 and was read as Windows-1252 (Latin-1): \
                 check names with accents, or save it as UTF-8.",
            ),
            Note::HeaderShort {
                names,
                fields,
                row_names,
            } => {
                write!(
                    f,
                    "The header names {} but the rows have {fields}: ",
                    counted(*names, "column")
                )?;
                f.write_str(if *row_names {
                    "the first column was taken for row names."
                } else {
                    "the columns at the right got invented names."
                })
            }
            Note::HeaderLong { names, fields } => write!(
                f,
                "The header names {} but the rows have {fields}: those at the right are empty.",
                counted(*names, "column")
            ),
            Note::ShortRows { places, expected } => write!(
                f,
                "{} with fewer than {} ({places}): the cells at the end count as missing.",
                counted(places.count, "row"),
                counted(*expected, "cell"),
            ),
            Note::LongRows { places, expected } => write!(
                f,
                "{} with more than {} ({places}) {} left out.",
                counted(places.count, "row"),
                counted(*expected, "cell"),
                was(places.count),
            ),
            Note::TextCells {
                column,
                places,
                example,
            } => write!(
                f,
                "Column “{column}”: {} as missing, not being a number ({places}; the first is “{example}”).",
                cells_count(places.count),
            ),
            Note::Infinite { column, places } => write!(
                f,
                "Column “{column}”: {} as missing, being infinite or beyond the largest number ({places}).",
                cells_count(places.count),
            ),
            Note::Thousands {
                column,
                places,
                example,
            } => write!(
                f,
                "Column “{column}”: {} {} read without thousands separators ({places}; the first is “{example}”).",
                counted(places.count, "cell"),
                was(places.count),
            ),
            Note::DecimalComma { example } => write!(
                f,
                "Commas were taken for decimal commas, as in “{example}”; \
                 if they separate thousands, remove them from the file."
            ),
            Note::ConstantColumns(names) => write!(
                f,
                "The same number in every row: {names}. Nothing can be learned from {}.",
                if names.count == 1 { "it" } else { "them" }
            ),
            Note::EmptyColumns(names) => write!(f, "No value in any row: {names}."),
            Note::FewRows { columns, rows } => write!(
                f,
                "{} of numbers and only {}: choose a few of the columns, or a full covariance will be singular.",
                counted(*columns, "column"),
                counted(*rows, "row"),
            ),
            Note::Collinear { column, others } => write!(
                f,
                "Column “{column}” follows exactly from {others}: \
                 leave one out, or the floor alone keeps the covariance from being singular."
            ),
            Note::More(count) => write!(f, "{} more of this kind.", counted(*count, "note")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_the_first_lines_and_count_the_rest() {
        let mut places = Places::default();
        for line in [3, 5, 8, 13, 21] {
            places.add(|| line);
        }
        assert_eq!(places.to_string(), "lines 3, 5, 8 and 2 more");
    }

    #[test]
    fn a_single_place_is_a_line() {
        let mut places = Places::default();
        places.add(|| 7);
        assert_eq!(places.to_string(), "line 7");
    }

    #[test]
    fn a_note_names_column_line_and_cell() {
        let note = Note::TextCells {
            column: "x".into(),
            places: Places {
                count: 1,
                lines: vec![10],
            },
            example: "Total".into(),
        };
        assert_eq!(
            note.to_string(),
            "Column “x”: 1 cell counts as missing, not being a number (line 10; the first is “Total”)."
        );
    }
}
