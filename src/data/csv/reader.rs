use ::csv::ByteRecord;

use super::column::ColumnBuilder;
use super::dialect::{self, Dialect};
use super::lines::{self, Lines};
use super::{CsvError, Format, Options, ReadTable, encoding, quotes, sample};
use crate::data::{Column, Note, Places, Table, Values, remarks};

/// So many notes about single columns are kept.
const COLUMN_NOTES: usize = 20;

/// Reads a table from the bytes of a file; everything about it is recognised.
///
/// A row that is too short is filled up with missing cells, one that is too long is left
/// out, a cell that is not a number in a column of numbers counts as missing: each with a
/// note that counts and names lines and column. Blank lines are skipped, and so are
/// comments (`#`) above the first row.
///
/// ```
/// let read = mixscope::data::csv::read("t.csv", b"x,y\n1,2\n3,oops\n5,7\n")?;
/// assert_eq!(read.table.columns()[1].missing(), 1);
/// assert_eq!(
///     read.notes[0].to_string(),
///     "Column “y”: 1 cell counts as missing, not being a number (line 3; the first is “oops”).",
/// );
/// # Ok::<(), mixscope::data::csv::CsvError>(())
/// ```
///
/// # Errors
///
/// A [`CsvError`] for a file that is no table, or a table without two rows or without a
/// column of numbers, or one with a quote that is never closed.
pub fn read(name: &str, bytes: &[u8]) -> Result<ReadTable, CsvError> {
    read_with(name, bytes, &Options::default())
}

/// As [`read`], with some questions answered beforehand.
///
/// ```
/// use mixscope::data::csv::{Options, read_with};
///
/// let options = Options { header: Some(false), ..Options::default() };
/// let read = read_with("t.csv", b"2019,2020\n3.5,4.5\n5.5,6\n", &options)?;
/// assert_eq!(read.table.n_rows(), 3);
/// # Ok::<(), mixscope::data::csv::CsvError>(())
/// ```
///
/// # Errors
///
/// As [`read`].
pub fn read_with(name: &str, bytes: &[u8], options: &Options) -> Result<ReadTable, CsvError> {
    let (text, encoding) = encoding::decode(bytes)?;
    if text.trim().is_empty() {
        return Err(CsvError::Empty);
    }
    let dialect = dialect::recognise(&text, options)?;
    let mut rows = Rows::new(&dialect, &[]);
    rows.feed(text.as_bytes())?;
    let words = rows.misread();
    if !words.is_empty() {
        rows = Rows::new(&dialect, &words);
        rows.feed(text.as_bytes())?;
    }
    let (table, mut notes) = rows.finish(name)?;
    notes.extend(remarks(&table));
    if encoding == super::Encoding::Windows1252 {
        notes.insert(0, Note::NotUtf8);
    }
    let format = Format {
        encoding,
        delimiter: dialect.delimiter,
        decimal: dialect.decimal,
        header: dialect.header,
    };
    Ok(ReadTable {
        table,
        format,
        notes,
    })
}

/// Takes rows into columns.
struct Rows<'d> {
    dialect: &'d Dialect,
    columns: Vec<ColumnBuilder>,
    n_rows: usize,
    short: Places,
    long: Places,
}

impl<'d> Rows<'d> {
    /// Without rows yet; `words` are the columns known to be text.
    fn new(dialect: &'d Dialect, words: &[usize]) -> Self {
        let named = dialect.names.as_ref().map_or(0, Vec::len);
        let columns = (0..dialect.width.max(named))
            .map(|index| ColumnBuilder::new(dialect.decimal, words.contains(&index)))
            .collect();
        Self {
            dialect,
            columns,
            n_rows: 0,
            short: Places::default(),
            long: Places::default(),
        }
    }

    /// All rows of a text, from the first one on.
    fn feed(&mut self, text: &[u8]) -> Result<(), CsvError> {
        let base = self.dialect.body;
        let delimiter = self.dialect.delimiter_byte();
        let mut lines = Lines::new(text);
        let mut reader = self.dialect.records(&text[base..]);
        let mut record = ByteRecord::new();
        let mut start = base;
        while reader
            .read_byte_record(&mut record)
            .map_err(|error| CsvError::Read {
                message: error.to_string(),
            })?
        {
            let end = base + reader.position().byte() as usize;
            let raw = &text[start..end];
            let mut broken = None;
            if raw.contains(&b'"') {
                let ends = lines::line_ends(raw);
                let quotes = quotes::inspect(&raw[ends..], delimiter);
                if let Some((at, field)) = quotes.open {
                    return Err(CsvError::UnclosedQuote {
                        line: lines.of(start + ends + at),
                        column: field + 1,
                    });
                }
                broken = quotes.broken;
            }
            if !sample::is_blank(&record) || self.is_lone_quotes(raw) {
                self.push(&record, broken, || lines.of(start));
            }
            start = end;
        }
        Ok(())
    }

    /// In a single column, `""` is a cell without a value and not a blank line.
    fn is_lone_quotes(&self, raw: &[u8]) -> bool {
        self.columns.len() == 1 && raw.trim_ascii() == b"\"\""
    }

    /// A row; `broken` is the cell that goes on after its closing quote.
    fn push(&mut self, record: &ByteRecord, broken: Option<usize>, mut line: impl FnMut() -> u64) {
        let expected = self.columns.len();
        if record.len() > expected {
            let mut surplus = record.iter().skip(expected);
            if surplus.any(|raw| !raw.trim_ascii().is_empty()) {
                self.long.add(line);
                return;
            }
        }
        if record.len() < expected && record.len() != self.dialect.width {
            self.short.add(&mut line);
        }
        self.n_rows += 1;
        for (index, column) in self.columns.iter_mut().enumerate() {
            let raw = record.get(index).unwrap_or_default();
            if broken == Some(index) {
                // `"4"5` arrives here as 45; with a quote it cannot pass for a number.
                column.push(&[raw, b"\""].concat(), &mut line);
            } else {
                column.push(raw, &mut line);
            }
        }
    }

    /// Columns that were read as numbers and are text.
    fn misread(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.is_misread())
            .map(|(index, _)| index)
            .collect()
    }

    fn finish(mut self, name: &str) -> Result<(Table, Vec<Note>), CsvError> {
        if self.n_rows < 2 {
            return Err(match self.n_rows {
                0 => CsvError::NoRows {
                    line: self.dialect.header.unwrap_or(self.dialect.line),
                },
                rows => CsvError::TooFewRows { rows },
            });
        }
        let mut names = self.dialect.names.clone().unwrap_or_default();
        names.resize(names.len().max(self.columns.len()), String::new());
        // Delimiters at the ends of lines make columns of nothing without a name.
        while let [.., _, last] = &self.columns[..]
            && last.is_empty()
            && names[self.columns.len() - 1].is_empty()
        {
            self.columns.pop();
        }
        names.truncate(self.columns.len());
        let mut notes = Vec::new();
        self.fit_header(&mut names, &mut notes);
        let expected = self.columns.len();
        if self.short.count > 0 {
            notes.push(Note::ShortRows {
                places: self.short,
                expected,
            });
        }
        if self.long.count > 0 {
            notes.push(Note::LongRows {
                places: self.long,
                expected,
            });
        }
        if let Some(example) = self.dialect.doubtful.clone() {
            notes.push(Note::DecimalComma { example });
        }
        let first_text = first_text(&self.columns);
        let mut of_columns = Vec::new();
        let mut columns = Vec::with_capacity(expected);
        for (index, (builder, name)) in self.columns.into_iter().zip(names).enumerate() {
            let shown = if name.is_empty() {
                format!("column {}", index + 1)
            } else {
                name.clone()
            };
            let (values, column_notes) = builder.finish(&shown);
            of_columns.extend(column_notes);
            columns.push(match values {
                Values::Number(values) => Column::number(name, values),
                Values::Text(values) => Column::text(name, values),
            });
        }
        let more = of_columns.len().saturating_sub(COLUMN_NOTES);
        of_columns.truncate(COLUMN_NOTES);
        notes.extend(of_columns);
        if more > 0 {
            notes.push(Note::More(more));
        }
        let table = Table::new(name, columns);
        if table.numeric_columns().is_empty() {
            let (line, column, cell) = first_text.unwrap_or((self.dialect.line, 1, String::new()));
            return Err(CsvError::NoNumbers {
                columns: expected,
                line,
                column,
                cell,
            });
        }
        if table.default_columns().is_empty() {
            return Err(CsvError::NothingVaries);
        }
        Ok((table, notes))
    }

    /// Remarks on a header that is shorter or longer than the rows. One that lacks a single
    /// name may be R's, which leaves the names of the rows unnamed.
    fn fit_header(&self, names: &mut Vec<String>, notes: &mut Vec<Note>) {
        let Some(header) = &self.dialect.names else {
            return;
        };
        let fields = self.columns.len();
        if header.len() < fields {
            let row_names = header.len() + 1 == fields && self.columns[0].may_name_rows();
            if row_names {
                names.insert(0, "row names".into());
                names.truncate(fields);
            }
            notes.push(Note::HeaderShort {
                names: header.len(),
                fields,
                row_names,
            });
        } else if fields > self.dialect.width {
            notes.push(Note::HeaderLong {
                names: fields,
                fields: self.dialect.width,
            });
        }
    }
}

/// Line, column and beginning of the first cell that is text.
fn first_text(columns: &[ColumnBuilder]) -> Option<(u64, usize, String)> {
    let found = columns.iter().enumerate().filter_map(|(index, column)| {
        let (line, cell) = column.first_text()?;
        Some((line, index + 1, cell.to_owned()))
    });
    found.min_by_key(|&(line, column, _)| (line, column))
}
