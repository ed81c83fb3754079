use ::csv::{ByteRecord, Reader, ReaderBuilder};

use super::cell;
use super::dialect::Delimiter;

/// So many rows are looked at.
const SAMPLE_ROWS: usize = 200;
/// They are sought in so many bytes, and in more if lines are long.
const SAMPLE_BYTES: usize = 256 << 10;
/// A first line that is longer than this is not the line of a table.
const LONGEST_LINE: usize = 4 << 20;

/// Splits a text into records, whatever their lengths.
pub(super) fn records(text: &[u8], delimiter: Delimiter) -> Reader<&[u8]> {
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

/// The first rows, blank lines left out.
pub(super) struct Sample {
    pub(super) records: Vec<ByteRecord>,
    /// Where each of them ends.
    pub(super) ends: Vec<usize>,
}

impl Sample {
    /// `None` if the first record does not end for megabytes.
    pub(super) fn of(bytes: &[u8], delimiter: Delimiter) -> Option<Self> {
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
pub(super) fn offset(record: &ByteRecord) -> usize {
    record
        .position()
        .map_or(0, |position| position.byte() as usize)
}

/// The most frequent number of cells, and how many records have it; the larger of two
/// that are equally frequent.
pub(super) fn usual_width(records: &[ByteRecord]) -> (usize, usize) {
    let mut widths: Vec<usize> = records.iter().map(ByteRecord::len).collect();
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
