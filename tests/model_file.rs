//! The model as a file: what is exported opens again to the same bits, and what is not a model
//! that this program wrote is refused with the place.

use mixscope::data::{Column, Table};
use mixscope::export::{ExportError, MODEL_VERSION, ModelFile, open};
use mixscope::fit::{Algorithm, METHODS, Model};
use mixscope::mixture::{CovarianceType, Mixture};
use mixscope::session::{Command, Missing, Session};
use proptest::prelude::*;

/// Rows in three clouds about `offset`, with a weight, a label and a sequence column.
fn table(offset: f64) -> Table {
    let at = |i: usize, j: usize| {
        let noise =
            ((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0 + ((i * 31) % 17) as f64 / 17.0;
        offset + [0.0, 6.0, 3.0][i % 3] * (1.0 + j as f64) + noise * (1.0 + (i % 3) as f64)
    };
    let column = |j| (0..240).map(|i| at(i, j)).collect::<Vec<f64>>();
    let weights = (0..240).map(|i| 1.0 + (i % 4) as f64 * 0.25).collect();
    let labels = (0..240).map(|i| {
        if i % 11 == 0 {
            (i % 3) as f64
        } else {
            f64::NAN
        }
    });
    let sequences = (0..240).map(|i| (i / 60) as f64).collect();
    Table::new(
        "clouds.csv",
        vec![
            Column::number("x", column(0)),
            Column::number("y", column(1)),
            Column::number("z", column(2)),
            Column::number("w", weights),
            Column::number("known", labels.collect()),
            Column::number("run", sequences),
        ],
    )
}

fn session(offset: f64) -> Session {
    let mut session = Session::new();
    session.open_table(table(offset), String::new(), Vec::new());
    session.handle(Command::SetColumns(vec![0, 1, 2]));
    session
}

fn export(session: &Session) -> String {
    ModelFile::of(session.experiment()).to_text().unwrap()
}

fn bits(mixture: &Mixture) -> Vec<u64> {
    let d = mixture.dimension();
    let numbers = mixture
        .weights()
        .iter()
        .chain(mixture.means().iter().flatten());
    let extra = mixture.extra().map_or(&[][..], |(_, numbers)| numbers);
    let entries = mixture
        .covariances()
        .iter()
        .flat_map(|c| (0..d * d).map(|e| c.get(e / d, e % d)));
    let all = numbers.chain(extra).copied().chain(entries);
    all.map(f64::to_bits).collect()
}

/// Exports, opens on the same rows in a session of its own, and exports again.
fn there_and_back(session: &mut Session, rows: Table) -> Session {
    assert_eq!(session.view().problem, None);
    let text = export(session);
    let mut other = Session::new();
    other.open_table(rows, String::new(), Vec::new());
    open(&mut other, "model.json", &text);
    let view = other.view();
    assert_eq!(view.problem, None, "{text}");
    assert_eq!(export(&other), text);
    let (here, there) = (session.experiment(), other.experiment());
    assert_eq!(bits(&here.mixture()), bits(&there.mixture()));
    assert_eq!(*here.mixture(), *there.mixture());
    // What an algorithm shows on its way may be of some rows; the log-likelihood of a model is not.
    if here.settings().algorithm == Algorithm::Em {
        assert_eq!(
            here.iterate().log_likelihood.to_bits(),
            there.iterate().log_likelihood.to_bits()
        );
    }
    other
}

#[test]
fn every_kind_comes_back_to_the_same_bytes_and_bits() {
    for method in METHODS {
        for offset in [0.0, 1e8] {
            let mut session = session(offset);
            session.handle(Command::SetMethod(method.model, method.algorithm));
            for _ in 0..3 {
                session.handle(Command::Step);
            }
            there_and_back(&mut session, table(offset));
        }
    }
}

#[test]
fn every_family_comes_back_with_every_density_that_has_families() {
    for model in [
        Model::Gaussian,
        Model::Student,
        Model::Noise,
        Model::Variational,
    ] {
        for family in CovarianceType::SHAPES {
            let mut session = session(0.0);
            session.handle(Command::SetMethod(model, Algorithm::Em));
            session.handle(Command::SetCovariance(family));
            for _ in 0..3 {
                session.handle(Command::Step);
            }
            there_and_back(&mut session, table(0.0));
        }
    }
}

#[test]
fn weights_labels_and_sequences_come_back_by_name_where_the_rows_are_the_same() {
    let mut session = session(0.0);
    session.handle(Command::SetWeights(Some(3)));
    session.handle(Command::SetLabels(Some(4)));
    session.handle(Command::Step);
    let other = there_and_back(&mut session, table(0.0));
    let selection = other.experiment().selection();
    assert_eq!(selection.roles().labels, Some(4));
    let mut markov = self::session(0.0);
    markov.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
    markov.handle(Command::SetSequences(Some(5)));
    markov.handle(Command::Step);
    let other = there_and_back(&mut markov, table(0.0));
    assert_eq!(
        other.experiment().selection().matrix().breaks(),
        [60, 120, 180]
    );
    // Other rows: labels may come in another order, so they do not hold rows fast.
    let text = export(&session);
    let mut moved = self::session(1.0);
    open(&mut moved, "model.json", &text);
    assert_eq!(moved.view().problem, None);
    assert_eq!(moved.experiment().selection().roles().labels, None);
    assert_eq!(moved.experiment().selection().roles().weights, Some(3));
}

#[test]
fn an_opened_model_scores_other_rows_and_goes_on_from_there() {
    let mut session = session(0.0);
    for _ in 0..5 {
        session.handle(Command::Step);
    }
    let text = export(&session);
    // Same model, other coordinates: the matrix is centred far away.
    let mut other = self::session(1e7);
    open(&mut other, "model.json", &text);
    let view = other.view();
    assert_eq!(view.problem, None);
    assert!(view.status_detail.contains("The rows shown are others"));
    let (mean, as_was) = (&view.components[0].mean, &session.view().components[0].mean);
    assert!((mean[0] - as_was[0]).abs() < 1e-6, "{mean:?} {as_was:?}");
    other.handle(Command::Step);
    assert_eq!(other.view().iteration, 1);
    // After a step it is another model, of these rows.
    let stepped = ModelFile::read(&export(&other)).unwrap();
    assert_eq!((stepped.fit.iteration, stepped.data.rows), (1, 240));
    assert_eq!(stepped.fit.settings.start, mixscope::fit::InitMethod::Given);
    // Back at the start it is the one that was opened; undo brings back what was before it.
    other.handle(Command::First);
    let again = ModelFile::read(&export(&other)).unwrap();
    assert_eq!(again.fit, ModelFile::read(&text).unwrap().fit);
    other.handle(Command::SameStart);
    assert_eq!(ModelFile::of(other.experiment()).data, again.data);
    other.handle(Command::Undo);
    other.handle(Command::Undo);
    assert_eq!(other.experiment().opened(), None);
}

#[test]
fn a_model_by_itself_goes_on_as_the_run_would_have() {
    let mut session = session(1e8);
    for _ in 0..4 {
        session.handle(Command::Step);
    }
    let mut other = there_and_back(&mut session, table(1e8));
    for _ in 0..10 {
        session.handle(Command::Step);
        other.handle(Command::Step);
    }
    let (a, b) = (session.experiment().mixture(), other.experiment().mixture());
    assert_eq!(bits(&a), bits(&b));
}

/// Why the page refuses it, in its words.
fn refusal(text: &str) -> String {
    let mut session = session(0.0);
    session.handle(Command::Step);
    let before = export(&session);
    open(&mut session, "model.json", text);
    let problem = session.view().problem.expect("it is refused");
    assert!(problem.what.contains("model.json"), "{problem:?}");
    assert_eq!(export(&session), before, "everything stays as it was");
    problem.what
}

/// The file with other contents and the checksum that these have.
fn signed(text: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let sum = json["checksum"].as_str().unwrap();
    match ModelFile::read(text) {
        Err(ExportError::Checksum) => {}
        _ => return text.to_owned(),
    }
    // The only one of 64 digits that fits is the one that the bytes before it have.
    let before = text.rsplit_once("  \"checksum\"").unwrap().0;
    text.replace(sum, &sha256(before))
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn what_was_changed_is_refused() {
    let mut session = session(0.0);
    session.handle(Command::Step);
    let text = export(&session);
    let file = ModelFile::read(&text).unwrap();
    let digit = text.find("\"weights\": [0.").unwrap() + 14;
    let mut tampered = text.clone().into_bytes();
    tampered[digit] = if tampered[digit] == b'3' { b'4' } else { b'3' };
    let tampered = String::from_utf8(tampered).unwrap();
    assert!(refusal(&tampered).contains("checksum does not fit"));
    assert!(refusal(&text.replace("clouds", "crowds")).contains("checksum does not fit"));
    // With the right checksum it is read: only then does it say what is wrong with it.
    assert_ne!(signed(&tampered), tampered);
    // Line ends of another system are no change.
    assert_eq!(ModelFile::read(&text.replace('\n', "\r\n")), Ok(file));
}

#[test]
fn every_refusal_says_where() {
    let mut session = session(0.0);
    session.handle(Command::SetCovariance(CovarianceType::Full));
    session.handle(Command::Step);
    let text = export(&session);
    let version = format!("\"version\": {MODEL_VERSION}");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refusal(&signed(&text.replacen(from, to, 1)))
    };
    let newer = with(&version, "\"version\": 2");
    assert!(
        newer.contains("version 2") && newer.contains("up to 1"),
        "{newer}"
    );
    assert!(with("mixscope-model", "another").contains("\u{201c}another\u{201d}"));
    let unknown = with("\"kind\": \"gaussian\"", "\"kind\": \"poisson\"");
    assert!(
        unknown.contains("poisson") && unknown.contains("line 5"),
        "{unknown}"
    );
    let extra = with("\"kind\":", "\"colour\": 1,\n  \"kind\":");
    assert!(
        extra.contains("colour") && extra.contains("line 5"),
        "{extra}"
    );
    let kind = with("\"kind\": \"gaussian\"", "\"kind\": \"student_t\"");
    assert!(kind.contains("student_t"), "{kind}");
    let k_means = with("\"weights\": [", "\"weights\": [0.0, ");
    assert!(k_means.contains("parameters.covariances"), "{k_means}");
    let file = ModelFile::read(&text).unwrap();
    let changed = |change: fn(&mut ModelFile)| {
        let mut file = file.clone();
        change(&mut file);
        refusal(&file.to_text().unwrap())
    };
    let says = |what: String, words: &str| assert!(what.contains(words), "{what}");
    says(
        changed(|f| f.parameters.weights[1] += 0.5),
        "weights sum to",
    );
    says(changed(|f| f.parameters.weights[1] = -1.0), "component B");
    says(changed(|f| f.parameters.means[2].clear()), "component C");
    says(changed(|f| drop(f.columns.pop())), "preparation.centre");
    says(changed(|f| f.columns[1] = "x".into()), "columns[1]");
    says(
        changed(|f| drop(f.parameters.covariances.pop())),
        "parameters.covariances",
    );
    says(
        changed(|f| f.columns[0] = "length".into()),
        "\u{201c}length\u{201d}",
    );
    says(changed(|f| f.fit.settings.floor = -1.0), "floor");
    says(changed(|f| f.fit.settings.max_iterations = 0), "iterations");
    says(
        changed(|f| f.preparation.centre = vec![1.0; 3]),
        "means_less_centre",
    );
    says(
        changed(|f| f.fit.settings.options = [("beta".into(), 7.0)].into()),
        "fit.settings.options",
    );
    says(
        changed(|f| f.fit.settings.options = [("alpha".into(), 7.0)].into()),
        "alpha",
    );
}

#[test]
fn what_is_no_model_is_refused() {
    assert!(refusal("").contains("line 1"));
    assert!(refusal("{").contains("line 1"));
    assert!(refusal("[1, 2]").contains("line 1"));
    assert!(refusal("{}").contains("does not say"));
    assert!(refusal(&"{\"a\":".repeat(100_000)).contains("line 1"));
    let mut session = session(0.0);
    session.handle(Command::Step);
    let text = export(&session);
    let cut = &text[..text.len() / 2];
    assert!(refusal(cut).contains("EOF"));
    let unsigned = text.replace("\"checksum\"", "\"sum\"");
    assert!(refusal(&unsigned).contains("checksum") || refusal(&unsigned).contains("sum"));
}

#[test]
fn a_model_of_rows_with_gaps_comes_back() {
    let rows = || {
        let gap = |i: usize, v: f64| if i.is_multiple_of(7) { f64::NAN } else { v };
        let x = (0..100).map(|i| gap(i, f64::from((i * i % 31) as u32)));
        let y = (0..100).map(|i| gap(i + 3, f64::from((i * 7 % 41) as u32)));
        let columns = vec![
            Column::number("x", x.collect()),
            Column::number("y", y.collect()),
        ];
        Table::new("gaps.csv", columns)
    };
    let mut session = Session::new();
    session.open_table(rows(), String::new(), Vec::new());
    for missing in [Missing::Drop, Missing::Fit] {
        session.handle(Command::SetMissing(missing));
        session.handle(Command::Step);
        there_and_back(&mut session, rows());
    }
}

proptest! {
    /// Any bits that make a model come back as they were.
    #[test]
    fn any_parameters_come_back_to_the_bit(
        raw in prop::collection::vec((0.01f64..1.0, -1e12f64..1e12, 1e-12f64..1e12, -0.99f64..0.99), 1..8),
    ) {
        let mut session = Session::new();
        session.open_table(table(0.0), String::new(), Vec::new());
        session.handle(Command::SetColumns(vec![0, 1]));
        session.handle(Command::SetComponents(raw.len()));
        let mut file = ModelFile::of(session.experiment());
        let total: f64 = raw.iter().map(|r| r.0).sum();
        file.parameters.weights = raw.iter().map(|r| r.0 / total).collect();
        file.parameters.means = raw.iter().map(|r| vec![r.1, -r.1 / 3.0]).collect();
        let spread = |r: &(f64, f64, f64, f64)| {
            let (a, b) = (r.2, r.2 * 0.7 + 1e-13);
            let c = r.3 * (a * b).sqrt();
            mixscope::export::Spread::Rows(vec![vec![a, c], vec![c, b]])
        };
        file.parameters.covariances = raw.iter().map(spread).collect();
        let text = file.to_text().unwrap();
        let read = ModelFile::read(&text).unwrap();
        prop_assert_eq!(&read.parameters, &file.parameters);
        prop_assert_eq!(read.to_text().unwrap(), text);
    }

    /// Whatever the bytes are, they are read or refused.
    #[test]
    fn damage_is_refused_and_ends_nothing(at in 0usize..2000, byte in any::<u8>()) {
        let mut session = session(0.0);
        session.handle(Command::Step);
        let text = export(&session);
        let mut bytes = text.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(damaged) = String::from_utf8(bytes)
            && damaged.replace('\r', "") != text
        {
            prop_assert!(ModelFile::read(&damaged).is_err());
        }
    }
}
