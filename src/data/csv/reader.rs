use super::encoding::{Decoded, Decoder};
use super::rows::Rows;
use super::sample::LONGEST_LINE;
use super::{CsvError, Encoding, Format, Options, ReadTable, dialect, lines, preamble};
use crate::data::{Note, remarks};

/// Comments and blank lines above the rows that are longer than this are all there is.
const LONGEST_PREAMBLE: usize = 64 << 20;

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
    let mut reader = Reader::new(name, options);
    loop {
        if reader.feed(bytes)? == Fed::Again {
            continue;
        }
        if let Some(read) = reader.finish()? {
            return Ok(read);
        }
    }
}

/// Reads a table from the bytes of a file as they come, in pieces of any size. The pieces
/// make no difference to what is read.
///
/// Some files have to be read twice: what was taken for UTF-8 turns out to be none, or a
/// column begins with numbers and holds mostly words. The reader says so, remembers
/// what it has found, and takes the file from its first byte on again.
///
/// ```
/// use mixscope::data::csv::{Fed, Options, Reader};
///
/// let file = b"x,y\n1,2\n3,4\n5,7\n";
/// let mut reader = Reader::new("t.csv", &Options::default());
/// let read = 'again: loop {
///     for piece in file.chunks(5) {
///         if reader.feed(piece)? == Fed::Again {
///             continue 'again;
///         }
///     }
///     if let Some(read) = reader.finish()? {
///         break read;
///     }
/// };
/// assert_eq!(read.table.n_rows(), 3);
/// # Ok::<(), mixscope::data::csv::CsvError>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    name: String,
    options: Options,
    decoder: Decoder,
    /// Text that is not in the rows yet.
    text: String,
    /// So much text is needed to see how to read it, as far as known.
    enough: usize,
    /// `None` until that is known.
    rows: Option<Rows>,
    /// Bytes fed since the beginning of the file.
    bytes: u64,
    /// Found out by an earlier reading: the file is not UTF-8.
    not_utf8: bool,
    /// And these columns are text.
    words: Vec<usize>,
}

/// What a [`Reader`] wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fed {
    /// The bytes after these.
    More,
    /// The file from its first byte on again.
    Again,
}

/// How far a [`Reader`] has come, and what the whole file will come to if the rest is like
/// what was read. See [`Reader::outlook`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Rows of the whole file.
    pub rows: f64,
    /// Columns of numbers.
    pub numeric: usize,
    /// Bytes of the whole table in memory.
    pub table: f64,
    /// Bytes of its largest column.
    pub largest: f64,
}

impl Reader {
    /// Before the first byte of a file of this name.
    pub fn new(name: &str, options: &Options) -> Reader {
        Reader {
            name: name.to_owned(),
            options: *options,
            decoder: Decoder::new(false),
            text: String::new(),
            enough: LONGEST_LINE,
            rows: None,
            bytes: 0,
            not_utf8: false,
            words: Vec::new(),
        }
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    ///
    /// As [`read`]; nothing more can be read then.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, CsvError> {
        self.bytes += bytes.len() as u64;
        self.go_on(bytes, false)
    }

    /// After the last byte: the table, or `None` if the file has to be read again.
    ///
    /// # Errors
    ///
    /// As [`read`].
    pub fn finish(&mut self) -> Result<Option<ReadTable>, CsvError> {
        if self.go_on(&[], true)? == Fed::Again {
            return Ok(None);
        }
        let Some(rows) = self.rows.take() else {
            return Err(CsvError::Empty);
        };
        self.words = rows.misread();
        let encoding = self.decoder.encoding();
        if !self.words.is_empty() {
            self.restart();
            return Ok(None);
        }
        let dialect = rows.dialect();
        let format = Format {
            encoding,
            delimiter: dialect.delimiter,
            decimal: dialect.decimal,
            header: dialect.header,
        };
        let (table, mut notes) = rows.finish(&self.name)?;
        notes.extend(remarks(&table));
        if encoding == Encoding::Windows1252 {
            notes.insert(0, Note::NotUtf8);
        }
        Ok(Some(ReadTable {
            table,
            format,
            notes,
        }))
    }

    /// Rows read so far.
    pub fn n_rows(&self) -> usize {
        self.rows.as_ref().map_or(0, Rows::n_rows)
    }

    /// What a file of `size` bytes will come to; `None` before there are rows.
    pub fn outlook(&self, size: f64) -> Option<Outlook> {
        let rows = self.rows.as_ref().filter(|rows| rows.n_rows() > 0)?;
        let times = self.times(size);
        let bytes = rows.columns().iter().map(|column| column.bytes() as f64);
        Some(Outlook {
            rows: rows.n_rows() as f64 * times,
            numeric: rows.columns().iter().filter(|c| c.is_number()).count(),
            table: bytes.clone().sum::<f64>() * times,
            largest: bytes.fold(0.0, f64::max) * times,
        })
    }

    /// Makes room for a file of `size` bytes, so that columns need not grow by doubling. Where
    /// there is none, they grow as they can.
    pub fn reserve(&mut self, size: f64) {
        let times = self.times(size);
        for column in self.rows.iter_mut().flat_map(Rows::columns_mut) {
            column.reserve(times);
        }
    }

    /// How many times as much the whole file is as what is in the rows.
    fn times(&self, size: f64) -> f64 {
        let read = self.bytes as f64 - self.text.len() as f64;
        (size / read.max(1.0)).max(1.0)
    }

    /// Back to the first byte, with what was found out.
    fn restart(&mut self) {
        self.decoder = Decoder::new(self.not_utf8);
        self.text.clear();
        self.enough = LONGEST_LINE;
        self.rows = None;
        self.bytes = 0;
    }

    fn go_on(&mut self, bytes: &[u8], whole: bool) -> Result<Fed, CsvError> {
        let before = self.text.len();
        if self.decoder.push(bytes, whole, &mut self.text)? == Decoded::NotUtf8 {
            self.not_utf8 = true;
            self.restart();
            return Ok(Fed::Again);
        }
        if self.rows.is_none() {
            self.recognise(whole)?;
        }
        if let Some(rows) = &mut self.rows {
            let text = self.text.as_bytes();
            // A long record is not looked at again for every piece of it.
            let fresh = text.get(before..).unwrap_or(text);
            if !whole && text.len() < LONGEST_LINE && !fresh.iter().any(lines::is_end) {
                return Ok(Fed::More);
            }
            let done = rows.feed(text, whole)?;
            self.text.drain(..done);
        }
        Ok(Fed::More)
    }

    /// Looks at the beginning, once enough of it is there that more makes no difference.
    fn recognise(&mut self, whole: bool) -> Result<(), CsvError> {
        let text = &self.text[..];
        if !whole && text.len() <= self.enough {
            return Ok(());
        }
        self.decoder.check(text)?;
        if !whole {
            let end = preamble::end(text);
            if end >= LONGEST_PREAMBLE {
                let line = lines::count(&text.as_bytes()[..LONGEST_PREAMBLE]);
                return Err(CsvError::NoRows { line });
            }
            if text.len() <= end + LONGEST_LINE {
                self.enough = (end + LONGEST_LINE).max(2 * text.len());
                return Ok(());
            }
        }
        if text.trim().is_empty() {
            return Err(CsvError::Empty);
        }
        let dialect = dialect::recognise(text, &self.options)?;
        self.text.drain(..dialect.body);
        self.rows = Some(Rows::new(dialect, &self.words));
        Ok(())
    }
}
