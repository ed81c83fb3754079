use super::dialect::Delimiter;

/// The cells of one record, where they lie in the text that it was cut from.
#[derive(Clone, Debug, Default)]
pub(super) struct Record<'t> {
    text: &'t [u8],
    /// Where it begins in the text.
    pub(super) start: usize,
    cells: Vec<Span>,
    /// Cells that do not stand in the text as they are meant.
    mended: Vec<u8>,
    quotes: bool,
}

/// A part of the text, or of what was mended.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    mended: bool,
}

impl<'t> Record<'t> {
    /// Was any of its cells in quotes?
    pub(super) fn has_quotes(&self) -> bool {
        self.quotes
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// A cell without its quotes.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        self.cells.get(index).map(|&span| self.cell(span))
    }

    /// All cells in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.cells.iter().map(|&span| self.cell(span))
    }

    #[inline]
    fn cell(&self, span: Span) -> &[u8] {
        let within = if span.mended {
            &self.mended[..]
        } else {
            self.text
        };
        within.get(span.start..span.end).unwrap_or_default()
    }

    fn begin(&mut self, text: &'t [u8], start: usize) {
        self.text = text;
        self.start = start;
        self.cells.clear();
        self.mended.clear();
        self.quotes = false;
    }

    #[inline]
    fn add(&mut self, start: usize, end: usize) {
        self.cells.push(Span {
            start,
            end,
            mended: false,
        });
    }
}

/// What cutting a record off a text has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A record; the next one begins at this offset or after line ends.
    Record(usize),
    /// The record may go on beyond the end of the text.
    Unfinished,
    /// The text ends within quotes that were opened in this cell at this offset.
    Open {
        /// Offset of the quote.
        at: usize,
        /// The cell, from 0.
        cell: usize,
    },
}

/// Cuts records into cells, as RFC 4180 has it and with what one meets besides: a quote opens
/// only at the very beginning of a cell, two within are one, and a cell may go on after its
/// closing quote.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    /// The bytes that a search for the end of a cell stops at.
    stops: [bool; 256],
}

impl Splitter {
    pub(super) fn new(delimiter: Delimiter) -> Self {
        let delimiter = delimiter.byte();
        let mut stops = [false; 256];
        for byte in [delimiter, b'\n', b'\r', b'"'] {
            stops[usize::from(byte)] = true;
        }
        Self { delimiter, stops }
    }

    /// Cuts the record that begins at `at`, which is no line end; `whole` if nothing comes
    /// after the text. The record is filled also where quotes stay open.
    pub(super) fn cut<'t>(
        &self,
        text: &'t [u8],
        at: usize,
        whole: bool,
        record: &mut Record<'t>,
    ) -> Cut {
        record.begin(text, at);
        let (mut start, mut at) = (at, at);
        loop {
            while let Some(&byte) = text.get(at)
                && !self.stops[usize::from(byte)]
            {
                at += 1;
            }
            match text.get(at) {
                None if !whole => return Cut::Unfinished,
                None => {
                    record.add(start, at);
                    return Cut::Record(at);
                }
                Some(b'"') if at == start => match self.quoted(text, at, record) {
                    Some(end) => {
                        at = end;
                        match text.get(at) {
                            Some(&byte) if byte == self.delimiter => {
                                at += 1;
                                start = at;
                            }
                            _ => return line_end(text, at, whole),
                        }
                    }
                    None if !whole => return Cut::Unfinished,
                    None => {
                        let cell = record.len();
                        record.add(start + 1, text.len());
                        return Cut::Open { at: start, cell };
                    }
                },
                Some(b'"') => at += 1,
                Some(&byte) => {
                    record.add(start, at);
                    if byte != self.delimiter {
                        return line_end(text, at, whole);
                    }
                    at += 1;
                    start = at;
                }
            }
        }
    }

    /// Adds the cell whose quote opens at `open`, and says where it ends: before a delimiter, a
    /// line end or the end of the text. `None` if the quote is not closed.
    #[cold]
    fn quoted(&self, text: &[u8], open: usize, record: &mut Record<'_>) -> Option<usize> {
        record.quotes = true;
        let mut doubled = false;
        let mut close = open + 1;
        loop {
            close += text[close..].iter().position(|&byte| byte == b'"')?;
            if text.get(close + 1) != Some(&b'"') {
                break;
            }
            doubled = true;
            close += 2;
        }
        let rest = close + 1;
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let end = text[rest..].iter().position(ends);
        let end = end.map_or(text.len(), |length| rest + length);
        if !doubled && rest == end {
            record.add(open + 1, close);
            return Some(end);
        }
        let start = record.mended.len();
        let mut quote = false;
        for &byte in &text[open + 1..close] {
            quote = byte == b'"' && !quote;
            if !quote {
                record.mended.push(byte);
            }
        }
        let rest = &text[rest..end];
        record.mended.extend_from_slice(rest);
        if rest.iter().any(|byte| !matches!(byte, b' ' | b'\t')) && !rest.contains(&b'"') {
            // `"4"5` is no 45: with a quote it cannot pass for a number.
            record.mended.push(b'"');
        }
        record.cells.push(Span {
            start,
            end: record.mended.len(),
            mended: true,
        });
        Some(end)
    }
}

/// The end of a record before the line end at `at`. CR may be the first half of CR LF.
#[inline]
fn line_end(text: &[u8], at: usize, whole: bool) -> Cut {
    match (text.get(at), text.get(at + 1)) {
        (None, _) | (Some(b'\r'), None) if !whole => Cut::Unfinished,
        (None, _) => Cut::Record(at),
        (Some(b'\r'), Some(b'\n')) => Cut::Record(at + 2),
        _ => Cut::Record(at + 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lines::line_ends;
    use super::*;

    /// All records of a text, and what the last cut said.
    fn all(text: &str) -> (Vec<Vec<String>>, Option<Cut>) {
        let splitter = Splitter::new(Delimiter::Comma);
        let (bytes, mut at, mut records) = (text.as_bytes(), 0, Vec::new());
        let mut record = Record::default();
        loop {
            at += line_ends(&bytes[at..]);
            if at == bytes.len() {
                return (records, None);
            }
            let cut = splitter.cut(bytes, at, true, &mut record);
            let cells = record
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).into_owned());
            records.push(cells.collect());
            match cut {
                Cut::Record(end) => at = end,
                other => return (records, Some(other)),
            }
        }
    }

    #[test]
    fn an_unclosed_quote_is_found_with_its_cell() {
        assert_eq!(all("3,\"4\n5,6\n").1, Some(Cut::Open { at: 2, cell: 1 }));
    }

    #[test]
    fn doubled_quotes_and_delimiters_within_are_content() {
        let (records, cut) = all("2,\"said \"\"hi\"\", twice\",\"\"\n");
        assert_eq!(records, [["2", "said \"hi\", twice", ""]]);
        assert_eq!(cut, None);
    }

    #[test]
    fn a_quote_within_a_bare_cell_opens_nothing() {
        assert_eq!(all("3,4\"5\n").0, [["3", "4\"5"]]);
    }

    #[test]
    fn text_after_a_closing_quote_keeps_a_quote() {
        assert_eq!(all("1,\"4\"5\n2,\"4\" \n").0, [["1", "45\""], ["2", "4 "]]);
    }

    #[test]
    fn a_record_whose_end_is_not_there_yet_is_unfinished() {
        let splitter = Splitter::new(Delimiter::Comma);
        for text in ["1,2", "1,\"2", "1,\"2\"", "1,2\r", "1,"] {
            let cut = splitter.cut(text.as_bytes(), 0, false, &mut Record::default());
            assert_eq!(cut, Cut::Unfinished, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(
            text in "([12a\"]|,|\n|\r|\r\n|\"\"|\"1\"|,\"){0,40}"
        ) {
            let (found, cut) = all(&text);
            let mut reader = ::csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.expect("the text is UTF-8").iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(found.len(), expected.len());
            let complete = found.len() - usize::from(cut.is_some());
            for (found, expected) in found.iter().zip(&expected).take(complete) {
                prop_assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    // But for the quote that marks what goes on after a closing quote.
                    prop_assert!(found == expected || found.strip_suffix('"') == Some(expected));
                }
            }
        }
    }
}
