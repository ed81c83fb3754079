use super::cell;
use super::dialect::Delimiter;
use super::lines;
use super::records::{Cut, Record, Splitter};

/// So many rows are looked at.
const SAMPLE_ROWS: usize = 200;
/// They are sought in so many bytes, and in more if lines are long.
const SAMPLE_BYTES: usize = 256 << 10;
/// A first line that is longer than this is not the line of a table.
pub(super) const LONGEST_LINE: usize = 4 << 20;

/// A line of blanks between rows is none of them.
pub(super) fn is_blank(record: &Record<'_>) -> bool {
    record.len() == 1 && record.get(0).is_some_and(|raw| cell::clean(raw).is_empty())
}

/// The first rows, blank lines left out.
pub(super) struct Sample<'t> {
    pub(super) records: Vec<Record<'t>>,
    /// Where each of them ends.
    pub(super) ends: Vec<usize>,
}

impl<'t> Sample<'t> {
    /// `None` if the first record does not end for megabytes. What comes more than
    /// [`LONGEST_LINE`] bytes after the beginning makes no difference.
    pub(super) fn of(bytes: &'t [u8], delimiter: Delimiter) -> Option<Self> {
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

    fn within(bytes: &'t [u8], size: usize, delimiter: Delimiter) -> Self {
        let part = &bytes[..size.min(bytes.len())];
        let whole = part.len() == bytes.len();
        let splitter = Splitter::new(delimiter);
        let mut sample = Self {
            records: Vec::new(),
            ends: Vec::new(),
        };
        let mut at = 0;
        while sample.records.len() < SAMPLE_ROWS {
            at += lines::line_ends(&part[at..]);
            if at == part.len() {
                break;
            }
            let mut record = Record::default();
            at = match splitter.cut(part, at, whole, &mut record) {
                Cut::Record(end) => end,
                // It ends with the text; the reader will say so.
                Cut::Open { .. } => part.len(),
                Cut::Unfinished => break,
            };
            if !is_blank(&record) {
                sample.records.push(record);
                sample.ends.push(at);
            }
        }
        sample
    }
}

/// The most frequent number of cells, and how many records have it; the larger of two
/// that are equally frequent.
pub(super) fn usual_width(records: &[Record<'_>]) -> (usize, usize) {
    let mut widths: Vec<usize> = records.iter().map(Record::len).collect();
    widths.sort_unstable();
    widths
        .chunk_by(|a, b| a == b)
        .map(|equal| (equal[0], equal.len()))
        .max_by_key(|&(width, count)| (count, width))
        .unwrap_or((1, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_without_end_gives_no_sample() {
        let text = "1,".repeat(LONGEST_LINE);
        assert!(Sample::of(text.as_bytes(), Delimiter::Comma).is_none());
    }

    #[test]
    fn blank_lines_are_no_records() {
        let sample = Sample::of(b"a,b\n\n  \n1,2\n", Delimiter::Comma);
        let sample = sample.expect("the text is short");
        assert_eq!(sample.records.len(), 2);
        assert_eq!(sample.ends, [4, 12]);
    }
}
