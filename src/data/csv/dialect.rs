use std::fmt;

use super::cell::{self, Cell};
use super::header::{comment_header, has_header, names};
use super::lines::Lines;
use super::preamble::Preamble;
use super::records::Record;
use super::sample::{Sample, usual_width};
use super::{CsvError, Options};

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delimiter {
    /// A comma.
    Comma,
    /// A semicolon.
    Semicolon,
    /// A tab.
    Tab,
    /// A vertical bar.
    Bar,
    /// Another ASCII character, named by a first line such as `sep=:`.
    Other(u8),
    /// Nothing: a single column.
    None,
}

/// What stands before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// 1.5
    Point,
    /// 1,5
    Comma,
}

impl Delimiter {
    pub(super) fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Bar => b'|',
            Delimiter::Other(byte) => byte,
            // "Unit separator": no file that is text and a single column has it.
            Delimiter::None => 0x1f,
        }
    }
}

impl Decimal {
    pub(super) fn sign(self) -> u8 {
        match self {
            Decimal::Point => b'.',
            Decimal::Comma => b',',
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delimiter::Comma => f.write_str("separated by commas"),
            Delimiter::Semicolon => f.write_str("separated by semicolons"),
            Delimiter::Tab => f.write_str("separated by tabs"),
            Delimiter::Bar => f.write_str("separated by bars"),
            Delimiter::Other(byte) => write!(f, "separated by “{}”", char::from(*byte)),
            Delimiter::None => f.write_str("a single column"),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decimal::Point => "decimal point",
            Decimal::Comma => "decimal comma",
        })
    }
}

/// How the rows of a text are to be read.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) decimal: Decimal,
    /// A cell that may have been meant otherwise, where commas were taken for decimal commas.
    pub(super) doubtful: Option<String>,
    /// Names of the columns, as many as the line has; those not given are empty.
    pub(super) names: Option<Vec<String>>,
    /// The line they are in.
    pub(super) header: Option<u64>,
    /// Offset of the first row.
    pub(super) body: usize,
    /// Line to which the byte at that offset belongs.
    pub(super) begin: u64,
    /// Line of the first row, or of what stands before it.
    pub(super) line: u64,
    /// Cells in most rows.
    pub(super) width: usize,
}

/// Looks at the first rows; see the functions below for each question. What comes more than
/// [`LONGEST_LINE`](super::sample::LONGEST_LINE) bytes after the preamble makes no difference.
///
/// # Errors
///
/// [`CsvError::LineTooLong`] for a first line of megabytes, [`CsvError::NoRows`] where
/// nothing but comments is found, [`CsvError::TooManyColumns`].
pub(super) fn recognise(text: &str, options: &Options) -> Result<Dialect, CsvError> {
    let preamble = Preamble::of(text);
    let start = preamble.end;
    let bytes = &text.as_bytes()[start..];
    let mut lines = Lines::new(text.as_bytes());
    let too_long = |lines: &mut Lines<'_>| CsvError::LineTooLong {
        line: lines.of(start),
    };

    let delimiter = match options.delimiter.or(preamble.delimiter) {
        Some(delimiter) => delimiter,
        None => choose_delimiter(bytes).ok_or_else(|| too_long(&mut lines))?,
    };
    let sample = Sample::of(bytes, delimiter).ok_or_else(|| too_long(&mut lines))?;
    let Some(first) = sample.records.first() else {
        return Err(CsvError::NoRows {
            line: lines.of(text.trim_end().len().saturating_sub(1)),
        });
    };
    let (decimal, doubtful) = match options.decimal {
        Some(decimal) => (decimal, None),
        None => choose_decimal(&sample.records, delimiter),
    };

    let header = options
        .header
        .unwrap_or_else(|| has_header(&sample.records, decimal));
    let below = if sample.records.len() > 1 {
        &sample.records[1..]
    } else {
        &sample.records[..]
    };
    let (width, _) = usual_width(below);
    let mut dialect = Dialect {
        delimiter,
        decimal,
        doubtful,
        names: None,
        header: None,
        body: start,
        begin: 1,
        line: 1,
        width,
    };
    if header {
        dialect.names = Some(names(first));
        dialect.header = Some(lines.of(start + first.start));
        dialect.body = start + sample.ends[0];
    } else if let (None, Some(comment)) = (options.header, preamble.comment) {
        // "# x,y" right above rows of numbers names them.
        let comment_names = comment_header(comment.text, delimiter, decimal, width);
        dialect.header = comment_names.as_ref().map(|_| comment.line);
        dialect.names = comment_names;
    }
    dialect.begin = lines.at(dialect.body);
    dialect.line = lines.of(dialect.body);

    let columns = width.max(dialect.names.as_ref().map_or(0, Vec::len));
    if columns > super::MAX_COLUMNS {
        let line = dialect.header.unwrap_or(dialect.line);
        return Err(CsvError::TooManyColumns { line, columns });
    }
    Ok(dialect)
}

/// The delimiter that cuts the first rows into equally many cells, and most of them into
/// numbers; `None` if the first line does not end.
fn choose_delimiter(bytes: &[u8]) -> Option<Delimiter> {
    let single = Sample::of(bytes, Delimiter::None)?;
    let mut best = (Delimiter::None, share_of_numbers(&single.records, true));
    for delimiter in [
        Delimiter::Comma,
        Delimiter::Semicolon,
        Delimiter::Tab,
        Delimiter::Bar,
    ] {
        let Some(sample) = Sample::of(bytes, delimiter) else {
            continue;
        };
        let (width, count) = usual_width(&sample.records);
        if width < 2 {
            continue;
        }
        let consistency = count as f64 / sample.records.len() as f64;
        let numbers = share_of_numbers(&sample.records, delimiter != Delimiter::Comma);
        let quality = consistency * (0.5 + 0.5 * numbers);
        // Of a single column and several that are as good, several.
        if quality > best.1 || quality == best.1 && best.0 == Delimiter::None {
            best = (delimiter, quality);
        }
    }
    Some(best.0)
}

/// Of the cells below the first row that have a value, how many are numbers.
fn share_of_numbers(records: &[Record<'_>], or_comma: bool) -> f64 {
    let (mut filled, mut numbers) = (0.0, 0.0);
    for raw in records
        .iter()
        .skip(usize::from(records.len() > 1))
        .flat_map(Record::iter)
    {
        let cell = cell::clean(raw);
        let mut said = cell::read(cell, Decimal::Point);
        if said == Cell::Text && or_comma {
            said = cell::read(cell, Decimal::Comma);
        }
        if said != Cell::Missing {
            filled += 1.0;
            numbers += f64::from(u8::from(said != Cell::Text));
        }
    }
    if filled == 0.0 { 0.0 } else { numbers / filled }
}

/// Point or comma, by the spellings that allow only one of them. "1,000" allows both: it
/// is a thousand in a file separated by commas or with points elsewhere, and 1 otherwise;
/// then the cell is given too, since that is a guess.
fn choose_decimal(records: &[Record<'_>], delimiter: Delimiter) -> (Decimal, Option<String>) {
    let (mut points, mut commas, mut groups) = (0usize, 0usize, 0usize);
    let mut either = None;
    for raw in records.iter().flat_map(Record::iter) {
        let cell = cell::clean(raw);
        let has = |byte| cell.contains(&byte);
        match (
            cell::read(cell, Decimal::Point),
            cell::read(cell, Decimal::Comma),
        ) {
            (Cell::Number(_), Cell::Text) if has(b'.') => points += 1,
            (Cell::Text, Cell::Number(_)) if has(b',') => commas += 1,
            (Cell::Thousands(_), Cell::Number(_)) => either = either.or(Some(cell)),
            (Cell::Thousands(_), Cell::Text) => groups += 1,
            _ => {}
        }
    }
    let comma = match (
        commas > points,
        points + groups > 0 || delimiter == Delimiter::Comma,
    ) {
        (true, _) => true,
        (false, true) => false,
        (false, false) => either.is_some(),
    };
    if !comma {
        return (Decimal::Point, None);
    }
    let doubtful = either.filter(|_| commas == 0);
    (Decimal::Comma, doubtful.map(|cell| cell::shorten(cell, 40)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Dialect {
        recognise(text, &Options::default()).expect("a table")
    }

    #[test]
    fn decimal_commas_do_not_separate() {
        for text in ["x;y\n3,86;4,35\n0,2;-2,29\n", "3,86;4,35\n0,2;-2,29\n"] {
            let dialect = seen(text);
            assert_eq!(dialect.delimiter, Delimiter::Semicolon);
            assert_eq!(dialect.decimal, Decimal::Comma);
        }
    }

    #[test]
    fn a_single_column_may_have_decimal_commas() {
        let dialect = seen("x\n3,86\n0,2\n1,5\n");
        assert_eq!(dialect.delimiter, Delimiter::None);
        assert_eq!(dialect.decimal, Decimal::Comma);
    }

    #[test]
    fn two_columns_of_integers_are_not_one_of_decimals() {
        assert_eq!(seen("1,2\n3,4\n5,6\n").delimiter, Delimiter::Comma);
    }

    #[test]
    fn delimiters_within_quotes_do_not_count() {
        let dialect = seen("a|b\n\"1;2;3\"|4\n\"5;6;7\"|8\n");
        assert_eq!(dialect.delimiter, Delimiter::Bar);
    }

    #[test]
    fn a_comma_that_may_separate_thousands_is_doubtful() {
        let dialect = seen("x;y\n1,000;2,000\n3,000;4,000\n");
        assert_eq!(dialect.decimal, Decimal::Comma);
        assert_eq!(dialect.doubtful.as_deref(), Some("1,000"));
        let dialect = seen("x;y\n1,000;2.5\n3,000;4.5\n");
        assert_eq!(dialect.decimal, Decimal::Point);
    }

    #[test]
    fn what_the_caller_knows_is_not_questioned() {
        let options = Options {
            delimiter: Some(Delimiter::Tab),
            decimal: Some(Decimal::Comma),
            header: Some(true),
        };
        let dialect = recognise("1,2\n3,4\n", &options).expect("a table");
        assert_eq!(dialect.width, 1);
        assert_eq!(dialect.names, Some(vec!["1,2".to_owned()]));
    }
}
