use super::column::ColumnBuilder;
use super::dialect::Dialect;
use super::records::{Cut, Record, Splitter};
use super::{CsvError, lines, sample};
use crate::data::{Column, Note, Places, Table, Values};

/// So many notes about single columns are kept.
const COLUMN_NOTES: usize = 20;
/// A record that is longer than this is none; more likely a quote was forgotten.
const LONGEST_RECORD: usize = 64 << 20;

/// Takes rows into columns.
#[derive(Debug)]
pub(super) struct Rows {
    dialect: Dialect,
    splitter: Splitter,
    columns: Vec<ColumnBuilder>,
    n_rows: usize,
    /// Line to which the next byte belongs.
    line: u64,
    short: Places,
    long: Places,
}

impl Rows {
    /// Without rows yet; `words` are the columns known to be text.
    pub(super) fn new(dialect: Dialect, words: &[usize]) -> Self {
        let named = dialect.names.as_ref().map_or(0, Vec::len);
        let columns = (0..dialect.width.max(named))
            .map(|index| ColumnBuilder::new(dialect.decimal, words.contains(&index)))
            .collect();
        Self {
            splitter: Splitter::new(dialect.delimiter),
            line: dialect.begin,
            dialect,
            columns,
            n_rows: 0,
            short: Places::default(),
            long: Places::default(),
        }
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn columns(&self) -> &[ColumnBuilder] {
        &self.columns
    }

    pub(super) fn columns_mut(&mut self) -> &mut [ColumnBuilder] {
        &mut self.columns
    }

    /// Takes the records of a text that end in it, and says how many bytes these were: the
    /// rest is to be given again, with what comes after it. `whole` if nothing does.
    pub(super) fn feed(&mut self, text: &[u8], whole: bool) -> Result<usize, CsvError> {
        let mut record = Record::default();
        let mut at = 0;
        loop {
            let (blank, lines) = lines::skip(&text[at..], whole);
            at += blank;
            self.line += lines;
            if matches!(text[at..], [] | [b'\r']) {
                return Ok(at);
            }
            let cut = self.splitter.cut(text, at, whole, &mut record);
            let end = match cut {
                Cut::Record(end) => end,
                Cut::Unfinished | Cut::Open { .. } => text.len(),
            };
            if end - at > LONGEST_RECORD {
                return Err(self.too_long(&text[at..at + LONGEST_RECORD]));
            }
            match cut {
                Cut::Record(_) => {}
                Cut::Unfinished => return Ok(at),
                Cut::Open { at: quote, cell } => return Err(self.unclosed(&text[at..quote], cell)),
            }
            let raw = &text[at..end];
            if !sample::is_blank(&record) || self.is_lone_quotes(raw) {
                self.push(&record);
            }
            self.line += match record.has_quotes() {
                true => lines::count(raw),
                false => 1,
            };
            at = end;
        }
    }

    /// The quote after these bytes of the record, in this cell, is not closed.
    fn unclosed(&self, before: &[u8], cell: usize) -> CsvError {
        CsvError::UnclosedQuote {
            line: self.line + lines::count(before),
            column: cell + 1,
        }
    }

    /// These bytes are the beginning of the record.
    fn too_long(&self, head: &[u8]) -> CsvError {
        match self.splitter.cut(head, 0, true, &mut Record::default()) {
            Cut::Open { at, cell } => self.unclosed(&head[..at], cell),
            _ => CsvError::LineTooLong { line: self.line },
        }
    }

    /// In a single column, `""` is a cell without a value and not a blank line.
    fn is_lone_quotes(&self, raw: &[u8]) -> bool {
        self.columns.len() == 1 && raw.trim_ascii() == b"\"\""
    }

    fn push(&mut self, record: &Record<'_>) {
        let (expected, line) = (self.columns.len(), self.line);
        if record.len() != expected {
            let mut surplus = record.iter().skip(expected);
            if surplus.any(|raw| !raw.trim_ascii().is_empty()) {
                return self.long.add(|| line);
            }
            if record.len() < expected && record.len() != self.dialect.width {
                self.short.add(|| line);
            }
        }
        self.n_rows += 1;
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.push(record.get(index).unwrap_or_default(), line);
        }
    }

    /// Columns that were read as numbers and are text.
    pub(super) fn misread(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.is_misread())
            .map(|(index, _)| index)
            .collect()
    }

    /// The table, and what is to be said of it.
    pub(super) fn finish(mut self, name: &str) -> Result<(Table, Vec<Note>), CsvError> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Options, dialect};
    use super::*;

    /// What comes of a text whose rows are fed in pieces that are as long as `sizes` say.
    fn told(text: &str, sizes: &[usize]) -> String {
        let Ok(dialect) = dialect::recognise(text, &Options::default()) else {
            return String::new();
        };
        let body = &text.as_bytes()[dialect.body..];
        let mut rows = Rows::new(dialect, &[]);
        let (mut done, mut there) = (0, 0);
        for piece in 0.. {
            there = (there + sizes[piece % sizes.len()]).min(body.len());
            let whole = there == body.len();
            match rows.feed(&body[done..there], whole) {
                Ok(fed) => done += fed,
                Err(error) => return format!("{error:?}"),
            }
            if whole {
                break;
            }
        }
        assert_eq!(done, body.len());
        let columns = format!("{:?} {:?}", rows.columns, rows.line);
        columns + &format!("{:?}", rows.finish("t"))
    }

    proptest! {
        #[test]
        fn rows_are_the_same_wherever_the_text_is_cut(
            text in "(a,b\r?\n)?([12],|[0-9]{1,3}\\.[0-9]|\n|\r|\r\n|\"|\"\"|\"7\"|,|é){0,60}",
            sizes in proptest::collection::vec(1..9_usize, 1..9),
        ) {
            prop_assert_eq!(told(&text, &sizes), told(&text, &[usize::MAX >> 1]));
        }
    }
}
