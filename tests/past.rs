//! The past of a run: branches, events, undo of everything.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::fit::{Algorithm, Floor, InitMethod, Model};
use mixscope::session::{Command, EventKind, Session, View};

fn session(commands: &[Command]) -> Session {
    let mut session = Session::new();
    for command in commands {
        session.handle(command.clone());
        assert_eq!(session.view().problem, None, "{command:?}");
    }
    session
}

/// Old Faithful with two components from random points, some iterations on.
fn faithful(iterations: usize) -> Session {
    let mut s = session(&[
        Command::OpenBuiltin("faithful".into()),
        Command::SetComponents(2),
        Command::SetInit(InitMethod::RandomPoints),
    ]);
    steps(&mut s, iterations);
    s
}

fn steps(s: &mut Session, iterations: usize) {
    for _ in 0..iterations {
        s.handle(Command::Step);
    }
}

/// What a half-step shows, apart from the names of runs.
fn numbers(view: &View) -> (usize, usize, f64, Vec<f64>) {
    let means = view.components.iter().flat_map(|c| c.mean.clone());
    (
        view.position,
        view.last,
        view.log_likelihood,
        means.collect(),
    )
}

fn floor(value: f64) -> Command {
    Command::SetFloor(Floor::absolute(value))
}

#[test]
fn a_change_in_the_past_leaves_the_future_as_a_branch_to_which_one_can_return() {
    let mut s = faithful(20);
    let old = numbers(&s.view());
    s.handle(Command::Seek(10));
    s.handle(floor(0.1));
    assert_eq!(s.view().last, 10);
    steps(&mut s, 3);
    let new = numbers(&s.view());
    let past = s.past();
    assert_eq!(past.branches.len(), 1);
    let branch = &past.branches[0];
    assert_eq!(
        (branch.from, branch.last, branch.objectives.len()),
        (10, 40, 16)
    );
    assert!(
        branch.words.starts_with("floor 1e\u{2212}6"),
        "{}",
        branch.words
    );

    s.handle(Command::TakeBranch(branch.nth));
    assert_eq!(numbers(&s.view()), old);
    let left = s.past();
    assert_eq!(left.branches.len(), 1);
    assert_eq!((left.branches[0].from, left.branches[0].last), (10, 16));
    s.handle(Command::TakeBranch(left.branches[0].nth));
    assert_eq!(numbers(&s.view()), new);
    // Settings came with it.
    assert_eq!(s.view().settings.floor, Floor::absolute(0.1));
}

#[test]
fn undo_and_redo_keep_what_was_played_on_either_side_of_a_change() {
    let mut s = faithful(20);
    s.handle(Command::Seek(10));
    let before = numbers(&s.view());
    s.handle(floor(0.1));
    steps(&mut s, 7);
    let after = numbers(&s.view());
    s.handle(Command::Undo);
    assert_eq!(numbers(&s.view()), before);
    assert_eq!(s.past().branches[0].last, 24);
    s.handle(Command::Redo);
    assert_eq!(numbers(&s.view()), after);
    s.handle(Command::Undo);
    // Another change makes a redo impossible, but the branch is still there.
    s.handle(floor(0.2));
    steps(&mut s, 1);
    let lasts: Vec<usize> = s.past().branches.iter().map(|b| b.last).collect();
    assert_eq!(lasts, [24, 40]);
    s.handle(Command::TakeBranch(s.past().branches[0].nth));
    assert_eq!(numbers(&s.view()), after);
    s.handle(Command::Undo);
    assert_eq!((s.view().position, s.view().last), (12, 12));
}

#[test]
fn going_on_as_before_finds_the_future_that_was_there() {
    let mut s = faithful(20);
    let as_it_was = s.view().settings.floor;
    let all = numbers(&s.view());
    s.handle(Command::Seek(10));
    s.handle(floor(0.1));
    steps(&mut s, 2);
    s.handle(Command::Seek(10));
    s.handle(Command::SetFloor(as_it_was));
    assert_eq!(s.view().last, 40);
    s.handle(Command::Last);
    assert_eq!(numbers(&s.view()), all);
    assert_eq!(s.past().branches.len(), 1);
}

#[test]
fn a_change_at_the_end_of_a_run_leaves_no_branch() {
    let mut s = faithful(5);
    s.handle(floor(0.1));
    steps(&mut s, 5);
    s.handle(floor(0.2));
    assert!(s.past().branches.is_empty());
}

#[test]
fn other_axes_are_undone_too() {
    let mut s = session(&[
        Command::OpenBuiltin("iris".into()),
        Command::SetAxes { x: 2, y: 3 },
        Command::SetAxes { x: 1, y: 0 },
    ]);
    assert_eq!(s.view().data.axes, [1, 0]);
    s.handle(Command::Undo);
    assert_eq!(s.view().data.axes, [2, 3]);
    s.handle(Command::Redo);
    assert_eq!(s.view().data.axes, [1, 0]);
}

#[test]
fn a_new_run_leaves_the_old_curves_as_ghosts_the_last_first() {
    let mut s = faithful(5);
    for n in [3, 2] {
        s.handle(Command::NewStart);
        steps(&mut s, n);
    }
    s.handle(Command::NewStart);
    let lengths: Vec<usize> = s.past().ghosts.iter().map(Vec::len).collect();
    assert_eq!(lengths, [3, 4, 6]);
    s.handle(Command::OpenBuiltin("iris".into()));
    assert!(s.past().ghosts.is_empty());
}

#[test]
fn the_page_is_told_of_the_past_only_when_it_has_changed() {
    let mut s = faithful(20);
    s.handle(Command::Seek(10));
    s.handle(floor(0.1));
    assert!(s.new_past().is_some());
    assert!(s.new_past().is_none());
    s.handle(Command::Back);
    assert!(s.new_past().is_none());
    s.handle(Command::Undo);
    assert!(s.new_past().is_some());
}

fn kinds(s: &Session) -> Vec<(usize, EventKind)> {
    let past = s.past();
    past.events.iter().map(|e| (e.at, e.kind)).collect()
}

#[test]
fn settings_changed_on_the_way_are_pinned_where_they_act() {
    let mut s = faithful(4);
    s.handle(floor(0.1));
    steps(&mut s, 2);
    s.handle(Command::EStep);
    s.handle(Command::SetMethod(Model::Gaussian, Algorithm::Squarem));
    let changes: Vec<_> = s
        .past()
        .events
        .into_iter()
        .filter(|e| e.kind == EventKind::Change)
        .map(|e| (e.at, e.words))
        .collect();
    let words = |what: &str| format!("From here on: {what}.");
    assert_eq!(
        changes,
        [(8, words("floor 0.1")), (13, words("algorithm SQUAREM"))]
    );
}

#[test]
fn a_floor_that_makes_the_objective_fall_is_pinned_once_for_all_iterations_in_a_row() {
    let mut s = faithful(30);
    s.handle(floor(0.5));
    steps(&mut s, 3);
    let fell: Vec<_> = s.past().events;
    let fell: Vec<_> = fell.iter().filter(|e| e.kind == EventKind::Fall).collect();
    assert_eq!(fell.len(), 1, "{fell:?}");
    assert_eq!(fell[0].at, 62);
    assert!(
        fell[0]
            .words
            .contains("the floor added to each variance did")
    );
    let view = s.view();
    assert!(view.log_likelihood < -1130.27);
}

#[test]
fn a_collapse_is_pinned_to_the_half_step_after_which_nothing_goes_on() {
    // Five copies of one point, no floor: K = 3 from random points collapses for some seed.
    let mut text = String::from("x,y\n");
    for i in 0..60 {
        text += &format!(
            "{},{}\n",
            (i * 37 % 61) as f64 / 10.0,
            (i * 17 % 53) as f64 / 10.0
        );
    }
    text += &"20,20\n".repeat(5);
    let mut s = Session::new();
    s.open_csv("copies.csv", text.as_bytes());
    s.handle(Command::SetInit(InitMethod::KMeansPlusPlus));
    s.handle(floor(0.0));
    for seed in 1.. {
        assert!(seed < 50, "no seed collapses");
        s.handle(Command::SetSeed(seed));
        s.handle(Command::RunToConvergence);
        while s.is_running() {
            s.advance();
        }
        if s.experiment().run().failure().is_some() {
            break;
        }
    }
    let events = s.past().events;
    let last = events.last().unwrap();
    assert_eq!((last.at, last.kind), (s.view().last, EventKind::Collapse));
    assert!(last.words.contains("collapsed"), "{}", last.words);
}

#[test]
fn where_the_rule_held_is_pinned_and_stays_there_when_one_plays_on() {
    let mut s = faithful(0);
    s.handle(Command::RunToConvergence);
    while s.is_running() {
        s.advance();
    }
    let end = s.view().position;
    let converged = (end, EventKind::Converged);
    assert!(kinds(&s).contains(&converged), "{:?}", kinds(&s));
    steps(&mut s, 5);
    assert!(kinds(&s).contains(&converged));
    // Another tolerance, another place.
    s.handle(Command::SetTolerance(1e-2));
    let first = kinds(&s)
        .into_iter()
        .find(|(_, k)| matches!(k, EventKind::Stop | EventKind::Converged));
    assert!(first.unwrap().0 < end);
}

#[test]
fn an_e_step_in_which_many_points_change_hands_is_pinned() {
    let mut s = faithful(0);
    s.handle(Command::SetComponents(5));
    steps(&mut s, 40);
    let past = s.past();
    let moved: Vec<_> = past
        .events
        .iter()
        .filter(|e| e.kind == EventKind::Reassignment)
        .collect();
    assert!(!moved.is_empty(), "{:?}", past.events);
    for event in moved {
        // An E-step, and by its own numbers.
        assert_eq!(event.at % 2, 1);
        let run = s.experiment().run();
        let t = event.at / 2;
        let (a, b) = (&run.iterates()[t - 1].counts, &run.iterates()[t].counts);
        let moved: f64 = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum();
        assert!(0.5 * moved >= 0.005 * 272.0);
        assert!(event.words.contains(" of 272 points"), "{}", event.words);
    }
}

#[test]
fn a_component_split_by_hand_is_the_event_that_the_run_begins_with() {
    let mut s = faithful(20);
    s.handle(Command::Split(0));
    let first = &s.past().events[0];
    assert_eq!((first.at, first.kind), (0, EventKind::Restart));
    assert!(first.words.starts_with("A was split in two."));
}

#[test]
fn bound_and_gap_are_there_when_asked_for_and_make_the_log_likelihood() {
    let mut s = faithful(0);
    s.handle(Command::SetComponents(4));
    steps(&mut s, 5);
    assert!(s.past().bounds.is_empty() && s.past().explained.is_empty());
    s.handle(Command::Explain(true));
    let past = s.past();
    let iterations: Vec<usize> = past.bounds.iter().map(|b| b.iteration).collect();
    assert_eq!(iterations, [1, 2, 3, 4, 5]);
    let run = s.experiment().run();
    for b in &past.bounds {
        assert_eq!(b.log_likelihood, run.iterates()[b.iteration].log_likelihood);
        assert!((b.bound + b.gap - b.log_likelihood).abs() < 1e-12 * b.log_likelihood.abs());
        // Between the log-likelihood before the M-step and the one after it.
        assert!(b.bound > run.iterates()[b.iteration - 1].log_likelihood);
        assert!(b.gap > 0.0);
    }
    assert!(
        past.explained
            .starts_with("The M-step lifted the bound by ")
    );
    s.handle(Command::EStep);
    assert!(
        s.past()
            .explained
            .starts_with("The E-step closed a gap of ")
    );
    // A lower bound is what variational Bayes climbs itself.
    s.handle(Command::SetMethod(Model::Variational, Algorithm::Em));
    steps(&mut s, 2);
    assert!(s.past().bounds.is_empty());
    assert!(s.past().explained.starts_with("What this algorithm climbs"));
}
