//! Rows, samples and the log of a run as files.

use mixscope::data::{Column, Table, TextValues, csv as own_csv};
use mixscope::export::{Pieces, RowsWriter, SamplesWriter, run_log};
use mixscope::fit::{Algorithm, Model, Precision};
use mixscope::session::{Command, Missing, Session};
use mixscope::study::log_density;

fn text(mut writer: impl Pieces) -> String {
    let (mut all, mut before) = (Vec::new(), -1.0);
    loop {
        let goes_on = writer.next(&mut all);
        assert!(writer.progress() > before && writer.progress() <= 1.0);
        before = writer.progress();
        if !goes_on {
            assert!((before - 1.0).abs() < 1e-12);
            return String::from_utf8(all).unwrap();
        }
    }
}

/// Names and rows of a CSV file, as another reader takes them.
fn read(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let cells = |r: csv::StringRecord| r.iter().map(str::to_owned).collect();
    (names, reader.records().map(|r| cells(r.unwrap())).collect())
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap()
}

/// Two clouds of `n` rows; every fifth row of y is missing.
fn table(n: usize, gaps: bool) -> Table {
    let x = |i: usize| (i % 2) as f64 * 8.0 + (i * 7919 % 1009) as f64 / 500.0;
    let y = |i: usize| match gaps && i % 5 == 3 {
        true => f64::NAN,
        false => 0.5 * x(i) + (i * 31 % 17) as f64 / 10.0 - 9.0,
    };
    let words: TextValues = (0..n)
        .map(|i| ["=cmd()", "plain", "-3", "a,\"b\"\n", ""][i % 5])
        .collect();
    Table::new(
        "two.csv",
        vec![
            Column::text("@note", words),
            Column::number("x", (0..n).map(x).collect()),
            Column::number("y", (0..n).map(y).collect()),
            Column::number("label", (0..n).map(|i| i as f64).collect()),
        ],
    )
}

fn session(n: usize, gaps: bool) -> Session {
    let mut session = Session::new();
    session.open_table(table(n, gaps), String::new(), Vec::new());
    session.handle(Command::SetColumns(vec![1, 2]));
    session.handle(Command::SetComponents(2));
    session
}

#[test]
fn rows_keep_their_columns_and_gain_what_the_model_says() {
    // More than a piece.
    let n = 70_000;
    let mut session = session(n, false);
    session.handle(Command::Step);
    let (names, rows) = read(&text(RowsWriter::new(session.experiment())));
    assert_eq!(
        names,
        [
            "'@note",
            "x",
            "y",
            "label",
            "label (2)",
            "responsibility_A",
            "responsibility_B",
            "log_density",
            "anomaly"
        ]
    );
    assert_eq!(rows.len(), n);
    let experiment = session.experiment();
    let density = log_density(experiment.selection().matrix(), &experiment.mixture()).unwrap();
    let columns = experiment.selection().source().table().columns();
    let (x, y) = (columns[1].numbers().unwrap(), columns[2].numbers().unwrap());
    let mut anomalies = 0;
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row[0], ["'=cmd()", "plain", "-3", "a,\"b\"\n", ""][i % 5]);
        assert_eq!((number(&row[1]), number(&row[2])), (x[i], y[i]));
        let (a, b) = (number(&row[5]), number(&row[6]));
        assert!((a + b - 1.0).abs() < 1e-12);
        assert_eq!(row[4], if a >= b { "A" } else { "B" });
        assert_eq!(number(&row[7]).to_bits(), density[i].to_bits());
        anomalies += usize::from(row[8] == "1");
    }
    assert!((690..=700).contains(&anomalies), "{anomalies}");
    // The program's own reader takes it too.
    let bytes = text(RowsWriter::new(session.experiment()));
    let again = own_csv::read("rows.csv", bytes.as_bytes()).unwrap();
    assert_eq!(again.table.n_rows(), n);
}

#[test]
fn rows_that_were_left_out_are_there_and_say_nothing() {
    let session = session(1003, true);
    let (names, rows) = read(&text(RowsWriter::new(session.experiment())));
    assert_eq!((names.len(), rows.len()), (9, 1003));
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row[4..].iter().all(String::is_empty), i % 5 == 3, "{i}");
    }
}

#[test]
fn gaps_that_were_fitted_are_filled_with_their_means() {
    let mut session = session(1003, true);
    session.handle(Command::SetMissing(Missing::Fit));
    for _ in 0..20 {
        session.handle(Command::Step);
    }
    let (names, rows) = read(&text(RowsWriter::new(session.experiment())));
    assert_eq!(names[9], "y_imputed");
    for (i, row) in rows.iter().enumerate() {
        assert_ne!(row[4], "", "every row is fitted");
        match i % 5 == 3 {
            false => assert_eq!(row[9], row[2]),
            true => {
                assert_eq!(row[2], "");
                // y lies about x / 2 less 8.2.
                let line = 0.5 * number(&row[1]) - 8.2;
                assert!((number(&row[9]) - line).abs() < 1.0, "{row:?} {line}");
            }
        }
    }
}

#[test]
fn a_chain_labels_rows_by_its_own_responsibilities_and_noise_has_a_name() {
    let mut session = session(70_000, false);
    session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
    session.handle(Command::Step);
    let (_, rows) = read(&text(RowsWriter::new(session.experiment())));
    let sum: f64 = rows.iter().map(|row| number(&row[7])).sum();
    let log_likelihood = session.experiment().iterate().log_likelihood;
    assert!(
        (sum / log_likelihood - 1.0).abs() < 1e-9,
        "{sum} {log_likelihood}"
    );
    session.handle(Command::SetMethod(Model::Noise, Algorithm::Em));
    let (names, rows) = read(&text(RowsWriter::new(session.experiment())));
    assert_eq!(names[7], "responsibility_noise");
    for row in rows {
        let sum: f64 = row[5..8].iter().map(|r| number(r)).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }
}

#[test]
fn samples_are_those_of_the_seed_and_lie_where_the_model_does() {
    let mut session = session(2000, false);
    for _ in 0..20 {
        session.handle(Command::Step);
    }
    let draw = |n, seed| text(SamplesWriter::new(session.experiment(), n, seed));
    let (names, rows) = read(&draw(40_000, 7));
    assert_eq!(names, ["x", "y", "component"]);
    assert_eq!(rows.len(), 40_000);
    let view = session.view();
    for (k, c) in view.components.iter().enumerate() {
        let own: Vec<f64> = rows
            .iter()
            .filter(|row| row[2] == ["A", "B"][k])
            .map(|row| number(&row[0]))
            .collect();
        assert!((own.len() as f64 / 40_000.0 - c.weight).abs() < 0.01);
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        assert!((mean - c.mean[0]).abs() < 0.05, "{mean} {}", c.mean[0]);
    }
    let first = text(SamplesWriter::new(session.experiment(), 10, 7));
    let many = text(SamplesWriter::new(session.experiment(), 40_000, 7));
    assert!(many.starts_with(&first));
    assert_ne!(first, text(SamplesWriter::new(session.experiment(), 10, 8)));
}

#[test]
fn samples_of_a_chain_stay_as_long_as_its_states_do() {
    let mut session = session(2000, false);
    session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
    let mixture = session.experiment().mixture();
    let stays = mixture.chain().unwrap().stays().to_vec();
    let (_, rows) = read(&text(SamplesWriter::new(session.experiment(), 30_000, 3)));
    for (k, stay) in stays.iter().enumerate() {
        let name = ["A", "B"][k];
        let pairs = rows.windows(2).filter(|w| w[0][2] == name);
        let stayed = pairs.clone().filter(|w| w[1][2] == name).count();
        assert!((stayed as f64 / pairs.count() as f64 - stay).abs() < 0.02);
    }
}

#[test]
fn the_log_has_a_line_an_iteration_and_times_only_where_they_were_taken() {
    let mut session = session(500, false);
    for _ in 0..4 {
        session.handle(Command::Step);
    }
    let log = run_log(session.experiment(), &[0.0, 1.5]).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["format"], "mixscope-run-log");
    assert_eq!(lines[0]["settings"]["algorithm"], "em");
    for (t, line) in lines[1..].iter().enumerate() {
        let iterate = &session.experiment().run().iterates()[t];
        assert_eq!(line["iteration"], t);
        assert_eq!(line["value"].as_f64(), Some(iterate.objective));
        assert_eq!(line["nan_count"], 0);
        let conditions = line["condition_numbers"].as_array().unwrap();
        assert!(conditions.len() == 2 && conditions[0].as_f64().unwrap() >= 1.0);
        assert_eq!(line["milliseconds"].as_f64(), [0.0, 1.5].get(t).copied());
    }
    // Without times it is the same on every device.
    let plain = |s: &Session| run_log(s.experiment(), &[]).unwrap();
    assert_eq!(plain(&session), plain(&session));
}

#[test]
fn the_log_says_how_much_of_a_pass_was_left_out() {
    let left_out = |apart: f64, precision: Precision| {
        let column = |shift: usize| {
            let x = move |i: usize| (i % 2) as f64 * apart + (i * 37 % (101 + shift)) as f64 * 0.01;
            Column::number(["x", "y"][shift], (0..20_000).map(x).collect())
        };
        let table = Table::new("far", vec![column(0), column(1)]);
        let mut session = Session::new();
        session.open_table(table, String::new(), Vec::new());
        session.handle(Command::SetComponents(2));
        session.handle(Command::SetPrecision(precision));
        for _ in 0..3 {
            session.handle(Command::Step);
        }
        let log = run_log(session.experiment(), &[]).unwrap();
        let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        last["left_out"].as_f64().unwrap()
    };
    assert_eq!(left_out(0.5, Precision::Exact), 0.0);
    for precision in [Precision::Exact, Precision::Fast] {
        let share = left_out(100.0, precision);
        assert!(share > 0.3 && share <= 0.5, "{precision:?} {share}");
    }
}
