//! A file that comes in pieces, cut anywhere, gives what it gives in one piece.

use std::fmt::Write;
use std::path::Path;

use mixscope::data::csv::{CsvError, Fed, Options, ReadTable, Reader, read};
use mixscope::data::{Column, Values};
use proptest::prelude::*;

/// Reads a file whose pieces are as long as `size` says of each.
fn in_pieces(bytes: &[u8], size: impl Fn(usize) -> usize) -> Result<ReadTable, CsvError> {
    let mut reader = Reader::new("t", &Options::default());
    let mut readings = 0;
    'again: loop {
        readings += 1;
        assert!(readings < 4, "a file is read at most three times");
        let mut rest = bytes;
        let mut piece = 0;
        while !rest.is_empty() {
            let (now, then) = rest.split_at(size(piece).clamp(1, rest.len()));
            if reader.feed(now)? == Fed::Again {
                continue 'again;
            }
            rest = then;
            piece += 1;
        }
        if let Some(read) = reader.finish()? {
            return Ok(read);
        }
    }
}

/// Everything that can be told of a table, numbers to the last bit.
fn told(read: &Result<ReadTable, CsvError>) -> String {
    let read = match read {
        Ok(read) => read,
        Err(error) => return format!("{error:?}"),
    };
    let mut told = format!("{}\n{:?}\n", read.format, read.notes);
    for column in read.table.columns() {
        let _ = write!(told, "{:?} {:?}", column.name(), column.kind());
        match column.values() {
            Values::Number(values) => {
                for value in values {
                    let _ = write!(told, " {:x}", value.to_bits());
                }
            }
            Values::Text(cells) => {
                let _ = write!(told, "{cells:?}");
            }
        }
        told.push('\n');
    }
    told
}

fn hostile() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/csv");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|kind| kind != "json"))
        .map(|path| {
            let bytes = std::fs::read(&path).expect("the file is there");
            (path.display().to_string(), bytes)
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), 61);
    files
}

#[test]
fn every_hostile_file_gives_the_same_byte_by_byte() {
    for (name, bytes) in hostile() {
        let whole = told(&read("t", &bytes));
        assert_eq!(told(&in_pieces(&bytes, |_| 1)), whole, "{name}");
    }
}

/// A file that is longer than what the dialect is recognised from, with whatever needs more
/// than one byte to be understood, from its first row to its last.
fn long(line_end: &str, word: &str, last: &str) -> String {
    let mut text = format!("größe,y,name{line_end}");
    let mut row = 0;
    while text.len() < 5 << 20 {
        row += 1;
        let _ = write!(
            text,
            "{}.{},\"1,{:03}.5\",\"{word} \"\"{row}\"\"{line_end}x\"{line_end}",
            row % 97,
            row % 13,
            row % 1000
        );
        if row % 1000 == 0 {
            let _ = write!(text, "{line_end}{row},oops{line_end}1,2,3,4{line_end}");
        }
    }
    text + last
}

#[test]
fn a_long_file_gives_the_same_in_pieces() {
    for (line_end, word, last) in [
        ("\n", "€", "1,2,\"é\""),
        ("\r\n", "x", "1,2,3\r\n\u{1a}"),
        ("\r", "\u{1f600}", "1,2,\"open"),
    ] {
        let text = long(line_end, word, last);
        let whole = told(&read("t", text.as_bytes()));
        assert!(whole.len() > 1_000_000 || last.contains("open"), "{whole}");
        for size in [7, 4096, 65_521, 1 << 20, 3 << 20] {
            let pieces = told(&in_pieces(text.as_bytes(), |piece| size + piece % 3));
            assert!(pieces == whole, "{line_end:?} in pieces of {size}");
        }
    }
}

#[test]
fn a_long_file_that_turns_out_not_to_be_utf8_is_read_again() {
    let mut bytes = long("\n", "x", "").into_bytes();
    bytes.extend_from_slice(b"1,2,\xe9\n");
    let read = in_pieces(&bytes, |_| 1 << 18).expect("a table");
    // The two bytes of the first name were no UTF-8 either, then.
    assert_eq!(read.table.columns()[0].name(), "grÃ¶ÃŸe");
    assert_eq!(read.format.encoding.to_string(), "Windows-1252");
}

#[test]
fn a_long_column_that_turns_out_to_be_text_is_read_again() {
    let text = format!(
        "code,x\n{}{}",
        "007,1.5\n".repeat(700_000),
        "A7,2\n".repeat(700_001)
    );
    let read = in_pieces(text.as_bytes(), |_| 1 << 18).expect("a table");
    let Values::Text(cells) = read.table.columns()[0].values() else {
        panic!("codes are text");
    };
    assert_eq!(cells.get(0), Some("007"));
    assert_eq!(read.table.columns()[1].n_rows(), 1_400_001);
}

#[test]
fn a_file_of_blank_lines_ends_even_if_the_lines_do_not() {
    let mut reader = Reader::new("t", &Options::default());
    let blank = vec![b'\n'; 1 << 20];
    let error = (0..100).find_map(|_| reader.feed(&blank).err());
    assert!(matches!(error, Some(CsvError::NoRows { .. })), "{error:?}");
}

#[test]
fn a_quote_that_stays_open_for_megabytes_is_not_kept_for_ever() {
    let mut reader = Reader::new("t", &Options::default());
    let table = "1,2\n3,4\n".repeat(1 << 20);
    reader.feed(table.as_bytes()).expect("rows of numbers");
    reader
        .feed(b"1,\"2\n")
        .expect("a quote may be closed later");
    let more = "a,b\n".repeat(1 << 20);
    let error = (0..30).find_map(|_| reader.feed(more.as_bytes()).err());
    let line = 2 * (1 << 20) + 1;
    assert_eq!(error, Some(CsvError::UnclosedQuote { line, column: 2 }));
}

#[test]
fn the_outlook_after_a_part_is_that_of_the_whole() {
    let text = "x,y,name\n".to_owned() + &"1.5,2.25,abc\n7.5,1.25,def\n".repeat(500_000);
    let mut reader = Reader::new("t", &Options::default());
    assert_eq!(reader.outlook(1e6), None);
    let size = text.len() as f64;
    let (part, rest) = text.as_bytes().split_at(6 << 20);
    reader.feed(part).expect("rows");
    let outlook = reader.outlook(size).expect("there are rows");
    assert!((outlook.rows / 1e6 - 1.0).abs() < 1e-3, "{outlook:?}");
    assert_eq!(outlook.numeric, 2);
    reader.reserve(size);
    reader.feed(rest).expect("rows");
    let table = reader.finish().expect("a table").expect("read once").table;
    assert_eq!(table.n_rows(), 1_000_000);
    let bytes = 16e6 + 3e6 + (1_000_000 * size_of::<usize>()) as f64;
    assert!((outlook.table / bytes - 1.0).abs() < 1e-2, "{outlook:?}");
    assert!(table.columns().iter().all(|c| Column::missing(c) == 0));
}

proptest! {
    #[test]
    fn hostile_files_give_the_same_in_pieces_of_any_size(
        sizes in proptest::collection::vec(1..200_usize, 1..40)
    ) {
        for (name, bytes) in hostile() {
            let whole = told(&read("t", &bytes));
            let pieces = told(&in_pieces(&bytes, |piece| sizes[piece % sizes.len()]));
            prop_assert_eq!(pieces, whole, "{}", name);
        }
    }
}
