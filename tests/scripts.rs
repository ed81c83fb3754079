//! The scripts, run: what they say of the exported parameters is what the engine says, and their
//! next EM step is the engine's. They need interpreters, so `cargo xtask test scripts` runs them;
//! it gives their paths in MIXSCOPE_PYTHON, MIXSCOPE_RSCRIPT and MIXSCOPE_NODE.
#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use mixscope::data::{Column, Table};
use mixscope::export::{Script, script};
use mixscope::fit::{Algorithm, Floor, Knob, Model};
use mixscope::mixture::{CovarianceType, letter};
use mixscope::session::{Command, Session};
use mixscope::study::log_density;
use serde_json::Value;

/// A relative difference of log-likelihoods and, against the largest of their kind, of parameters.
const CLOSE: f64 = 1e-9;

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("scripts")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Rows in three clouds about `offset`, one of them with outliers, and a weight for each.
fn table(offset: f64, outliers: bool) -> Table {
    let mut state = 12345u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let mut columns = vec![Vec::new(), Vec::new(), Vec::new()];
    for i in 0..300 {
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let (a, b) = (normal(), normal());
        let (x, y) = match i % 3 {
            0 => (a, 0.6 * a + 0.8 * b),
            1 => (6.0 + 0.5 * a, 20.0 * b),
            _ if outliers && i % 20 == 2 => (3.0 + 6.0 * a, 40.0 + 60.0 * b),
            _ => (3.0 + a, 40.0 - 9.0 * a + 4.0 * b),
        };
        columns[0].push(offset + x);
        columns[1].push(offset + y);
        columns[2].push(0.5 + (i % 5) as f64 / 2.0);
    }
    let names = ["length, mm", "wei\"ght", "w"];
    let columns = names
        .iter()
        .zip(columns)
        .map(|(n, c)| Column::number(*n, c));
    Table::new("clouds.csv", columns.collect())
}

fn session(offset: f64) -> Session {
    session_of(table(offset, true))
}

fn session_of(table: Table) -> Session {
    let mut session = Session::new();
    session.open_table(table, String::new(), Vec::new());
    session.handle(Command::SetColumns(vec![0, 1]));
    session.handle(Command::SetComponents(3));
    session
}

/// The rows as a file, with rows that the model cannot take between them.
fn write_data(session: &Session, folder: &Path) -> PathBuf {
    let columns = session.experiment().selection().source().table().columns();
    let mut text = String::from("\"length, mm\",\"wei\"\"ght\",w,note\n,1,2,no number\n");
    for row in 0..columns[0].n_rows() {
        let cell = |c: usize| columns[c].numbers().unwrap()[row];
        let _ = writeln!(text, "{:?},{:?},{:?},n{row}", cell(0), cell(1), cell(2));
    }
    text.push_str("1,NA,2,missing\n");
    let path = folder.join("data.csv");
    fs::write(&path, text).expect("a file can be written");
    path
}

fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    PathBuf::from(path.unwrap_or_else(|| panic!("`cargo xtask test scripts` sets {variable}")))
}

/// What a program prints, and what it says beside that.
fn output(process: &mut Process) -> (String, String) {
    let done = process.output().expect("the interpreter can be started");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    (String::from_utf8(done.stdout).expect("text"), said)
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        other => vec![
            other
                .as_f64()
                .unwrap_or_else(|| panic!("{other} is no number")),
        ],
    }
}

/// What the engine has: weights, means in the data's units, covariances, degrees.
fn parameters(session: &Session) -> [Vec<f64>; 4] {
    let experiment = session.experiment();
    let (mixture, centre) = (
        experiment.mixture(),
        experiment.selection().matrix().centre(),
    );
    let d = mixture.dimension();
    let means = mixture
        .means()
        .iter()
        .flat_map(|m| m.iter().zip(centre).map(|(m, c)| m + c));
    let covariances = mixture.covariances().iter();
    [
        mixture.weights().to_vec(),
        means.collect(),
        covariances
            .flat_map(|c| (0..d * d).map(|e| c.get(e / d, e % d)))
            .collect(),
        mixture.degrees().unwrap_or(&[]).to_vec(),
    ]
}

fn assert_close(what: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest = ours.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    for (a, b) in ours.iter().zip(theirs) {
        assert!(
            (a - b).abs() <= tolerance * largest,
            "{what}: {a} here, {b} there"
        );
    }
}

/// scikit-learn's shapes as K matrices.
fn as_matrices(covariances: &Value, family: CovarianceType, k: usize, d: usize) -> Vec<f64> {
    let own = numbers(covariances);
    let entry = |c: usize, i: usize, j: usize| match family {
        CovarianceType::Tied => own[i * d + j],
        CovarianceType::Diagonal if i == j => own[c * d + i],
        CovarianceType::Spherical if i == j => own[c],
        CovarianceType::Diagonal | CovarianceType::Spherical => 0.0,
        _ => own[(c * d + i) * d + j],
    };
    (0..k * d * d)
        .map(|e| entry(e / (d * d), e / d % d, e % d))
        .collect()
}

/// Exports, lets the script and the engine make a step, and compares. The script is run with `options`.
fn compare(
    name: &str,
    session: &mut Session,
    which: Script,
    tolerance: f64,
    options: &[&str],
) -> Value {
    assert_eq!(session.view().problem, None);
    let folder = folder(name);
    let data = write_data(session, &folder);
    let path = folder.join("model.py");
    fs::write(&path, script(session.experiment(), which).unwrap()).unwrap();
    let mut process = Process::new(program("MIXSCOPE_PYTHON"));
    process
        .arg(&path)
        .arg(&data)
        .args(["--iterations", "1"])
        .args(options);
    let (printed, _) = output(&mut process);
    let found: Value = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"));
    let before = session.experiment().iterate().log_likelihood;
    assert_eq!(found["rows"], 300);
    assert_close(name, &[before], &numbers(&found["log_likelihood"]), CLOSE);
    session.handle(Command::Step);
    let [weights, means, covariances, degrees] = parameters(session);
    let (k, d) = (weights.len(), means.len() / weights.len());
    let after = session.experiment().iterate().log_likelihood;
    assert_close(
        name,
        &[after],
        &numbers(&found["log_likelihood_after"]),
        tolerance,
    );
    assert_close(name, &weights, &numbers(&found["weights"]), tolerance);
    assert_close(name, &means, &numbers(&found["means"]), tolerance);
    let theirs = match numbers(&found["covariances"]).len() == k * d * d {
        true => numbers(&found["covariances"]),
        false => as_matrices(
            &found["covariances"],
            session.experiment().settings().covariance_type,
            k,
            d,
        ),
    };
    assert_close(name, &covariances, &theirs, tolerance);
    if !degrees.is_empty() {
        assert_close(name, &degrees, &numbers(&found["degrees"]), tolerance);
    }
    found
}

fn steps(session: &mut Session, n: usize) {
    for _ in 0..n {
        session.handle(Command::Step);
    }
}

#[test]
#[ignore = "needs scikit-learn: cargo xtask test scripts"]
fn python_goes_on_with_every_type_and_floor_of_scikit_learn() {
    let mut cases = CovarianceType::ALL
        .map(|family| (family, Floor::relative(1e-3)))
        .to_vec();
    cases.push((CovarianceType::Full, Floor::NONE));
    cases.push((CovarianceType::Diagonal, Floor::absolute(0.01)));
    for (i, (family, floor)) in cases.into_iter().enumerate() {
        let mut session = session(0.0);
        session.handle(Command::SetCovariance(family));
        session.handle(Command::SetFloor(floor));
        steps(&mut session, 2);
        let name = format!("scikit_{}_{i}", family.code());
        compare(&name, &mut session, Script::Python, CLOSE, &[]);
    }
}

#[test]
#[ignore = "needs scikit-learn: cargo xtask test scripts"]
fn python_keeps_the_digits_of_data_far_from_zero() {
    let mut session = session(1e8);
    steps(&mut session, 2);
    compare("scikit_far", &mut session, Script::Python, CLOSE, &[]);
}

#[test]
#[ignore = "needs scikit-learn: cargo xtask test scripts"]
fn python_goes_on_with_variational_posteriors() {
    for (model, family) in [
        (Model::Variational, CovarianceType::Full),
        (Model::Variational, CovarianceType::Tied),
        (Model::Process, CovarianceType::Diagonal),
        (Model::Process, CovarianceType::Spherical),
    ] {
        let mut session = session(0.0);
        session.handle(Command::SetCovariance(family));
        session.handle(Command::SetMethod(model, Algorithm::Em));
        session.handle(Command::SetKnob(Knob::MeanPrecision, 2.0));
        session.handle(Command::SetFloor(Floor::NONE));
        steps(&mut session, 2);
        compare(
            &format!("bayes_{}", family.code()),
            &mut session,
            Script::Python,
            CLOSE,
            &[],
        );
    }
}

#[test]
#[ignore = "needs scikit-learn: cargo xtask test scripts"]
fn python_scores_rows_as_the_engine_does_in_a_family_that_scikit_learn_lacks() {
    let mut session = session(0.0);
    session.handle(Command::SetCovariance(CovarianceType::Vee));
    steps(&mut session, 3);
    let folder = folder("scikit_VEE");
    let data = write_data(&session, &folder);
    let (path, scores) = (folder.join("model.py"), folder.join("scores.csv"));
    fs::write(&path, script(session.experiment(), Script::Python).unwrap()).unwrap();
    let mut process = Process::new(program("MIXSCOPE_PYTHON"));
    let (_, said) = output(process.arg(&path).arg(&data).arg("--scores").arg(&scores));
    assert!(said.contains("VEE") && said.contains("full"), "{said}");
    let density = log_density(
        session.experiment().selection().matrix(),
        &session.experiment().mixture(),
    );
    let mut reader = csv::Reader::from_path(scores).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let theirs: Vec<f64> = rows.iter().map(|r| r[2].parse().unwrap()).collect();
    assert_close("scores", &density.unwrap(), &theirs, CLOSE);
    // The first row of the file has a gap.
    assert_eq!(&rows[0][0], "2");
    assert!(rows.iter().all(|r| (0..3).map(letter).any(|l| l == r[1])));
}

#[test]
#[ignore = "needs numpy and scipy: cargo xtask test scripts"]
fn python_goes_on_where_scikit_learn_has_no_such_model() {
    let student = |free: f64, kent: f64, family| {
        let mut session = session(0.0);
        session.handle(Command::SetMethod(Model::Student, Algorithm::Em));
        session.handle(Command::SetCovariance(family));
        session.handle(Command::SetKnob(Knob::DegreesFree, free));
        session.handle(Command::SetKnob(Knob::ScaleUpdate, kent));
        session
    };
    let mut noise = session(0.0);
    noise.handle(Command::SetMethod(Model::Noise, Algorithm::Em));
    let mut weighted = session(1e8);
    weighted.handle(Command::SetWeights(Some(2)));
    let mut pooled = session(0.0);
    pooled.handle(Command::SetCovariance(CovarianceType::Eei));
    pooled.handle(Command::SetWeights(Some(2)));
    for (name, mut session) in [
        ("student_each", student(1.0, 0.0, CovarianceType::Full)),
        (
            "student_shared_kent",
            student(2.0, 1.0, CovarianceType::Tied),
        ),
        ("student_fixed", student(0.0, 0.0, CovarianceType::Diagonal)),
        ("student_weighted_kent", {
            let mut session = student(1.0, 1.0, CovarianceType::Spherical);
            session.handle(Command::SetWeights(Some(2)));
            session
        }),
        ("noise", noise),
        ("weighted", weighted),
        ("weighted_EEI", pooled),
    ] {
        steps(&mut session, 2);
        compare(name, &mut session, Script::Python, CLOSE, &[]);
    }
}

#[test]
#[ignore = "needs Spark: cargo xtask test scripts"]
fn spark_goes_on_with_mllib_and_with_sums_over_partitions() {
    // MLlib adds 2e-16 to every density, which shares outliers out evenly: here are none.
    let mut full = session_of(table(0.0, false));
    full.handle(Command::SetFloor(Floor::NONE));
    steps(&mut full, 2);
    let mut student = session(0.0);
    student.handle(Command::SetMethod(Model::Student, Algorithm::Em));
    student.handle(Command::SetCovariance(CovarianceType::Tied));
    student.handle(Command::SetWeights(Some(2)));
    steps(&mut student, 2);
    let engine = |found: Value| found["engine"].as_str().map(str::to_owned);
    let mllib = compare("spark_mllib", &mut full, Script::Spark, 1e-6, &[]);
    assert_eq!(engine(mllib).as_deref(), Some("mllib"));
    let sums = compare("spark_student", &mut student, Script::Spark, CLOSE, &[]);
    assert_eq!(engine(sums).as_deref(), Some("sums"));
}

/// The lines that the script for R prints: a name, then numbers.
fn r_lines(printed: &str, name: &str) -> Vec<f64> {
    let mut lines = printed.lines();
    let line = lines.find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {name} in {printed}"));
    line.split_whitespace()
        .map(|x| x.parse().unwrap())
        .collect()
}

#[test]
#[ignore = "needs R with mclust: cargo xtask test scripts"]
fn r_scores_every_family_and_goes_on_where_the_m_step_is_closed() {
    use CovarianceType::*;
    let mut cases: Vec<(CovarianceType, Model, usize)> = CovarianceType::SHAPES
        .map(|family| (family, Model::Gaussian, 2))
        .into();
    cases.push((Full, Model::Noise, 2));
    cases.push((Full, Model::Gaussian, 1));
    cases.push((Tied, Model::Gaussian, 1));
    for (family, model, d) in cases {
        let name = format!("mclust_{}_{model:?}_{d}", family.code());
        let mut session = session(0.0);
        session.handle(Command::SetColumns((0..d).collect()));
        session.handle(Command::SetCovariance(family));
        session.handle(Command::SetMethod(model, Algorithm::Em));
        session.handle(Command::SetFloor(Floor::NONE));
        steps(&mut session, 2);
        let folder = folder(&name);
        let data = write_data(&session, &folder);
        let path = folder.join("model.R");
        fs::write(&path, script(session.experiment(), Script::R).unwrap()).unwrap();
        let mut process = Process::new(program("MIXSCOPE_RSCRIPT"));
        let (printed, _) = output(process.arg(&path).arg(&data).args(["--iterations", "1"]));
        // With one column a row without the other is a row.
        let rows = if d == 1 { 301.0 } else { 300.0 };
        assert_eq!(r_lines(&printed, "rows"), [rows], "{name}");
        if d == 1 {
            continue;
        }
        let before = session.experiment().iterate().log_likelihood;
        assert_close(
            &name,
            &[before],
            &r_lines(&printed, "log_likelihood"),
            CLOSE,
        );
        session.handle(Command::Step);
        // The others iterate inside the M-step, each to a tolerance of its own.
        if matches!(
            family,
            Eii | Spherical | Eei | Evi | Diagonal | Tied | Eev | Evv | Full
        ) {
            let [mut weights, means, covariances, _] = parameters(&session);
            weights.extend(session.experiment().mixture().noise().map(|n| n.weight));
            let after = session.experiment().iterate().log_likelihood;
            assert_close(
                &name,
                &[after],
                &r_lines(&printed, "log_likelihood_after"),
                CLOSE,
            );
            assert_close(&name, &weights, &r_lines(&printed, "weights"), CLOSE);
            assert_close(&name, &means, &r_lines(&printed, "means"), CLOSE);
            assert_close(
                &name,
                &covariances,
                &r_lines(&printed, "covariances"),
                CLOSE,
            );
        }
    }
}

/// A model of every kind that a scoring function has.
fn scored() -> Vec<Session> {
    let kinds = [
        Model::Gaussian,
        Model::Noise,
        Model::Student,
        Model::Variational,
        Model::Process,
    ];
    let one = |model| {
        let mut session = session(1e6);
        session.handle(Command::SetMethod(model, Algorithm::Em));
        steps(&mut session, 3);
        session
    };
    kinds.map(one).into()
}

/// The log-densities of the first rows, as the engine and as a scoring function have them.
fn compare_scores(which: Script, name: &str, run: &dyn Fn(&Path, &str) -> String) {
    for (i, session) in scored().iter().enumerate() {
        let folder = folder(&format!("{name}_{i}"));
        let file = match which {
            Script::ScorePython => "score.py",
            _ => "score.mjs",
        };
        fs::write(
            folder.join(file),
            script(session.experiment(), which).unwrap(),
        )
        .unwrap();
        let columns = session.experiment().selection().source().table().columns();
        let row = |i: usize| [0, 1].map(|c| columns[c].numbers().unwrap()[i]);
        let rows: Vec<[f64; 2]> = (0..40).map(row).collect();
        let printed = run(&folder, &serde_json::to_string(&rows).unwrap());
        let found: Value = serde_json::from_str(&printed).unwrap();
        let density = log_density(
            session.experiment().selection().matrix(),
            &session.experiment().mixture(),
        )
        .unwrap();
        assert_close(name, &density[..40], &numbers(&found["densities"]), CLOSE);
        for (share, sum) in numbers(&found["sums"]).iter().map(|s| (s, 1.0)) {
            assert!((share - sum).abs() < 1e-9);
        }
    }
}

#[test]
#[ignore = "needs Python: cargo xtask test scripts"]
fn python_scoring_functions_give_the_densities_of_the_engine() {
    compare_scores(Script::ScorePython, "score_python", &|folder, rows| {
        let code = format!(
            "import json\nfrom score import score\nfound = [score(row) for row in {rows}]\nprint(json.dumps({{'densities': [f['log_density'] for f in found], 'sums': [sum(f['responsibilities'].values()) for f in found]}}))"
        );
        let mut process = Process::new(program("MIXSCOPE_PYTHON"));
        output(process.current_dir(folder).args(["-c", &code])).0
    });
}

#[test]
#[ignore = "needs Node: cargo xtask test scripts"]
fn node_scoring_functions_give_the_densities_of_the_engine() {
    compare_scores(Script::ScoreJavaScript, "score_node", &|folder, rows| {
        let code = format!(
            "import {{ score }} from './score.mjs';\nconst found = {rows}.map(score);\nconsole.log(JSON.stringify({{ densities: found.map((f) => f.logDensity), sums: found.map((f) => Object.values(f.responsibilities).reduce((a, b) => a + b)) }}));"
        );
        fs::write(folder.join("run.mjs"), code).unwrap();
        let mut process = Process::new(program("MIXSCOPE_NODE"));
        output(process.current_dir(folder).arg("run.mjs")).0
    });
}

#[test]
fn what_has_no_script_says_what_there_is_instead() {
    let mut session = session(0.0);
    session.handle(Command::SetMethod(Model::Student, Algorithm::Em));
    let why = script(session.experiment(), Script::R).unwrap_err();
    assert!(why.to_string().contains("Python"));
    session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
    let why = script(session.experiment(), Script::Python).unwrap_err();
    assert!(why.to_string().contains("JSON"));
}

#[test]
fn a_name_of_a_column_stays_a_text_in_every_script() {
    let names = [
        "\"); import os; os.system(\"",
        "@NAMES@\n'''\u{2028}alert(1)//",
    ];
    let columns =
        names.map(|name| Column::number(name, (0..30).map(|i| f64::from(i * i % 17)).collect()));
    let mut session = Session::new();
    session.open_table(
        Table::new("\"\"\"\nimport os", columns.into()),
        String::new(),
        Vec::new(),
    );
    for which in [
        Script::Python,
        Script::R,
        Script::Spark,
        Script::ScorePython,
        Script::ScoreJavaScript,
    ] {
        let text = script(session.experiment(), which).unwrap();
        for name in names {
            let quoted = serde_json::to_string(name)
                .unwrap()
                .replace('\u{2028}', "\\u2028");
            let plain = serde_json::to_string(name).unwrap();
            assert!(
                text.contains(&quoted) || text.contains(&plain),
                "{name} in {text}"
            );
        }
        assert!(!text.contains("\nimport os\"") && !text.contains("\n'''"));
    }
}
