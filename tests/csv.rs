//! Hostile and odd files, each against what it should give (`tests/csv/expectations.json`),
//! and large ones that are made here.

use std::path::{Path, PathBuf};

use mixscope::data::csv::{CsvError, ReadTable, read};
use mixscope::data::{Column, ColumnKind, Note, Table, Values};
use proptest::prelude::*;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/csv")
}

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).expect("the file is there")
}

fn outcome(file: &str) -> Result<ReadTable, CsvError> {
    read(file, &bytes(file))
}

fn table(file: &str) -> Table {
    outcome(file).expect("the file can be read").table
}

fn numbers(column: &Column) -> &[f64] {
    column.numbers().unwrap_or_default()
}

fn kinds(table: &Table, wanted: &[ColumnKind]) -> Vec<String> {
    let columns = table.columns().iter();
    columns
        .filter(|column| wanted.contains(&column.kind()))
        .map(|column| column.name().to_owned())
        .collect()
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Equal numbers, or both missing.
fn same(found: f64, expected: &Value) -> bool {
    expected.as_f64().map_or(found.is_nan(), |expected| {
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    })
}

/// The expectations that a table does not meet.
fn unmet(read: &ReadTable, expect: &Value) -> Vec<String> {
    let table = &read.table;
    let mut unmet = Vec::new();
    let mut check = |claim: &str, found: String, met: bool| {
        if !met {
            unmet.push(format!(
                "{claim}: expected {}, found {found}",
                expect[claim]
            ));
        }
    };
    let row = |index: usize| -> Vec<f64> {
        let columns = table.columns().iter();
        columns.map(|column| numbers(column)[index]).collect()
    };
    for (claim, expected) in expect.as_object().expect("expectations are an object") {
        let list = expected.as_array();
        match claim.as_str() {
            _ if expected.is_null() => {}
            "n_rows" => check(
                claim,
                table.n_rows().to_string(),
                *expected == table.n_rows(),
            ),
            "n_cols" => check(
                claim,
                table.n_columns().to_string(),
                *expected == table.n_columns(),
            ),
            "header" => {
                let found = read.format.header.is_some();
                check(claim, found.to_string(), *expected == found);
            }
            "names" => {
                let found = kinds(
                    table,
                    &[
                        ColumnKind::Number,
                        ColumnKind::Constant,
                        ColumnKind::Text,
                        ColumnKind::Empty,
                    ],
                );
                let expected = list.expect("names are a list");
                let met = found.len() == expected.len()
                    && std::iter::zip(&found, expected)
                        .all(|(found, expected)| expected.is_null() || expected == found);
                check(claim, format!("{found:?}"), met);
            }
            "first_row" | "last_row" => {
                let index = if claim == "first_row" {
                    0
                } else {
                    table.n_rows() - 1
                };
                let found = row(index);
                let expected = list.expect("a row is a list");
                let met = found.len() == expected.len()
                    && std::iter::zip(&found, expected).all(|(&found, e)| same(found, e));
                check(claim, format!("{found:?}"), met);
            }
            "column_sums" => {
                let expected = list.expect("sums are a list");
                let found: Vec<f64> = table
                    .columns()
                    .iter()
                    .map(|column| numbers(column).iter().filter(|x| !x.is_nan()).sum())
                    .collect();
                let met = found.len() == expected.len()
                    && std::iter::zip(&found, expected)
                        .all(|(&found, sum)| sum.is_null() || same(found, sum));
                check(claim, format!("{found:?}"), met);
            }
            "missing_per_column" => {
                let found: Vec<usize> = table.columns().iter().map(Column::missing).collect();
                check(
                    claim,
                    format!("{found:?}"),
                    *expected == Value::from(found.clone()),
                );
            }
            "numeric_columns" => {
                let found = kinds(table, &[ColumnKind::Number, ColumnKind::Constant]);
                check(claim, format!("{found:?}"), strings(expected) == found);
            }
            "text_columns" => {
                let found = kinds(table, &[ColumnKind::Text]);
                check(claim, format!("{found:?}"), strings(expected) == found);
            }
            "constant_columns" => {
                let found = kinds(table, &[ColumnKind::Constant]);
                check(claim, format!("{found:?}"), strings(expected) == found);
            }
            "all_missing_columns" => {
                let found = kinds(table, &[ColumnKind::Empty]);
                check(claim, format!("{found:?}"), strings(expected) == found);
            }
            "distinct_names" => {
                let names: std::collections::HashSet<&str> =
                    table.columns().iter().map(Column::name).collect();
                check(
                    claim,
                    format!("{names:?}"),
                    *expected == (names.len() == table.n_columns()),
                );
            }
            "rows_all_missing" => {
                let found = (0..table.n_rows())
                    .filter(|&index| row(index).iter().all(|x| x.is_nan()))
                    .count();
                check(claim, found.to_string(), *expected == found);
            }
            "non_finite" => {
                let found: usize = read
                    .notes
                    .iter()
                    .map(|note| match note {
                        Note::Infinite { places, .. } => places.count,
                        _ => 0,
                    })
                    .sum();
                check(claim, found.to_string(), *expected == found);
            }
            "certain_numbers" => {
                let certain = expected.as_object().expect("spellings and numbers");
                let found = numbers(&table.columns()[0]);
                let met = std::iter::zip(found, certain_order(certain))
                    .all(|(&found, expected)| same(found, expected))
                    && found[certain.len()..].iter().all(|x| x.is_nan());
                check(claim, format!("{found:?}"), met);
            }
            "exact_doubles" => {
                let expected: Vec<u64> = list
                    .expect("a list")
                    .iter()
                    .filter_map(|x| Some(x.as_f64()?.to_bits()))
                    .collect();
                let found = numbers(&table.columns()[0]);
                let bits: Vec<u64> = found.iter().map(|x| x.to_bits()).collect();
                check(claim, format!("{found:?}"), bits == expected);
            }
            "rows_with_right_width" => {
                let odd: usize = read
                    .notes
                    .iter()
                    .map(|note| match note {
                        Note::ShortRows { places, .. } | Note::LongRows { places, .. } => {
                            places.count
                        }
                        _ => 0,
                    })
                    .sum();
                // Four rows are in the file.
                check(claim, (4 - odd).to_string(), *expected == 4 - odd);
            }
            other => check(other, "a claim that this test does not know".into(), false),
        }
    }
    unmet
}

/// The certain spellings in the order of the rows of `number_formats.csv`.
fn certain_order(certain: &serde_json::Map<String, Value>) -> Vec<&Value> {
    let text = String::from_utf8(bytes("number_formats.csv")).expect("the file is UTF-8");
    let rows = text.lines().skip(1).take(certain.len());
    rows.map(|spelling| &certain[spelling]).collect()
}

#[test]
fn every_file_gives_what_is_expected() {
    let text = String::from_utf8(bytes("expectations.json")).expect("expectations are UTF-8");
    let expectations: Value = serde_json::from_str(&text).expect("expectations are JSON");
    let cases = expectations["cases"].as_array().expect("there are cases");
    assert_eq!(cases.len(), 61);
    let mut failures = Vec::new();
    for case in cases {
        let file = case["file"].as_str().expect("a case names its file");
        let expected = case["outcome"].as_str().expect("a case has an outcome");
        assert_eq!(case["bytes"], bytes(file).len(), "{file} has changed");
        let unmet = match (outcome(file), expected) {
            (Ok(read), "ok") if !read.notes.is_empty() => {
                vec![format!("complains: {:?}", read.notes)]
            }
            (Ok(read), "warn") if read.notes.is_empty() => vec!["does not warn".into()],
            (Ok(_), "error") => vec!["is read".into()],
            (Ok(read), _) => unmet(&read, &case["expect"]),
            (Err(_), "error") => Vec::new(),
            // "error with line number, or the bad row reported": whatever comes after the
            // quote is part of a cell that never ends, so an error is the honest answer.
            (Err(CsvError::UnclosedQuote { line: 3, .. }), "warn")
                if file == "unclosed_quote.csv" =>
            {
                Vec::new()
            }
            (Err(error), _) => vec![format!("is refused: {error}")],
        };
        failures.extend(unmet.into_iter().map(|claim| format!("{file}: {claim}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_file_in_the_folder_has_an_expectation() {
    let text = String::from_utf8(bytes("expectations.json")).expect("expectations are UTF-8");
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("it can be listed").file_name();
        let name = name.to_str().expect("names are UTF-8");
        let is_case = name.ends_with(".csv") || name.ends_with(".tsv");
        assert!(!is_case || text.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn a_carriage_return_stays_out_of_names_and_cells() {
    let table = table("crlf.csv");
    assert_eq!(table.columns()[1].name(), "y");
    assert!(table.columns()[1].missing() == 0);
}

#[test]
fn the_mark_stays_out_of_the_first_name() {
    assert_eq!(table("bom_utf8.csv").columns()[0].name(), "x");
}

#[test]
fn latin1_names_are_decoded() {
    assert_eq!(
        table("latin1_header.csv").columns()[0].name(),
        "température"
    );
}

#[test]
fn thousands_are_not_read_as_one() {
    let table = table("thousands_separators.csv");
    assert_eq!(numbers(&table.columns()[0])[..3], [1000.0, 2000.0, 3000.0]);
}

#[test]
fn dates_and_formulas_stay_text() {
    assert_eq!(table("dates.csv").columns()[0].kind(), ColumnKind::Text);
    let table = table("formula_injection.csv");
    let Values::Text(cells) = table.columns()[0].values() else {
        panic!("formulas are text");
    };
    assert_eq!(cells.get(3), Some("-2+3"));
    assert_eq!(
        cells.get(0),
        Some("=HYPERLINK(\"http://example.invalid\",\"x\")")
    );
}

#[test]
fn ragged_rows_are_named_and_columns_do_not_shift() {
    let read = outcome("ragged.csv").expect("the file can be read");
    let z = numbers(&read.table.columns()[2]);
    assert!(z[0] == 3.0 && z[1].is_nan() && z[2] == 12.0);
    let said: Vec<String> = read.notes.iter().map(Note::to_string).collect();
    assert!(
        said[0].contains("line 3") && said[1].contains("line 4"),
        "{said:?}"
    );
}

#[test]
fn the_footer_is_named_with_line_column_and_cell() {
    let read = outcome("footer_total.csv").expect("the file can be read");
    let said = read.notes[0].to_string();
    for part in ["“x”", "line 10", "“Total”"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn zero_bytes_spoil_their_cells_only() {
    let table = table("nul_bytes.csv");
    let y = &table.columns()[1];
    assert_eq!((y.name(), y.missing(), y.n_rows()), ("y", 2, 8));
}

#[test]
fn years_above_measurements_are_names() {
    assert_eq!(
        table("numeric_looking_header.csv").columns()[0].name(),
        "2019"
    );
}

#[test]
fn the_pandas_index_is_not_fitted() {
    assert_eq!(table("index_column.csv").default_columns(), [1, 2]);
}

#[test]
fn a_column_that_follows_from_others_is_named() {
    let read = outcome("collinear.csv").expect("the file can be read");
    assert!(matches!(&read.notes[0], Note::Collinear { column, .. } if column == "y"));
}

#[test]
fn an_error_names_the_cell() {
    let error = outcome("all_text.csv").expect_err("there are no numbers");
    assert!(
        error.what().contains("“foo” in line 2, column 1"),
        "{error}"
    );
}

// Large and hostile inputs, made here.

#[test]
fn a_line_of_megabytes_is_refused() {
    let error = read("t", "1.5,".repeat(1_500_000).as_bytes()).expect_err("no table");
    assert_eq!(error, CsvError::LineTooLong { line: 1 });
}

#[test]
fn too_many_columns_are_refused() {
    let header = "c,".repeat(20_000);
    let row = "1,".repeat(20_000);
    let error = read("t", format!("{header}\n{row}\n{row}\n").as_bytes()).expect_err("no table");
    assert!(matches!(
        error,
        CsvError::TooManyColumns {
            line: 1,
            columns: 20_001
        }
    ));
}

#[test]
fn five_thousand_columns_are_read() {
    let header: Vec<String> = (0..5000).map(|i| format!("c{i}")).collect();
    let mut text = header.join(",");
    for row in 0..20 {
        let cells: Vec<String> = (0..5000)
            .map(|i| format!("{}.5", (i * 7 + row * 13) % 101))
            .collect();
        text += &format!("\n{}", cells.join(","));
    }
    let read = read("t", text.as_bytes()).expect("a table");
    assert_eq!((read.table.n_columns(), read.table.n_rows()), (5000, 20));
}

#[test]
fn a_quote_bomb_is_refused_where_it_opens() {
    let bomb = format!("x,y\n1,\"{}", "a,b\n".repeat(1_500_000));
    let error = read("t", bomb.as_bytes()).expect_err("no table");
    assert_eq!(error, CsvError::UnclosedQuote { line: 2, column: 2 });
}

#[test]
fn millions_of_empty_lines_are_no_data() {
    assert_eq!(
        read("t", "\n".repeat(3_000_000).as_bytes()).expect_err("no table"),
        CsvError::Empty
    );
    let error = read("t", format!("x,y{}", "\n".repeat(3_000_000)).as_bytes());
    assert!(
        matches!(error, Err(CsvError::NoRows { line: 1 })),
        "{error:?}"
    );
}

#[test]
fn a_word_in_the_last_row_is_one_missing_value() {
    let text = format!("x,y\n{}oops,1\n", "1.5,2\n2.5,7\n".repeat(100_000));
    let read = read("t", text.as_bytes()).expect("a table");
    assert_eq!(read.table.columns()[0].missing(), 1);
    assert!(read.notes[0].to_string().contains("line 200002"));
}

#[test]
fn a_wide_last_row_is_left_out_and_named() {
    let text = format!("x,y\n{}1,2,3\n", "1.5,2\n2.5,7\n".repeat(50_000));
    let read = read("t", text.as_bytes()).expect("a table");
    assert_eq!(read.table.n_rows(), 100_000);
    assert!(read.notes[0].to_string().contains("line 100002"));
}

#[test]
fn a_column_that_turns_out_to_be_text_keeps_its_spelling() {
    let text = format!(
        "code,x\n{}{}",
        "007,1\n".repeat(1000),
        "A7,2\n".repeat(1001)
    );
    let table = read("t", text.as_bytes()).expect("a table").table;
    let Values::Text(cells) = table.columns()[0].values() else {
        panic!("codes are text");
    };
    assert_eq!(cells.get(0), Some("007"));
}

#[test]
fn notes_about_many_columns_are_counted() {
    let header: Vec<String> = (0..400).map(|i| format!("c{i}")).collect();
    let mut text = header.join(",");
    for row in 0..500 {
        let cells: Vec<String> = (0..400)
            .map(|i| {
                if row == 9 {
                    "?!".into()
                } else {
                    (row * i % 97).to_string()
                }
            })
            .collect();
        text += &format!("\n{}", cells.join(","));
    }
    let read = read("t", text.as_bytes()).expect("a table");
    assert!(read.notes.contains(&Note::More(380)));
    assert!(read.notes.len() < 30);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read("t", &bytes);
    }

    #[test]
    fn nothing_that_looks_like_csv_makes_it_panic(
        text in "(sep=[,;|]\n)?([-#+0-9a.,;|\"\t\r\n ]|1,5|2\\.5|NA|inf|\u{a0}|\u{feff}|é){0,120}"
    ) {
        if let Ok(read) = read("t", text.as_bytes()) {
            for column in read.table.columns() {
                prop_assert_eq!(column.n_rows(), read.table.n_rows());
                prop_assert!(numbers(column).iter().all(|x| !x.is_infinite()));
            }
            for note in read.notes {
                prop_assert!(!note.to_string().is_empty());
            }
        }
    }

    #[test]
    fn numbers_come_back_whatever_the_dialect(
        rows in proptest::collection::vec([-1e6f64..1e6, -1e6f64..1e6, -1e6f64..1e6], 2..40),
        delimiter in prop::sample::select(vec![';', '\t', '|']),
        comma: bool,
        crlf: bool,
        quoted: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("a{delimiter}b{delimiter}c{end}");
        for row in &rows {
            let cells: Vec<String> = row.iter().map(|x| {
                let cell = format!("{x:.6}");
                let cell = if comma { cell.replace('.', ",") } else { cell };
                if quoted { format!("\"{cell}\"") } else { cell }
            }).collect();
            text += &cells.join(&delimiter.to_string());
            text += end;
        }
        let read = read("t", text.as_bytes());
        let table = read.expect("a table").table;
        for (index, column) in table.columns().iter().enumerate() {
            for (found, row) in numbers(column).iter().zip(&rows) {
                prop_assert!((found - row[index]).abs() < 1e-6);
            }
        }
        prop_assert_eq!(table.n_rows(), rows.len());
    }
}
