//! The session as the page drives it: stepping, going back, branching, collapse, refusal.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::fit::{Algorithm, Floor, InitMethod, Knob, METHODS, Model, Objective, StopRule};
use mixscope::mixture::CovarianceType;
use mixscope::session::{Command, DataView, Missing, Phase, Session, Status, View};
use mixscope::study::Health;

fn session(commands: &[Command]) -> Session {
    let mut session = Session::new();
    for command in commands {
        session.handle(command.clone());
        assert_eq!(session.view().problem, None, "{command:?}");
    }
    session
}

fn faithful(k: usize) -> Session {
    session(&[
        Command::OpenBuiltin("faithful".into()),
        Command::SetComponents(k),
    ])
}

fn run(session: &mut Session) -> View {
    session.handle(Command::RunToConvergence);
    while session.is_running() {
        session.advance();
    }
    session.view()
}

fn play(session: &mut Session) -> View {
    session.handle(Command::Play);
    while session.is_running() {
        session.advance();
    }
    session.view()
}

fn csv(rows: &[[f64; 2]]) -> Vec<u8> {
    let mut text = String::from("x,y\n");
    for [x, y] in rows {
        text.push_str(&format!("{x},{y}\n"));
    }
    text.into_bytes()
}

/// What a person reads of a half-step.
#[derive(Clone, Debug, PartialEq)]
struct Numbers {
    position: usize,
    iteration: usize,
    phase: Phase,
    log_likelihood: f64,
    components: Vec<(f64, Vec<f64>)>,
    caption: String,
}

fn numbers(view: &View) -> Numbers {
    let components = view.components.iter();
    Numbers {
        position: view.position,
        iteration: view.iteration,
        phase: view.phase,
        log_likelihood: view.log_likelihood,
        components: components.map(|c| (c.weight, c.mean.clone())).collect(),
        caption: view.caption.clone(),
    }
}

#[test]
fn the_page_opens_at_iteration_0_ready_to_play() {
    let view = Session::new().view();
    assert_eq!(
        (view.position, view.phase, view.status),
        (0, Phase::Start, Status::Ready)
    );
    assert!(view.caption.starts_with("Start."));
    assert!(view.log_likelihood.is_finite());
}

#[test]
fn every_built_in_set_converges_from_the_default_start() {
    for set in mixscope::data::builtin::all() {
        let view = run(&mut session(&[Command::OpenBuiltin(set.id.into())]));
        assert_eq!(
            view.status,
            Status::Converged,
            "{}: {}",
            set.id,
            view.status_detail
        );
    }
}

#[test]
fn old_faithful_comes_to_its_published_likelihood() {
    let view = run(&mut faithful(2));
    assert!((view.log_likelihood - -1130.264).abs() < 1e-3);
    assert!((view.bic - 2322.192).abs() < 1e-2);
    assert_eq!(view.n_parameters, 11);
}

#[test]
fn going_back_and_forth_is_exact() {
    let mut s = faithful(3);
    let mut seen = vec![numbers(&s.view())];
    for _ in 0..30 {
        s.handle(Command::Forward);
        seen.push(numbers(&s.view()));
    }
    for i in (0..30).rev() {
        s.handle(Command::Back);
        assert_eq!(numbers(&s.view()), seen[i]);
    }
    s.handle(Command::Last);
    assert_eq!(numbers(&s.view()), seen[30]);
    s.handle(Command::Seek(7));
    assert_eq!(numbers(&s.view()), seen[7]);
    s.handle(Command::First);
    for expected in &seen[1..] {
        s.handle(Command::Forward);
        assert_eq!(numbers(&s.view()), *expected);
    }
}

#[test]
fn e_and_m_do_what_they_say() {
    let mut s = faithful(2);
    let start = s.view();
    s.handle(Command::EStep);
    let e = s.view();
    assert_eq!((e.position, e.iteration, e.phase), (1, 1, Phase::E));
    assert_eq!(e.log_likelihood, start.log_likelihood);
    s.handle(Command::EStep);
    assert_eq!(s.view().position, 1);
    s.handle(Command::MStep);
    let m = s.view();
    assert_eq!((m.position, m.iteration, m.phase), (2, 1, Phase::M));
    assert!(m.log_likelihood > e.log_likelihood);
    s.handle(Command::MStep);
    assert_eq!(s.view().position, 4);
    s.handle(Command::Step);
    assert_eq!((s.view().position, s.view().iteration), (6, 3));
}

#[test]
fn the_same_start_repeats_and_a_new_start_takes_the_next_seed() {
    let mut s = session(&[
        Command::OpenBuiltin("aniso".into()),
        Command::SetInit(InitMethod::RandomPoints),
    ]);
    let first = run(&mut s);
    s.handle(Command::SameStart);
    assert_eq!(s.past().ghosts[0].len(), first.iteration + 1);
    assert_eq!(run(&mut s).log_likelihood, first.log_likelihood);
    s.handle(Command::NewStart);
    assert_eq!(s.view().settings.seed, first.settings.seed + 1);
}

#[test]
fn a_change_of_floor_in_the_past_branches_and_undo_brings_the_old_path_back() {
    let mut s = faithful(3);
    for _ in 0..10 {
        s.handle(Command::Step);
    }
    let before = numbers(&s.view());
    s.handle(Command::Seek(6));
    s.handle(Command::SetFloor(Floor::absolute(0.5)));
    let view = s.view();
    assert_eq!((view.position, view.last), (6, 6));
    s.handle(Command::Seek(6));
    for _ in 0..7 {
        s.handle(Command::Step);
    }
    assert_ne!(s.view().log_likelihood, before.log_likelihood);
    s.handle(Command::Undo);
    s.handle(Command::Last);
    assert_eq!(numbers(&s.view()), before);
    s.handle(Command::Redo);
    assert_eq!(s.view().settings.floor, Floor::absolute(0.5));
}

#[test]
fn undo_brings_back_data_settings_and_position() {
    let mut s = faithful(2);
    for _ in 0..5 {
        s.handle(Command::Step);
    }
    let before = numbers(&s.view());
    s.handle(Command::OpenBuiltin("iris".into()));
    s.handle(Command::SetComponents(5));
    s.handle(Command::Undo);
    s.handle(Command::Undo);
    let view = s.view();
    assert_eq!(numbers(&view), before);
    assert_eq!(view.data.builtin.as_deref(), Some("faithful"));
    assert_eq!(view.trace_from, 0);
    assert_eq!(view.trace.len(), 6);
}

#[test]
fn a_component_on_one_point_collapses_by_name_and_back_still_works() {
    // Five rows on one spot, and no floor: the component that owns them has no variance.
    let mut rows: Vec<[f64; 2]> = (0..60)
        .map(|i| [f64::from(i * 7 % 23), f64::from(i * 5 % 19)])
        .collect();
    rows.extend([[100.0, 100.0]; 5]);
    let mut s = Session::new();
    s.open_csv("dup.csv", &csv(&rows));
    for command in [
        Command::SetFloor(Floor::NONE),
        Command::SetInit(InitMethod::KMeansPlusPlus),
        Command::SetComponents(2),
    ] {
        s.handle(command);
        assert_eq!(s.view().problem, None);
    }
    let view = run(&mut s);
    assert_eq!(view.status, Status::Collapsed, "{view:?}");
    assert!(
        view.status_detail
            .contains("rows, among them 61, 62 and 63"),
        "{}",
        view.status_detail
    );
    assert!(view.log_likelihood.is_finite());
    let stuck_at = view.position;
    s.handle(Command::MStep);
    assert_eq!(
        (s.view().position, s.view().status),
        (stuck_at, Status::Collapsed)
    );
    s.handle(Command::Back);
    assert_eq!(s.view().position, stuck_at - 1);
    s.handle(Command::Last);
    s.handle(Command::SetFloor(Floor::relative(1e-3)));
    let cured = run(&mut s);
    assert_ne!(cured.status, Status::Collapsed);
    assert!(cured.position > stuck_at);
}

#[test]
fn with_a_floor_a_component_on_one_spot_is_spurious_and_not_converged() {
    let mut rows: Vec<[f64; 2]> = (0..60)
        .map(|i| [f64::from(i * 7 % 23), f64::from(i * 5 % 19)])
        .collect();
    rows.extend([[100.0, 100.0]; 5]);
    let mut s = Session::new();
    s.open_csv("dup.csv", &csv(&rows));
    s.handle(Command::SetComponents(2));
    let view = run(&mut s);
    assert_eq!(view.status, Status::Spurious, "{}", view.status_detail);
    assert!(
        view.components
            .iter()
            .any(|c| c.health == Health::Collapsed)
    );
}

#[test]
fn identical_components_are_a_saddle_and_never_called_converged() {
    let rows: Vec<[f64; 2]> = (0..40)
        .map(|i| [f64::from(i % 8), f64::from(i * 3 % 7)])
        .collect();
    let mut doubled = rows.clone();
    doubled.extend(rows);
    let mut s = Session::new();
    s.open_csv("twice.csv", &csv(&doubled));
    s.handle(Command::SetInit(InitMethod::RandomResponsibilities));
    s.handle(Command::SetCovariance(CovarianceType::Tied));
    s.handle(Command::SetComponents(2));
    s.handle(Command::SetTolerance(1e-3));
    let view = play(&mut s);
    assert!(
        matches!(view.status, Status::Plateau | Status::StillClimbing),
        "{:?} {}",
        view.status,
        view.status_detail
    );
}

#[test]
fn a_large_floor_makes_the_objective_fall_and_the_page_says_so() {
    let mut s = faithful(2);
    s.handle(Command::Seek(0));
    run(&mut s);
    s.handle(Command::SetFloor(Floor::relative(0.3)));
    s.handle(Command::Step);
    let view = s.view();
    assert_eq!(view.status, Status::FellByFloor);
    assert!(view.caption.contains("fell by"), "{}", view.caption);
}

#[test]
fn play_stops_at_the_tolerance_and_goes_on_when_asked_again() {
    let mut s = session(&[Command::OpenBuiltin("blobs".into())]);
    let first = play(&mut s);
    assert_eq!(
        first.status,
        Status::StillClimbing,
        "{}",
        first.status_detail
    );
    let second = play(&mut s);
    assert_eq!(second.status, Status::Converged, "{}", second.status_detail);
    assert!(second.iteration > first.iteration);
    let third = play(&mut s);
    assert!(third.iteration > second.iteration + 1);
}

#[test]
fn the_iteration_limit_stops_a_run() {
    let mut s = faithful(5);
    s.handle(Command::SetTolerance(0.0));
    s.handle(Command::SetMaxIterations(3));
    let view = run(&mut s);
    assert_eq!((view.status, view.iteration), (Status::IterationLimit, 3));
}

#[test]
fn what_cannot_be_done_is_a_problem_and_changes_nothing() {
    let mut s = faithful(2);
    s.handle(Command::Step);
    let before = s.view();
    let refused: Vec<Command> = vec![
        Command::OpenBuiltin("nowhere".into()),
        Command::SetColumns(vec![]),
        Command::SetColumns(vec![9]),
        Command::SetAxes { x: 0, y: 7 },
        Command::SetComponents(0),
        Command::SetComponents(33),
        Command::SetFloor(Floor::absolute(-1.0)),
        Command::SetFloor(Floor::absolute(f64::NAN)),
        Command::SetTolerance(f64::INFINITY),
        Command::SetMaxIterations(0),
    ];
    for command in refused {
        s.handle(command.clone());
        let view = s.view();
        let problem = view
            .problem
            .clone()
            .unwrap_or_else(|| panic!("{command:?} was accepted"));
        assert!(problem.what.len() > 10);
        assert_eq!(numbers(&view), numbers(&before), "{command:?}");
        assert_eq!(view.settings, before.settings);
    }
    s.open_csv("bad.csv", b"a,b\n1,2\n3,\"4\n5,6\n");
    let view = s.view();
    assert!(view.problem.is_some_and(|p| p.what.contains("bad.csv")));
    assert_eq!(view.data.builtin.as_deref(), Some("faithful"));
}

#[test]
fn rows_with_a_missing_value_are_left_out_and_counted() {
    let mut s = Session::new();
    s.open_csv("holes.csv", b"x,y\n1,2\n,3\n2,5\n4,NA\n3,1\n5,8\n");
    s.handle(Command::SetComponents(1));
    let view = s.view();
    assert_eq!((view.data.n_rows, view.data.n_fitted), (6, 4));
    assert!(view.log_likelihood.is_finite());
}

#[test]
fn more_columns_than_two_are_all_fitted_and_the_map_shows_a_projection() {
    let mut s = session(&[
        Command::OpenBuiltin("iris".into()),
        Command::SetAxes { x: 2, y: 0 },
    ]);
    let view = run(&mut s);
    assert_eq!(view.data.fitted, [0, 1, 2, 3]);
    assert_eq!(view.n_parameters, 44);
    for c in &view.components {
        assert_eq!(c.map_mean, [c.mean[2], c.mean[0]]);
        assert!((c.map_covariance[0] - c.std[2].powi(2)).abs() < 1e-12);
    }
    s.handle(Command::SetColumns(vec![3]));
    let view = run(&mut s);
    assert_eq!(view.data.axes, [3, 3]);
    assert_eq!(view.components[0].mean.len(), 1);
}

#[test]
fn the_trace_is_sent_in_pieces_that_fit_together() {
    let mut s = Session::new();
    let mut trace = Vec::new();
    let mut run_id = 0;
    let mut take = |view: View| {
        if view.run != run_id {
            (run_id, trace) = (view.run, Vec::new());
        }
        trace.truncate(view.trace_from);
        assert_eq!(trace.len(), view.trace_from);
        trace.extend(view.trace);
        trace.len()
    };
    take(s.view());
    for _ in 0..4 {
        s.handle(Command::Step);
        take(s.view());
    }
    s.handle(Command::Seek(4));
    assert_eq!(take(s.view()), 5);
    s.handle(Command::SetFloor(Floor::NONE));
    assert_eq!(take(s.view()), 3);
    s.handle(Command::Step);
    assert_eq!(take(s.view()), 4);
    s.handle(Command::NewStart);
    assert_eq!(take(s.view()), 1);
}

#[test]
fn no_hostile_table_makes_a_number_that_is_none() {
    let tables: [&[u8]; 7] = [
        b"x,y\n1,1\n1,1\n1,1\n1,1\n",
        b"x,y\n1e300,1\n-1e300,2\n0,3\n",
        b"x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n7,14\n8,16\n9,18\n10,20\n",
        b"x\n1\n2\n",
        b"x,y\n1e-300,1\n2e-300,2\n3e-300,5\n9e-300,4\n",
        b"x,y\n1,1\n2,2\n1e140,3\n4,1\n",
        b"a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n8,7,6,5,4,3,2,1\n1,1,2,2,3,3,4,4\n",
    ];
    for table in tables {
        for floor in [Floor::relative(1e-6), Floor::absolute(1e-6), Floor::NONE] {
            for family in CovarianceType::ALL {
                let mut s = Session::new();
                s.handle(Command::SetFloor(floor));
                s.open_csv("t.csv", table);
                s.handle(Command::SetCovariance(family));
                for k in [1, 2, 3] {
                    s.handle(Command::SetComponents(k));
                    let view = run(&mut s);
                    assert!(view.log_likelihood.is_finite() && view.bic.is_finite());
                    assert!(view.data.bounds.iter().all(|b| b.is_finite()));
                    for c in &view.components {
                        let all = c.mean.iter().chain(&c.std).chain(&c.map_covariance);
                        assert!(
                            all.chain([&c.weight, &c.points]).all(|v| v.is_finite()),
                            "{c:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_best_of_many_starts_is_found_run_and_can_be_undone() {
    let mut s = Session::new();
    s.handle(Command::OpenBuiltin("faithful".into()));
    s.handle(Command::SetComponents(3));
    s.handle(Command::SetInit(InitMethod::RandomPoints));
    let before = run(&mut s);
    s.handle(Command::FindBest(12));
    s.advance();
    let view = s.view();
    assert_eq!(view.status, Status::Running);
    assert!(
        view.status_detail.contains("of 12 starts"),
        "{}",
        view.status_detail
    );
    while s.is_running() {
        s.advance();
    }
    let best = s.view();
    assert!(best.log_likelihood >= before.log_likelihood - 1e-6);
    assert_ne!(best.run, before.run);
    assert!(
        best.status_detail.contains("the best of 12 starts"),
        "{}",
        best.status_detail
    );
    // The same seed leads there again.
    s.handle(Command::SameStart);
    assert_eq!(run(&mut s).log_likelihood, best.log_likelihood);
    s.handle(Command::Undo);
    s.handle(Command::Undo);
    assert_eq!(numbers(&s.view()), numbers(&before));
}

#[test]
fn a_search_ends_when_something_else_is_asked_and_leaves_the_run() {
    let mut s = Session::new();
    let before = s.view();
    s.handle(Command::FindBest(200));
    for _ in 0..20 {
        s.advance();
    }
    s.handle(Command::Pause);
    assert!(!s.is_running());
    assert_eq!(s.view().run, before.run);
    for n in [0, 201] {
        s.handle(Command::FindBest(n));
        assert!(s.view().problem.unwrap().remedy.contains("1 to 200"));
    }
}

#[test]
fn starts_that_all_collapse_are_told_of_and_none_is_crowned() {
    let mut s = Session::new();
    s.open_csv(
        "t.csv",
        b"x,y\n1,1\n1,1\n1,1\n5,5\n5,5\n5,5\n9,2\n9,2\n9,2\n",
    );
    s.handle(Command::SetComponents(3));
    let before = s.view();
    s.handle(Command::FindBest(5));
    while s.is_running() {
        s.advance();
    }
    let after = s.view();
    assert!(after.problem.unwrap().what.contains("None of 5 starts"));
    assert_eq!(after.run, before.run);
}

#[test]
fn a_split_and_a_merge_begin_new_runs_and_say_what_they_do_to_the_objective() {
    let mut s = Session::new();
    s.handle(Command::OpenBuiltin("faithful".into()));
    s.handle(Command::SetComponents(2));
    let two = run(&mut s);
    s.handle(Command::Split(0));
    let split = s.view();
    assert!(split.problem.is_none());
    assert_eq!((split.components.len(), split.position), (3, 0));
    assert_eq!(split.settings.n_components, 3);
    assert!(
        split
            .status_detail
            .contains("A was split in two. The log-likelihood falls by")
    );
    assert!((s.past().ghosts[0].last().unwrap() - two.objective).abs() < 1e-12);
    let three = run(&mut s);
    assert!(three.log_likelihood > two.log_likelihood);
    s.handle(Command::SameStart);
    assert_eq!(s.view().log_likelihood, split.log_likelihood);

    s.handle(Command::Merge(2, 0));
    let merged = s.view();
    assert_eq!(merged.components.len(), 2);
    assert!((run(&mut s).log_likelihood - two.log_likelihood).abs() < 1e-3);
    for _ in 0..3 {
        s.handle(Command::Undo);
    }
    assert_eq!(s.view().log_likelihood, two.log_likelihood);

    s.handle(Command::Merge(1, 1));
    assert!(
        s.view()
            .problem
            .unwrap()
            .what
            .contains("merged with itself")
    );
    s.handle(Command::Split(7));
    assert!(s.view().problem.unwrap().what.contains("no component H"));
}

#[test]
fn a_run_can_begin_where_another_ended_and_falls_back_when_that_does_not_fit() {
    let mut s = Session::new();
    s.handle(Command::OpenBuiltin("faithful".into()));
    s.handle(Command::SetComponents(2));
    let end = run(&mut s);
    s.handle(Command::SetInit(InitMethod::Given));
    let view = s.view();
    assert_eq!(
        (view.position, view.log_likelihood),
        (0, end.log_likelihood)
    );
    assert_eq!(view.settings.init, InitMethod::Given);
    s.handle(Command::SetComponents(3));
    let view = s.view();
    assert!(view.problem.is_none());
    assert_eq!(view.settings.init, InitMethod::KMeans);
}

#[test]
fn a_variational_fit_that_empties_components_has_converged_and_shows_the_bound() {
    for (model, heading) in [
        (Model::Variational, "Concentration"),
        (Model::Process, "Stick"),
    ] {
        let mut session = faithful(8);
        session.handle(Command::SetMethod(model, Algorithm::Em));
        session.handle(Command::SetMaxIterations(3000));
        let view = run(&mut session);
        assert_eq!(view.status, Status::Converged, "{}", view.status_detail);
        assert_eq!(view.objective_kind, Objective::LowerBound);
        assert_eq!(view.extra, heading);
        assert!(view.objective < view.log_likelihood);
        assert!(view.caption.contains("ELBO"), "{}", view.caption);
        let empty = |h: Health| view.components.iter().filter(|c| c.health == h).count();
        assert!(empty(Health::Empty) >= 4 && empty(Health::Good) >= 2);
        assert_eq!(empty(Health::Empty) + empty(Health::Good), 8);
        assert!(view.components.iter().all(|c| c.weight > 0.0));
        session.handle(Command::Split(0));
        let split = session.view();
        assert_eq!(
            (split.components.len(), split.extra),
            (9, heading.to_owned())
        );
    }
}

/// Two groups in x and y; every fourth row misses one of them, the ninth both; with a column
/// of weights, one of words, and one of numbers that are not whole.
fn holes_csv() -> Vec<u8> {
    let mut text = String::from("x,y,w,kind,odd\n");
    for i in 0..40 {
        let far = f64::from(i % 2) * 30.0;
        let (x, y) = (far + f64::from(i * 7 % 11), far + f64::from(i * 5 % 13));
        let kind = match i {
            0 | 2 => "round",
            1 | 3 => "long",
            _ => "",
        };
        let (x, y) = match i {
            8 => (String::new(), String::new()),
            i if i % 8 == 4 => (String::new(), y.to_string()),
            i if i % 8 == 0 => (x.to_string(), String::new()),
            _ => (x.to_string(), y.to_string()),
        };
        text.push_str(&format!(
            "{x},{y},{},{kind},{}\n",
            1 + i % 3,
            0.5 * f64::from(i)
        ));
    }
    text.into_bytes()
}

fn holes() -> Session {
    let mut s = Session::new();
    s.open_csv("holes.csv", &holes_csv());
    for command in [Command::SetColumns(vec![0, 1]), Command::SetComponents(2)] {
        s.handle(command);
    }
    assert_eq!(s.view().problem, None);
    s
}

#[test]
fn rows_that_miss_a_value_can_be_fitted_and_undo_leaves_them_out_again() {
    let mut s = holes();
    let dropped = run(&mut s);
    assert_eq!(
        (dropped.data.missing, dropped.data.n_incomplete),
        (Missing::Drop, 10)
    );
    assert_eq!((dropped.data.n_rows, dropped.data.n_fitted), (40, 30));
    assert_eq!(dropped.data.n_not_drawn, 0);
    s.handle(Command::SetMissing(Missing::Fit));
    let start = s.view();
    assert_eq!((start.problem, start.position), (None, 0));
    assert_eq!((start.data.n_fitted, start.data.n_not_drawn), (40, 10));
    assert!(start.data.bounds.iter().all(|b| b.is_finite()));
    assert_ne!(start.data.version, dropped.data.version);
    let fitted = run(&mut s);
    assert_eq!(fitted.status, Status::Converged, "{}", fitted.status_detail);
    let points: f64 = fitted.components.iter().map(|c| c.points).sum();
    assert!((points - 40.0).abs() < 1e-9);
    // Kept with other columns, where fewer rows miss something.
    s.handle(Command::SetColumns(vec![0]));
    let one = s.view();
    assert_eq!((one.data.missing, one.data.n_incomplete), (Missing::Fit, 6));
    s.handle(Command::Undo);
    s.handle(Command::Undo);
    assert_eq!(numbers(&s.view()), numbers(&dropped));
    assert_eq!(s.view().data, dropped.data);
}

#[test]
fn a_model_that_cannot_take_holes_is_refused_with_a_way_out_and_nothing_changes() {
    let mut s = holes();
    s.handle(Command::SetMissing(Missing::Fit));
    let before = s.view();
    s.handle(Command::SetMethod(Model::Noise, Algorithm::Em));
    let view = s.view();
    let problem = view.problem.clone().unwrap();
    assert!(problem.what.contains("missing"), "{problem:?}");
    assert_eq!(problem.remedy, "Choose EM, or leave those rows out.");
    assert_eq!(view.settings, before.settings);
    assert_eq!(numbers(&view), numbers(&before));
    s.handle(Command::SetMissing(Missing::Drop));
    s.handle(Command::SetMethod(Model::Noise, Algorithm::Em));
    assert_eq!(s.view().problem, None);
    s.handle(Command::SetMissing(Missing::Fit));
    assert_eq!(s.view().problem, Some(problem));
    assert_eq!(s.view().data.missing, Missing::Drop);
}

#[test]
fn a_column_can_weigh_the_rows() {
    let mut s = holes();
    s.handle(Command::SetWeights(Some(2)));
    let view = run(&mut s);
    assert_eq!((view.problem, view.data.weights), (None, Some(2)));
    let points: f64 = view.components.iter().map(|c| c.points).sum();
    let used = |i: &usize| !i.is_multiple_of(4);
    let weight: usize = (0..40).filter(used).map(|i| 1 + i % 3).sum();
    assert!((points - weight as f64).abs() < 1e-9);
    for (column, words) in [(0, "at once"), (3, "holds no numbers"), (9, "no column 10")] {
        s.handle(Command::SetWeights(Some(column)));
        let problem = s.view().problem.unwrap();
        assert!(problem.what.contains(words), "{problem:?}");
        assert_eq!(s.view().data.weights, Some(2));
    }
    // A column cannot become fitted while it weighs the rows.
    s.handle(Command::SetColumns(vec![0, 2]));
    assert!(s.view().problem.unwrap().what.contains("\u{201c}w\u{201d}"));
    s.handle(Command::SetWeights(None));
    assert_eq!(s.view().data.weights, None);
}

#[test]
fn a_column_can_name_the_components_of_some_rows() {
    let mut s = holes();
    s.handle(Command::SetComponents(1));
    s.handle(Command::SetMissing(Missing::Fit));
    s.handle(Command::SetLabels(Some(3)));
    let view = s.view();
    assert_eq!((view.problem, view.data.labels), (None, Some(3)));
    assert_eq!(view.data.label_names, ["round", "long"]);
    assert_eq!((view.data.n_labelled, view.settings.n_components), (4, 2));
    let view = run(&mut s);
    // The labels say which is which: A is the group near 0, B the one near 30.
    assert!(view.components[0].mean[0] < 15.0 && view.components[1].mean[0] > 15.0);
    s.handle(Command::SetComponents(1));
    let problem = s.view().problem.unwrap();
    assert!(problem.what.contains("at least 2"), "{problem:?}");
    s.handle(Command::SetLabels(Some(4)));
    let problem = s.view().problem.unwrap();
    assert!(problem.what.contains("Row 2 ") && problem.what.contains("\u{201c}odd\u{201d}"));
    s.handle(Command::Undo);
    let view = s.view();
    assert_eq!((view.data.labels, view.settings.n_components), (None, 1));
}

#[test]
fn parameters_as_they_stood_are_not_taken_to_another_centre() {
    // Where the rows left out lie elsewhere, the matrix has another centre.
    let mut text = String::from("x,y\n");
    for i in 0..20 {
        text.push_str(&format!(
            "{},{}\n",
            1000 + i % 7,
            if i % 4 == 0 {
                String::new()
            } else {
                i.to_string()
            }
        ));
    }
    let mut s = Session::new();
    s.open_csv("far.csv", text.as_bytes());
    s.handle(Command::SetColumns(vec![0, 1]));
    s.handle(Command::SetComponents(1));
    s.handle(Command::SetInit(InitMethod::Given));
    s.handle(Command::SetMissing(Missing::Fit));
    let view = s.view();
    assert_eq!(view.problem, None);
    let mean = view.components[0].mean[0];
    assert!((1000.0..1007.0).contains(&mean), "{mean}");
}

#[test]
fn a_session_begun_anew_takes_everything_that_was_chosen() {
    // Refused if taken one after another: few rows are complete, the settings hold only of them all.
    let mut text = String::from("x,y,z,w,kind\n");
    for i in 0..30 {
        let z = if i < 2 { i.to_string() } else { String::new() };
        let kind = ["a", "b", "", ""][i % 4];
        text.push_str(&format!(
            "{},{},{z},{},{kind}\n",
            i * 7 % 11,
            i * i % 13,
            1 + i % 3
        ));
    }
    let all = [
        Command::SetMissing(Missing::Fit),
        Command::SetColumns(vec![0, 1, 2]),
        Command::SetAxes { x: 1, y: 0 },
        Command::SetWeights(Some(3)),
        Command::SetLabels(Some(4)),
        Command::SetSequences(Some(3)),
        Command::SetComponents(4),
        Command::SetCovariance(CovarianceType::Diagonal),
        Command::SetMethod(Model::Gaussian, Algorithm::Map),
        Command::SetKnob(Knob::PriorRows, 2.0),
        Command::SetKnob(Knob::PriorWeight, 0.5),
        Command::SetKnob(Knob::Draws, 7.0),
        Command::SetInit(InitMethod::RandomResponsibilities),
        Command::SetSeed(9),
        Command::SetFloor(Floor::absolute(1e-3)),
        Command::SetStopRule(StopRule::Step),
        Command::SetTolerance(1e-4),
        Command::SetMaxIterations(77),
        Command::SetSpeed(0.0),
    ];
    let again = |before: &mut Session, file: bool| {
        before.handle(Command::SameStart);
        let before = before.view();
        assert_eq!((&before.problem, before.position), (&None, 0));
        let mut fresh = Session::new();
        if file {
            fresh.open_csv("all.csv", text.as_bytes());
        }
        for command in before.choices() {
            fresh.handle(command.clone());
            assert_eq!(fresh.view().problem, None, "{command:?}");
        }
        let view = fresh.view();
        assert_eq!(view.settings, before.settings);
        assert_eq!(view.speed, before.speed);
        assert_eq!(numbers(&view), numbers(&before));
        let version = view.data.version;
        assert_eq!(
            view.data,
            DataView {
                version,
                ..before.data
            }
        );
    };
    let mut s = Session::new();
    s.open_csv("all.csv", text.as_bytes());
    for command in all {
        s.handle(command.clone());
        assert_eq!(s.view().problem, None, "{command:?}");
    }
    again(&mut s, true);
    // With one algorithm after another, on a built-in set.
    for method in METHODS {
        let mut s = session(&[
            Command::OpenBuiltin("faithful".into()),
            Command::SetComponents(5),
            Command::SetMethod(method.model, method.algorithm),
        ]);
        for &knob in method.knobs {
            let spec = knob.spec();
            let value = if spec.default == spec.min {
                spec.max
            } else {
                spec.min
            };
            let settings = s.view().settings;
            s.handle(Command::SetKnob(knob, value));
            if s.view().problem.is_some() {
                assert_eq!(s.view().settings, settings);
            }
        }
        again(&mut s, false);
    }
}

#[test]
fn parameters_that_were_given_come_back_as_k_means() {
    let mut s = faithful(2);
    run(&mut s);
    s.handle(Command::Split(0));
    let view = s.view();
    assert_eq!(view.settings.init, InitMethod::Given);
    let fresh = session(&view.choices()).view();
    assert_eq!(fresh.settings.init, InitMethod::KMeans);
    assert_eq!(numbers(&fresh), numbers(&faithful(3).view()));
}

#[test]
fn the_component_to_merge_with_is_the_nearest_one() {
    let mut s = faithful(2);
    assert!(run(&mut s).can_split);
    s.handle(Command::Split(0));
    // The two halves, A and C, are nearer to each other than to B.
    let nearest = |s: &mut Session| -> Vec<Option<usize>> {
        s.view().components.iter().map(|c| c.nearest).collect()
    };
    let [a, b, c] = nearest(&mut s)[..] else {
        panic!("three components")
    };
    assert_eq!((a, c), (Some(2), Some(0)));
    assert!(b.is_some_and(|b| b != 1));
    s.handle(Command::RunToConvergence);
    assert_eq!(nearest(&mut s), [None; 3]);
    s.handle(Command::Pause);
    assert_eq!(nearest(&mut s).iter().flatten().count(), 3);
    s.handle(Command::SetComponents(1));
    assert_eq!(nearest(&mut s), [None]);
    assert!(s.view().can_split);
    s.handle(Command::SetComponents(32));
    assert!(!s.view().can_split);
    s.handle(Command::SetComponents(2));
    // Chains and t components are not edited by hand.
    for model in [Model::Student, Model::Markov] {
        s.handle(Command::SetMethod(model, Algorithm::Em));
        assert_eq!(
            (nearest(&mut s), s.view().can_split),
            (vec![None; 2], false)
        );
    }
}

#[test]
fn a_chain_starts_anew_where_the_sequence_column_changes() {
    // Two sequences that each begin low and end high: apart, no step leads from high to low.
    let mut text = String::from("x,run\n");
    for i in 0..40 {
        let high = i % 20 >= 10;
        let noise = f64::from(i * 7 % 11) * 0.05;
        text.push_str(&format!(
            "{},{}\n",
            noise + 5.0 * f64::from(u8::from(high)),
            i / 20
        ));
    }
    let mut s = Session::new();
    s.open_csv("runs.csv", text.as_bytes());
    for command in [
        Command::SetColumns(vec![0]),
        Command::SetComponents(2),
        Command::SetMethod(Model::Markov, Algorithm::Em),
    ] {
        s.handle(command.clone());
        assert_eq!(s.view().problem, None, "{command:?}");
    }
    let stays = |s: &mut Session| -> Vec<f64> {
        let view = run(s);
        view.components.iter().filter_map(|c| c.extra).collect()
    };
    // Of one sequence, the high state is left once: 19 of its 20 rows have a row after them.
    let together = stays(&mut s);
    assert!(together.iter().all(|&p| p < 0.999), "{together:?}");
    s.handle(Command::SetSequences(Some(1)));
    let data = s.view().data;
    assert_eq!((data.sequences, data.n_sequences), (Some(1), 2));
    let apart = stays(&mut s);
    assert_eq!(apart.iter().filter(|&&p| p > 0.999).count(), 1, "{apart:?}");
    s.handle(Command::SetSequences(Some(0)));
    let problem = s.view().problem.unwrap();
    assert!(problem.what.contains("\u{201c}x\u{201d}"), "{problem:?}");
}

#[test]
fn a_variational_fit_says_how_many_components_it_needs() {
    let mut s = faithful(6);
    assert_eq!(s.view().needed, "");
    s.handle(Command::SetMethod(Model::Variational, Algorithm::Em));
    s.handle(Command::SetKnob(Knob::Concentration, 1e-3));
    let view = run(&mut s);
    let held = view.components.iter().filter(|c| c.points >= 1.0).count();
    assert!(held < 6);
    let words = format!("{held} of 6 components hold a row or more.");
    assert!(view.needed.starts_with(&words), "{}", view.needed);
}

#[test]
fn after_a_split_the_best_of_many_starts_comes_from_k_means() {
    let mut s = faithful(2);
    run(&mut s);
    s.handle(Command::Split(0));
    s.handle(Command::FindBest(3));
    while s.is_running() {
        s.advance();
    }
    let view = s.view();
    assert_eq!(view.problem, None);
    assert_eq!(view.settings.init, InitMethod::KMeans);
    assert!(view.status_detail.contains("the best of 3 starts"));
}
