use std::fmt;

use ::csv::{ByteRecord, Reader, ReaderBuilder};

use super::cell::{self, Cell};
use super::lines::Lines;
use super::{CsvError, Options};

/// So many rows are looked at.
const SAMPLE_ROWS: usize = 200;
/// They are sought in so many bytes, and in more if lines are long.
const SAMPLE_BYTES: usize = 256 << 10;
/// A first line that is longer than this is not the line of a table.
const LONGEST_LINE: usize = 4 << 20;
/// Names are cut to so many characters.
const LONGEST_NAME: usize = 200;

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
    fn byte(self) -> u8 {
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
    /// Line of the first row, or of what stands before it.
    pub(super) line: u64,
    /// Cells in most rows.
    pub(super) width: usize,
}

impl Dialect {
    /// Splits the text into records, whatever their lengths.
    pub(super) fn records<'a>(&self, text: &'a [u8]) -> Reader<&'a [u8]> {
        records(text, self.delimiter)
    }

    /// The byte between cells.
    pub(super) fn delimiter_byte(&self) -> u8 {
        self.delimiter.byte()
    }
}

fn records(text: &[u8], delimiter: Delimiter) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(text)
}

/// A line of blanks between rows is none of them.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    record.len() == 1 && cell::clean(&record[0]).is_empty()
}

/// Looks at the first rows; see the functions below for each question.
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
            line: lines.of(text.len()).max(1),
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
        line: 1,
        width,
    };
    if header {
        dialect.names = Some(names(first));
        dialect.header = Some(lines.of(start + offset(first)));
        dialect.body = start + sample.ends[0];
    } else if let (None, Some(comment)) = (options.header, preamble.comment) {
        // "# x,y" right above rows of numbers names them.
        let comment_names = comment_header(comment.text, delimiter, decimal, width);
        dialect.header = comment_names.as_ref().map(|_| comment.line);
        dialect.names = comment_names;
    }
    dialect.line = lines.of(dialect.body);

    let columns = width.max(dialect.names.as_ref().map_or(0, Vec::len));
    if columns > super::MAX_COLUMNS {
        let line = dialect.header.unwrap_or(dialect.line);
        return Err(CsvError::TooManyColumns { line, columns });
    }
    Ok(dialect)
}

/// What stands above the rows: a line `sep=;`, comments, blank lines.
struct Preamble<'a> {
    end: usize,
    delimiter: Option<Delimiter>,
    /// The comment right above the rows.
    comment: Option<Comment<'a>>,
}

struct Comment<'a> {
    text: &'a str,
    line: u64,
}

impl<'a> Preamble<'a> {
    fn of(text: &'a str) -> Self {
        let mut found = Self {
            end: 0,
            delimiter: None,
            comment: None,
        };
        let mut lines = Lines::new(text.as_bytes());
        let mut anything = false;
        while found.end < text.len() {
            let rest = &text[found.end..];
            let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
            // A tab may be a row of two empty cells, but not above everything else.
            let line = rest[..length].trim();
            if line.starts_with('#') && !is_missing_word(line) {
                found.comment = Some(Comment {
                    text: line,
                    line: lines.of(found.end),
                });
            } else if let (false, Some(delimiter)) = (anything, separator(&rest[..length])) {
                found.delimiter = Some(delimiter);
            } else if line.is_empty() {
                found.comment = None;
            } else {
                break;
            }
            anything |= !line.is_empty();
            found.end += length;
            found.end += super::lines::line_ends(&text.as_bytes()[found.end..]).min(
                if rest[length..].starts_with("\r\n") {
                    2
                } else {
                    1
                },
            );
        }
        found
    }
}

/// "#N/A,3" is a row and not a comment.
fn is_missing_word(line: &str) -> bool {
    let head = line.get(..3).unwrap_or_default();
    head.eq_ignore_ascii_case("#n/") || head.eq_ignore_ascii_case("#na")
}

/// The delimiter that a line `sep=;` names.
fn separator(line: &str) -> Option<Delimiter> {
    let line = line.trim_start();
    let line = line.trim_matches('"');
    if !line.get(..4)?.eq_ignore_ascii_case("sep=") {
        return None;
    }
    match line.as_bytes()[4..] {
        [b','] => Some(Delimiter::Comma),
        [b';'] => Some(Delimiter::Semicolon),
        [b'\t'] => Some(Delimiter::Tab),
        [b'|'] => Some(Delimiter::Bar),
        [byte] if byte.is_ascii_punctuation() || byte == b' ' => Some(Delimiter::Other(byte)),
        _ => None,
    }
}

/// The first rows, blank lines left out.
struct Sample {
    records: Vec<ByteRecord>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Sample {
    /// `None` if the first record does not end for megabytes.
    fn of(bytes: &[u8], delimiter: Delimiter) -> Option<Self> {
        let mut size = SAMPLE_BYTES;
        loop {
            let sample = Self::within(bytes, size, delimiter);
            let cut = size < bytes.len();
            if !cut || sample.records.len() > 2 {
                return Some(sample);
            }
            if size >= LONGEST_LINE {
                return Some(sample).filter(|sample| !sample.records.is_empty());
            }
            size *= 4;
        }
    }

    fn within(bytes: &[u8], size: usize, delimiter: Delimiter) -> Self {
        let part = &bytes[..size.min(bytes.len())];
        let mut reader = records(part, delimiter);
        let mut sample = Self {
            records: Vec::new(),
            ends: Vec::new(),
        };
        let mut record = ByteRecord::new();
        while sample.records.len() < SAMPLE_ROWS
            && reader.read_byte_record(&mut record).unwrap_or(false)
        {
            let end = reader.position().byte() as usize;
            // A record at the very end of a part may go on beyond it.
            if end >= part.len() && part.len() < bytes.len() {
                break;
            }
            if !is_blank(&record) {
                sample.records.push(record.clone());
                sample.ends.push(end);
            }
        }
        sample
    }
}

/// Where a record begins.
fn offset(record: &ByteRecord) -> usize {
    record
        .position()
        .map_or(0, |position| position.byte() as usize)
}

/// The most frequent number of cells, and how many records have it; the larger of two
/// that are equally frequent.
fn usual_width(records: &[ByteRecord]) -> (usize, usize) {
    let mut widths: Vec<usize> = records.iter().map(ByteRecord::len).collect();
    widths.sort_unstable();
    widths
        .chunk_by(|a, b| a == b)
        .map(|equal| (equal[0], equal.len()))
        .max_by_key(|&(width, count)| (count, width))
        .unwrap_or((1, 0))
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
fn share_of_numbers(records: &[ByteRecord], or_comma: bool) -> f64 {
    let (mut filled, mut numbers) = (0.0, 0.0);
    for raw in records
        .iter()
        .skip(usize::from(records.len() > 1))
        .flatten()
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
fn choose_decimal(records: &[ByteRecord], delimiter: Delimiter) -> (Decimal, Option<String>) {
    let (mut points, mut commas, mut groups) = (0usize, 0usize, 0usize);
    let mut either = None;
    for raw in records.iter().flatten() {
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

/// Does the first record name the columns? It does if it has text above numbers, and does
/// not if it has numbers above numbers, years excepted ([`names_years`]). Where no column
/// holds numbers below, it does unless there is a number in it.
fn has_header(records: &[ByteRecord], decimal: Decimal) -> bool {
    let Some((first, below)) = records.split_first() else {
        return false;
    };
    let says = |record: &ByteRecord, column: usize| {
        record
            .get(column)
            .map_or(Cell::Missing, |raw| cell::read(cell::clean(raw), decimal))
    };
    let (mut any_text, mut any_number, mut number_above) = (false, false, false);
    for column in 0..first.len() {
        let above = says(first, column);
        let mut balance = 0i32;
        for record in below {
            balance += match says(record, column) {
                Cell::Missing => 0,
                Cell::Text => -1,
                _ => 1,
            };
        }
        match above {
            Cell::Missing => {}
            Cell::Text if balance > 0 => return true,
            Cell::Text => any_text = true,
            _ => {
                any_number = true;
                number_above |= balance > 0;
            }
        }
    }
    if number_above {
        return names_years(first, below, decimal);
    }
    any_text && !any_number
}

/// Consecutive years above cells none of which could be a year: names, and not a row.
fn names_years(first: &ByteRecord, below: &[ByteRecord], decimal: Decimal) -> bool {
    let year = |raw: &[u8]| match cell::read(cell::clean(raw), decimal) {
        Cell::Number(value) if value.trunc() == value && (1500.0..2500.0).contains(&value) => {
            Some(value)
        }
        _ => None,
    };
    let years: Option<Vec<f64>> = first.iter().map(year).collect();
    years.is_some_and(|years| {
        years.len() > 1
            && years.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
            && below.len() > 1
            && below.iter().flatten().all(|raw| year(raw).is_none())
    })
}

fn names(record: &ByteRecord) -> Vec<String> {
    record
        .iter()
        .map(|raw| {
            cell::shorten(cell::clean(raw), LONGEST_NAME)
                .trim()
                .to_owned()
        })
        .collect()
}

/// The names in a comment, if it has one for every column.
fn comment_header(
    comment: &str,
    delimiter: Delimiter,
    decimal: Decimal,
    width: usize,
) -> Option<Vec<String>> {
    let inner = comment.trim_start_matches('#');
    let mut record = ByteRecord::new();
    let found = records(inner.as_bytes(), delimiter)
        .read_byte_record(&mut record)
        .unwrap_or(false);
    let words = record.iter().all(|raw| {
        matches!(
            cell::read(cell::clean(raw), decimal),
            Cell::Text | Cell::Missing
        )
    });
    (found && width > 1 && record.len() == width && words).then(|| {
        let mut names = names(&record);
        if let Some(first) = names.first_mut().filter(|name| name.is_empty()) {
            first.push('#');
        }
        names
    })
}
