//! Links: an experiment made into a text, and found again by it on another device.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::fit::{Algorithm, Floor, InitMethod, Knob, Model, Precision, StopRule};
use mixscope::mixture::CovarianceType;
use mixscope::session::link::{read, write};
use mixscope::session::{Command, Missing, Session, View};

fn session(commands: &[Command]) -> Session {
    let mut session = Session::new();
    act(&mut session, commands);
    session
}

fn act(session: &mut Session, commands: &[Command]) {
    for command in commands {
        session.handle(command.clone());
        while session.is_running() {
            session.advance();
        }
        assert_eq!(session.view().problem, None, "{command:?}");
    }
}

fn open(text: &str) -> Session {
    let mut session = Session::new();
    session.handle(Command::OpenLink(text.to_owned()));
    while session.is_running() {
        session.advance();
    }
    session
}

/// Everything that a page shows, to the last bit, but for what counts runs and data.
fn shown(view: &View) -> View {
    let mut view = view.clone();
    (view.run, view.data.version, view.trace_from) = (0, 0, 0);
    (view.last, view.limit) = (0, None);
    view.trace.clear();
    (view.can_undo, view.can_redo) = (false, false);
    view.status_detail.clear();
    view.data.provenance.clear();
    view.data.warnings.clear();
    view
}

#[track_caller]
fn comes_back(session: &mut Session) -> Session {
    let text = write(&session.link());
    let mut again = open(&text);
    let (before, after) = (session.view(), again.view());
    assert_eq!(after.problem, None, "{text}");
    let way = |s: &Session| -> Vec<u64> {
        let iterates = s.experiment().run().iterates()[..=after.position / 2].iter();
        iterates.map(|i| i.objective.to_bits()).collect()
    };
    assert_eq!(way(&again), way(session));
    assert_eq!(shown(&after), shown(&before), "{text}");
    // And its own link is the same.
    assert_eq!(write(&again.link()), text);
    again
}

fn floor(value: f64) -> Command {
    Command::SetFloor(Floor::absolute(value))
}

#[test]
fn the_page_as_it_opens_has_the_shortest_link() {
    assert_eq!(write(&Session::new().link()), "v=1&d=blobs");
    comes_back(&mut Session::new());
}

#[test]
fn an_exact_half_step_of_any_method_comes_back_to_the_last_bit() {
    let methods = [
        (Model::Gaussian, Algorithm::Em),
        (Model::Gaussian, Algorithm::Map),
        (Model::Gaussian, Algorithm::Squarem),
        (Model::Gaussian, Algorithm::Stochastic),
        (Model::Gaussian, Algorithm::Stepwise),
        (Model::Noise, Algorithm::Em),
        (Model::Student, Algorithm::Em),
        (Model::Variational, Algorithm::Em),
        (Model::Markov, Algorithm::Em),
    ];
    for (model, algorithm) in methods {
        let mut s = session(&[
            Command::OpenBuiltin("faithful".into()),
            Command::SetInit(InitMethod::RandomPoints),
            Command::SetSeed(u64::MAX),
            Command::SetMethod(model, algorithm),
        ]);
        for _ in 0..11 {
            s.handle(Command::Forward);
        }
        comes_back(&mut s);
    }
}

#[test]
fn single_precision_comes_back_too() {
    let mut s = session(&[
        Command::OpenBuiltin("faithful".into()),
        Command::SetInit(InitMethod::RandomPoints),
        Command::SetPrecision(Precision::Fast),
        Command::Step,
        Command::Step,
        Command::EStep,
    ]);
    comes_back(&mut s);
}

#[test]
fn settings_changed_on_the_way_act_where_they_did() {
    let mut s = session(&[
        Command::OpenBuiltin("iris".into()),
        Command::SetColumns(vec![2, 3]),
        Command::SetCovariance(CovarianceType::from_code("VEV").unwrap()),
        Command::Step,
        Command::Step,
        Command::EStep,
        floor(0.1),
        Command::Step,
        Command::SetMethod(Model::Gaussian, Algorithm::Classification),
        Command::SetTolerance(1e-9),
        Command::SetStopRule(StopRule::Limit),
        Command::SetMaxIterations(77),
        Command::SetSpeed(16.0),
        Command::Step,
        Command::EStep,
    ]);
    let again = comes_back(&mut s);
    assert_eq!(again.past().events.len(), s.past().events.len());
    // A change of another branch is not in it.
    s.handle(Command::Seek(3));
    s.handle(floor(0.2));
    comes_back(&mut s);
}

#[test]
fn components_split_and_merged_by_hand_come_back() {
    let mut s = session(&[
        Command::OpenBuiltin("faithful".into()),
        Command::SetComponents(2),
        Command::Step,
        Command::Split(1),
        Command::Step,
        floor(0.01),
        Command::Step,
        Command::Merge(0, 2),
        Command::Step,
        Command::SetInit(InitMethod::Given),
        Command::SetMethod(Model::Gaussian, Algorithm::Map),
        Command::SetKnob(Knob::PriorRows, 3.0),
        Command::SameStart,
        Command::Step,
        Command::EStep,
    ]);
    let again = comes_back(&mut s);
    assert_eq!(again.experiment().settings().init, InitMethod::Given);
}

#[test]
fn other_axes_come_back_and_the_link_is_one_change() {
    let mut s = session(&[
        Command::OpenBuiltin("iris".into()),
        Command::SetAxes { x: 3, y: 1 },
        Command::Step,
        floor(0.1),
        Command::Step,
    ]);
    let mut again = comes_back(&mut s);
    assert_eq!(again.view().data.axes, [3, 1]);
    again.handle(Command::Undo);
    assert_eq!(shown(&again.view()), shown(&Session::new().view()));
    again.handle(Command::Redo);
    assert_eq!(again.view().data.axes, [3, 1]);
}

const TABLE: &str = "name,x,w,y,kind\n\
    a,0.1,1,3e-5,one\nb,0.30000000000000004,2,1,two\nc,,1,2,one\nd,2.5,1,1.5,\ne,3,1,-1,two\n\
    f,4,3,2,\ng,1.25,1,0,\nh,1.5,1,7,\ni,2,1,6,\nj,0.7,1,5,\n";

#[test]
fn rows_of_ones_own_travel_in_the_link() {
    let mut s = Session::new();
    s.open_csv("a & b #1.csv", TABLE.as_bytes());
    act(
        &mut s,
        &[
            Command::SetColumns(vec![3, 1]),
            Command::SetComponents(2),
            Command::SetMissing(Missing::Fit),
            Command::SetWeights(Some(2)),
            Command::SetLabels(Some(4)),
            Command::Step,
            Command::Step,
        ],
    );
    let text = write(&s.link());
    let mut again = open(&text);
    let (before, after) = (s.view(), again.view());
    assert_eq!(after.problem, None);
    assert_eq!(after.data.name, "a & b #1.csv");
    assert_eq!(
        after.log_likelihood.to_bits(),
        before.log_likelihood.to_bits()
    );
    assert_eq!(after.components, before.components);
    assert_eq!(
        (after.data.n_labelled, after.data.n_fitted),
        (before.data.n_labelled, 10)
    );
    assert_eq!(after.data.bounds, before.data.bounds);
    assert_eq!(write(&again.link()), text);
}

fn large(rows: usize, shift: f64) -> Vec<u8> {
    let mut text = String::from("x,y\n");
    for i in 0..rows {
        let (x, y) = ((i * 37 % 61) as f64, (i * 17 % 53) as f64);
        text += &format!(
            "{},{}\n",
            x + if i % 2 == 0 { 80.0 } else { 0.0 },
            y + shift
        );
    }
    text.into_bytes()
}

#[test]
fn a_larger_file_is_named_and_asked_for_and_another_one_is_not_taken_for_it() {
    let mut s = Session::new();
    s.open_csv("large.csv", &large(400, 0.0));
    act(
        &mut s,
        &[
            Command::SetComponents(2),
            Command::Step,
            floor(0.5),
            Command::Step,
        ],
    );
    let text = write(&s.link());
    assert!(text.len() < 120, "{text}");
    let mut again = open(&text);
    let problem = again.view().problem.unwrap();
    assert_eq!(
        problem.what,
        "This link is about the file \u{201c}large.csv\u{201d}."
    );
    assert!(problem.remedy.contains("It has 400 rows"), "{problem:?}");
    // The page is as it was, until the file comes.
    assert_eq!(again.view().data.builtin.as_deref(), Some("blobs"));
    again.open_csv("large.csv", &large(400, 1.0));
    let problem = again.view().problem.unwrap();
    assert!(problem.what.contains("its rows differ"), "{problem:?}");
    again.open_csv("renamed.csv", &large(400, 0.0));
    while again.is_running() {
        again.advance();
    }
    let (before, after) = (s.view(), again.view());
    assert_eq!(after.problem, None);
    assert_eq!(after.position, before.position);
    assert_eq!(after.components, before.components);
    assert_eq!(after.settings, before.settings);
}

#[test]
fn what_a_link_asks_and_cannot_have_is_told_and_nothing_breaks() {
    for (text, told) in [
        (
            "k=99&d=faithful",
            "\u{201c}k\u{201d} should be a number from 1 to 32",
        ),
        ("d=faithful&c=7", "There is no column 8."),
        (
            "d=faithful&lb=0",
            "cannot be fitted and give the components",
        ),
        ("own=x:1,2,3;y:5,5,5&k=32", "32 components for 3 rows"),
        ("d=faithful&at=3&do=split.31&it=5", "Nothing was changed"),
        ("d=faithful&at=3&do=merge.1.1&it=5", "Nothing was changed"),
        ("d=faithful&mod=t&alg=squarem", "does not fit this model"),
        ("own=x::a,b,c", "has no column to fit"),
        ("own=x:1", "has no column to fit"),
    ] {
        let mut s = open(text);
        let problem = s.view().problem.unwrap_or_else(|| panic!("{text}"));
        assert!(problem.what.contains(told), "{text}: {problem:?}");
        assert!(s.view().log_likelihood.is_finite());
        assert!(!s.is_running());
        act(&mut s, &[Command::Step]);
    }
}

#[test]
fn a_run_that_ends_before_the_link_does_says_so() {
    // Five copies of one row, no floor: some seed leads to a component that sits on them.
    let mut table = String::from("x,y\n");
    for i in 0..60 {
        table += &format!("{},{}\n", i * 37 % 61, i * 17 % 53);
    }
    table += &"200,200\n".repeat(5);
    let mut s = Session::new();
    s.open_csv("copies.csv", table.as_bytes());
    act(
        &mut s,
        &[Command::SetInit(InitMethod::KMeansPlusPlus), floor(0.0)],
    );
    let text = (1..50).find_map(|seed| {
        act(&mut s, &[Command::SetSeed(seed), Command::RunToConvergence]);
        let collapsed = s.experiment().run().failure().is_some();
        collapsed.then(|| write(&s.link()))
    });
    let text = text.expect("a seed that collapses");
    let mut again = open(&text);
    assert_eq!(shown(&again.view()).components, s.view().components);
    let (there, _) = text.rsplit_once("&it=").expect("a half-step");
    let mut s = open(&format!("{there}&it=5000"));
    let problem = s.view().problem.unwrap();
    assert!(problem.what.contains("cannot go on"), "{problem:?}");
}

#[test]
fn a_link_can_be_left_on_its_way() {
    let mut s = Session::new();
    s.handle(Command::OpenLink("d=faithful&k=5&it=900000".into()));
    for _ in 0..10 {
        s.advance();
    }
    assert!(s.is_running());
    s.handle(Command::Pause);
    assert!(!s.is_running());
    assert_eq!(s.view().position, 22);
    act(&mut s, &[Command::Step]);
}

#[test]
fn a_link_that_is_written_is_read_without_a_complaint() {
    let (_, unread) = read(&write(&session(&[Command::FindBest(4)]).link()));
    assert!(unread.is_empty());
}
