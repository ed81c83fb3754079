//! A run as a file: made again elsewhere, it is the same run to the last bit.

use mixscope::data::{Column, Table};
use mixscope::export::{ExperimentFile, ExportError, open};
use mixscope::fit::{Algorithm, Floor, InitMethod, Knob, METHODS, Precision};
use mixscope::session::{Command, Session};

fn table() -> Table {
    let x = (0..300).map(|i| f64::from(i * i % 97) + 1e7);
    let y = (0..300).map(|i| f64::from(i * 7 % 41));
    let z = (0..300).map(|i| f64::from(i % 5));
    Table::new(
        "own.csv",
        vec![
            Column::number("x", x.collect()),
            Column::number("y", y.collect()),
            Column::number("z", z.collect()),
        ],
    )
}

fn own() -> Session {
    let mut session = Session::new();
    session.open_table(table(), String::new(), Vec::new());
    session.handle(Command::SetColumns(vec![0, 1]));
    session
}

fn export(session: &Session) -> String {
    ExperimentFile::of(session.experiment()).to_text().unwrap()
}

/// Makes it again in a session and natively: both are the same run.
fn assert_same_again(session: &mut Session, other: &mut Session) {
    assert_eq!(session.view().problem, None);
    let text = export(session);
    let undo = other.view().can_undo;
    open(other, "run.json", &text);
    let view = other.view();
    assert_eq!(view.problem, None, "{text}");
    assert_eq!(export(other), text);
    let (a, b) = (session.experiment(), other.experiment());
    assert_eq!(
        (a.position(), a.run().last()),
        (b.position(), b.run().last())
    );
    for t in 0..a.run().iterates().len() {
        let of = |e: &mixscope::session::Experiment| e.run().mixture(e.selection().matrix(), t);
        assert_eq!(of(a), of(b), "{t}");
    }
    let file = ExperimentFile::read(&text).unwrap();
    let mut half_steps = 0;
    let run = file
        .replay(a.selection(), &mut |_| half_steps += 1)
        .unwrap();
    assert_eq!(file.first_difference(&run), None);
    assert!(half_steps > a.run().last());
    // Undo goes back to what was there before.
    other.handle(Command::Undo);
    assert_eq!(other.view().can_undo, undo);
}

#[test]
fn every_method_is_made_again_to_the_last_bit() {
    for method in METHODS {
        let mut session = own();
        session.handle(Command::SetMethod(method.model, method.algorithm));
        for _ in 0..6 {
            session.handle(Command::Step);
        }
        session.handle(Command::Back);
        assert_same_again(&mut session, &mut own());
    }
}

#[test]
fn settings_that_changed_on_the_way_change_again_where_they_did() {
    let mut session = own();
    session.handle(Command::Step);
    session.handle(Command::EStep);
    session.handle(Command::SetMethod(
        mixscope::fit::Model::Gaussian,
        Algorithm::Squarem,
    ));
    session.handle(Command::Step);
    session.handle(Command::SetFloor(Floor::absolute(0.5)));
    session.handle(Command::SetTolerance(1e-3));
    session.handle(Command::Step);
    session.handle(Command::Step);
    session.handle(Command::Seek(6));
    session.handle(Command::SetMethod(
        mixscope::fit::Model::Gaussian,
        Algorithm::Stochastic,
    ));
    session.handle(Command::SetKnob(Knob::Stage, 5.0));
    for _ in 0..8 {
        session.handle(Command::Step);
    }
    // What only ends a run is kept too.
    session.handle(Command::SetTolerance(1e-9));
    let file = ExperimentFile::of(session.experiment());
    assert!(file.asked.len() >= 4, "{:?}", file.asked);
    assert_eq!(file.asked.last().unwrap().settings.tolerance, 1e-9);
    assert_same_again(&mut session, &mut own());
}

#[test]
fn a_run_in_single_precision_is_made_again_to_the_last_bit() {
    let mut session = own();
    session.handle(Command::Step);
    session.handle(Command::SetPrecision(Precision::Fast));
    for _ in 0..12 {
        session.handle(Command::Step);
    }
    assert_same_again(&mut session, &mut own());
}

#[test]
fn a_built_in_set_is_fetched_and_given_parameters_are_kept() {
    let mut session = Session::new();
    session.handle(Command::OpenBuiltin("iris".into()));
    session.handle(Command::SetInit(InitMethod::RandomPoints));
    session.handle(Command::SetSeed(u64::MAX));
    for _ in 0..3 {
        session.handle(Command::Step);
    }
    assert_same_again(&mut session, &mut Session::new());
    session.handle(Command::Split(1));
    session.handle(Command::Step);
    assert_eq!(session.experiment().settings().init, InitMethod::Given);
    assert_same_again(&mut session, &mut Session::new());
}

#[test]
fn other_rows_are_refused_and_nothing_changes() {
    let mut session = own();
    session.handle(Command::Step);
    let text = export(&session);
    let mut other = own();
    other.handle(Command::SetColumns(vec![0, 2]));
    let before = export(&other);
    let mut rows = table();
    rows = Table::new("other.csv", rows.columns()[..2].to_vec());
    let changed: Vec<f64> = rows.columns()[0]
        .numbers()
        .unwrap()
        .iter()
        .map(|x| x + 1.0)
        .collect();
    rows = Table::new(
        "other.csv",
        vec![Column::number("x", changed), rows.columns()[1].clone()],
    );
    let mut strange = Session::new();
    strange.open_table(rows, String::new(), Vec::new());
    open(&mut strange, "run.json", &text);
    let problem = strange.view().problem.unwrap();
    assert!(
        problem.what.contains("own.csv") && problem.what.contains("300 rows"),
        "{problem:?}"
    );
    // Another choice of columns is no other file.
    open(&mut other, "run.json", &text);
    assert_eq!(other.view().problem, None);
    assert_eq!(export(&other), text);
    other.handle(Command::Undo);
    assert_eq!(export(&other), before);
    // A built-in set that had to be fetched goes again if it does not help.
    let mut builtin = Session::new();
    builtin.handle(Command::OpenBuiltin("iris".into()));
    builtin.handle(Command::Step);
    let mut file = ExperimentFile::of(builtin.experiment());
    file.data.sha256 = "0".repeat(64);
    let before = export(&strange);
    open(&mut strange, "run.json", &file.to_text().unwrap());
    assert!(strange.view().problem.is_some());
    assert_eq!(export(&strange), before);
}

#[test]
fn what_was_changed_is_refused_with_the_place() {
    let mut session = own();
    session.handle(Command::Step);
    let text = export(&session);
    assert_eq!(
        ExperimentFile::read(&text.replace("own.csv", "our.csv")),
        Err(ExportError::Checksum)
    );
    let newer = text.replacen("\"version\": 1", "\"version\": 9", 1);
    let found = ExperimentFile::read(&newer);
    assert_eq!(
        found,
        Err(ExportError::Version {
            found: 9,
            newest: 1
        })
    );
    let file = ExperimentFile::read(&text).unwrap();
    let says = |change: fn(&mut ExperimentFile), words: &str| {
        let mut file = file.clone();
        change(&mut file);
        let why = ExperimentFile::read(&file.to_text().unwrap())
            .unwrap_err()
            .to_string();
        assert!(why.contains(words), "{why}");
    };
    says(|f| f.asked.clear(), "asked[0]");
    says(|f| f.asked[0].after = 1, "asked[0].after");
    says(
        |f| {
            f.asked.push(mixscope::export::Asked {
                after: 99,
                ..f.asked[0].clone()
            })
        },
        "order",
    );
    says(|f| f.preparation.centre.clear(), "preparation.centre");
    // A run that came out otherwise is told.
    let mut file = file.clone();
    file.objective[1] = file.objective[1].next_up();
    let selection = session.experiment().selection();
    let run = file.replay(selection, &mut |_| {}).unwrap();
    assert_eq!(file.first_difference(&run), Some(1));
    let mut other = own();
    open(&mut other, "run.json", &file.to_text().unwrap());
    assert!(other.view().problem.unwrap().what.contains("iteration 1"));
}
