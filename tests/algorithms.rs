//! What must hold for every algorithm: what it climbs, where it ends, what it remembers.
#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use mixscope::data::Matrix;
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Knob, Knobs, Model, Objective, Plan, Scheme, Settings,
    SettingsError, StopRule, start,
};
use mixscope::mixture::{Covariance, CovarianceType, Mixture};
use mixscope::session::{Command, Session, Status};
use proptest::prelude::*;

const ALL: [Algorithm; 10] = [
    Algorithm::Em,
    Algorithm::Map,
    Algorithm::Classification,
    Algorithm::Stochastic,
    Algorithm::MonteCarlo,
    Algorithm::Annealing,
    Algorithm::Stepwise,
    Algorithm::Subsample,
    Algorithm::Squarem,
    Algorithm::Daarem,
];

/// Those whose every iteration sees all rows and draws nothing.
const BATCH: [Algorithm; 5] = [
    Algorithm::Map,
    Algorithm::Classification,
    Algorithm::Annealing,
    Algorithm::Squarem,
    Algorithm::Daarem,
];

fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1usize..4, 40usize..330).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0).prop_map(|(group, v)| f64::from(group) * 4.0 + v);
        prop::collection::vec(prop::collection::vec(cell, n), d)
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..5, 0usize..4, any::<bool>(), 0u64..1000).prop_map(|(k, family, points, seed)| {
        Settings {
            n_components: k,
            covariance_type: CovarianceType::ALL[family],
            init: if points {
                InitMethod::RandomPoints
            } else {
                InitMethod::KMeansPlusPlus
            },
            seed,
            floor: Floor::NONE,
            knobs: short(),
            ..Settings::default()
        }
    })
}

/// Phases that are over within a dozen iterations.
fn short() -> Knobs {
    Knobs::default()
        .with(Knob::Stage, 6.0)
        .with(Knob::Rows, 120.0)
        .with(Knob::Passes, 2.0)
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

/// How far rounding may carry an algorithm in two iterations: one of DAAREM combines eleven
/// EM steps by a regression on differences that are nearly parallel.
fn rounding(algorithm: Algorithm) -> f64 {
    match algorithm {
        Algorithm::Daarem => 1e-3,
        _ => 1e-6,
    }
}

/// The states of a fit, until `n` iterations or a named collapse.
fn path(matrix: &Matrix, first: Mixture, plan: &Plan, n: usize) -> Vec<Em> {
    let mut path = vec![Em::new(matrix, first, plan)];
    for _ in 0..n {
        match path[path.len() - 1].iterate(matrix, plan) {
            Ok(em) => path.push(em),
            Err(_) => break,
        }
    }
    path
}

fn fitted(matrix: &Matrix, settings: &Settings, n: usize) -> Vec<Em> {
    let plan = Plan::new(settings, matrix);
    path(matrix, start(matrix, settings).unwrap(), &plan, n)
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

fn same_bits(a: &Em, b: &Em) -> bool {
    let covariances = |e: &Em| e.mixture().covariances().to_vec();
    a.mixture() == b.mixture()
        && a.objective().to_bits() == b.objective().to_bits()
        && a.expectation().sums == b.expectation().sums
        && covariances(a) == covariances(b)
}

/// Three groups of which two overlap: slow for EM.
fn slow() -> Matrix {
    let wave = |i: usize, a: usize, m: usize| ((i * a) % m) as f64 / m as f64 - 0.5;
    let noise = |i: usize, a: usize| {
        (1..6)
            .map(|j| wave(i * 7 + j * 13, a + 2 * j, 1009))
            .sum::<f64>()
    };
    let x: Vec<f64> = (0..900)
        .map(|i| [0.0, 1.3, 6.0][i % 3] + noise(i, 401))
        .collect();
    let y: Vec<f64> = (0..900)
        .map(|i| [0.0, 0.9, 1.0][i % 3] + noise(i, 523))
        .collect();
    matrix(&[x, y])
}

/// Iterations, objective and end of a fit that goes on until an iteration gains less than 1e-11 a row.
fn to_the_end(matrix: &Matrix, settings: &Settings) -> (usize, f64, Em) {
    let plan = Plan::new(settings, matrix);
    let mut em = Em::new(matrix, start(matrix, settings).unwrap(), &plan);
    for t in 0..20_000 {
        let next = em.iterate(matrix, &plan).unwrap();
        let gain = next.objective() - em.objective();
        em = next;
        if gain.abs() < 1e-11 * matrix.n_rows() as f64 && em.shown() == plan.objective() {
            return (t + 1, em.objective(), em);
        }
    }
    panic!("{:?} does not come to an end", settings.algorithm);
}

#[test]
fn accelerated_em_ends_where_em_does_after_fewer_e_steps() {
    let matrix = slow();
    let mut slow_cases = 0;
    for family in CovarianceType::ALL {
        let of = |algorithm| {
            let settings = Settings {
                algorithm,
                covariance_type: family,
                floor: Floor::NONE,
                ..Settings::default()
            };
            to_the_end(&matrix, &settings)
        };
        let (em, top, _) = of(Algorithm::Em);
        // E-steps of a cycle, at most: the first step, the extrapolation, its step or the
        // second; the first step, and twice the order where every proposal is refused.
        for (algorithm, e_steps) in [(Algorithm::Squarem, 4), (Algorithm::Daarem, 21)] {
            let (cycles, reached, _) = of(algorithm);
            slow_cases += usize::from(em >= 100);
            assert!(
                close(reached, top, 1e-7),
                "{family:?} {algorithm:?}: {reached} {top}"
            );
            assert!(
                em < 100 || cycles * e_steps < em,
                "{family:?} {algorithm:?}: {cycles} cycles, {em} iterations of EM"
            );
        }
    }
    assert!(slow_cases > 0);
}

#[test]
fn a_fit_goes_on_from_any_of_its_states_to_the_same_bits() {
    let matrix = slow();
    for covariance_type in CovarianceType::ALL {
        for algorithm in ALL {
            let settings = Settings {
                covariance_type,
                algorithm,
                init: InitMethod::RandomPoints,
                knobs: short().with(Knob::Rows, 300.0),
                ..Settings::default()
            };
            let plan = Plan::new(&settings, &matrix);
            let path = fitted(&matrix, &settings, 12);
            assert_eq!(path.len(), 13, "{algorithm:?}");
            for (t, em) in path.iter().enumerate() {
                let mut again = Em::resume(&matrix, em.state().clone(), &plan);
                // To the end from some, a little way from the others.
                let far = if t % 5 == 0 { 13 } else { 2 };
                for em in path[t..].iter().take(far) {
                    assert!(same_bits(&again, em), "{algorithm:?} from {t}");
                    again = again.iterate(&matrix, &plan).unwrap();
                }
            }
        }
    }
}

#[test]
fn every_family_can_be_fitted_by_every_algorithm_that_takes_it() {
    let matrix = slow();
    for covariance_type in CovarianceType::SHAPES {
        for algorithm in ALL {
            let settings = Settings {
                covariance_type,
                algorithm,
                knobs: short().with(Knob::Rows, 300.0),
                ..Settings::default()
            };
            if settings.check(&matrix).is_err() {
                continue;
            }
            let path = fitted(&matrix, &settings, 12);
            assert_eq!(path.len(), 13, "{covariance_type:?} {algorithm:?}");
            let climbing = path.iter().filter(|e| e.shown() == path[12].shown());
            let values: Vec<f64> = climbing.map(Em::objective).collect();
            for pair in values.windows(2) {
                // The floor of 1e-6 may cost a little.
                assert!(
                    pair[1] > pair[0] - 1e-3,
                    "{covariance_type:?} {algorithm:?} {values:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_shown_on_the_way_gives_way_to_the_likelihood() {
    let matrix = slow();
    let shown = |algorithm| {
        let settings = Settings {
            algorithm,
            knobs: short().with(Knob::Rows, 300.0),
            ..Settings::default()
        };
        let path = fitted(&matrix, &settings, 250);
        (
            path[1].shown(),
            path[250].shown(),
            path.iter().filter(|e| !e.shown().climbs()).count(),
        )
    };
    let end = Objective::LogLikelihood;
    assert_eq!(
        shown(Algorithm::Stochastic),
        (Objective::Stochastic, end, 6)
    );
    assert_eq!(
        shown(Algorithm::MonteCarlo),
        (Objective::Stochastic, end, 6)
    );
    assert_eq!(shown(Algorithm::Annealing), (Objective::Cooling, end, 6));
    assert_eq!(shown(Algorithm::Stepwise), (Objective::Batch, end, 6));
    let (first, last, _) = shown(Algorithm::Subsample);
    assert_eq!((first, last), (Objective::Subsample, end));
    let classification = Objective::Classification;
    assert_eq!(
        shown(Algorithm::Classification),
        (classification, classification, 0)
    );
}

#[test]
fn every_algorithm_but_the_hard_one_ends_where_em_stands_still() {
    let matrix = slow();
    for algorithm in ALL {
        let settings = Settings {
            algorithm,
            floor: Floor::NONE,
            knobs: short().with(Knob::Rows, 300.0),
            ..Settings::default()
        };
        let end = to_the_end(&matrix, &settings).2;
        let mut plain = Plan::new(&settings, &matrix);
        plain.scheme = Scheme::Em;
        let mut em = Em::resume(&matrix, end.state().clone(), &plain);
        for _ in 0..10 {
            em = em.iterate(&matrix, &plain).unwrap();
        }
        let gain = (em.objective() - end.objective()) / matrix.n_rows() as f64;
        let hard = algorithm == Algorithm::Classification;
        assert_eq!(gain.abs() < 1e-9, !hard, "{algorithm:?}: {gain}");
    }
}

#[test]
fn annealing_finds_six_spherical_groups_from_starts_that_mislead_em() {
    // Sums of eight uniform numbers about six centres.
    let uniform = |i: usize, j: usize| {
        let mut h = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ ((j as u64) << 20));
        h = (h ^ h >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((h ^ h >> 29) >> 11) as f64 / 9_007_199_254_740_992.0 - 0.5
    };
    let around = |centres: [f64; 6], salt: usize| -> Vec<f64> {
        let spread = |i| (0..8).map(|j| uniform(i, salt + 17 * j)).sum::<f64>();
        (0..600).map(|i| centres[i % 6] + spread(i)).collect()
    };
    let x = around([0.0, 4.0, 8.0, 0.0, 5.0, 9.0], 3);
    let y = around([0.0, 1.0, 0.0, 5.0, 6.0, 5.0], 400);
    let matrix = matrix(&[x, y]);
    let best = |algorithm| -> usize {
        let found = |seed: &u64| {
            let settings = Settings {
                algorithm,
                seed: *seed,
                n_components: 6,
                covariance_type: CovarianceType::Spherical,
                init: InitMethod::RandomPoints,
                ..Settings::default()
            };
            fitted(&matrix, &settings, 150)[150].log_likelihood() > -2551.5
        };
        (1..13).filter(found).count()
    };
    let (em, annealed) = (best(Algorithm::Em), best(Algorithm::Annealing));
    assert!(em <= 8 && annealed >= 11, "{em} {annealed}");
}

#[test]
fn one_batch_of_all_rows_with_a_step_of_one_is_an_iteration_of_em() {
    let matrix = slow();
    for covariance_type in CovarianceType::ALL {
        let settings = Settings {
            covariance_type,
            algorithm: Algorithm::Stepwise,
            knobs: Knobs::default()
                .with(Knob::Rows, 1e6)
                .with(Knob::StepOffset, 1.0),
            ..Settings::default()
        };
        let a = fitted(&matrix, &settings, 1);
        let b = fitted(
            &matrix,
            &Settings {
                algorithm: Algorithm::Em,
                ..settings
            },
            1,
        );
        assert!(close(a[1].log_likelihood(), b[1].log_likelihood(), 1e-13));
        for (a, b) in a[1].mixture().means().iter().zip(b[1].mixture().means()) {
            assert!(a.iter().zip(b).all(|(a, b)| close(*a, *b, 1e-12)));
        }
    }
}

#[test]
fn a_drawn_row_counts_as_its_weight_and_a_labelled_one_stays_with_its_component() {
    let n = 300;
    let x: Vec<f64> = (0..n).map(|i| f64::from(i * 37 % 101)).collect();
    let labels: Vec<u8> = (0..n).map(|i| if i % 10 == 0 { 1 } else { 255 }).collect();
    let matrix = matrix(&[x])
        .with_weights((0..n).map(|i| f64::from(i % 3)).collect())
        .unwrap()
        .with_labels(labels)
        .unwrap();
    let settings = Settings {
        n_components: 2,
        algorithm: Algorithm::Stochastic,
        ..Settings::default()
    };
    let labelled: f64 = (0..n).step_by(10).map(|i| f64::from(i % 3)).sum();
    for em in fitted(&matrix, &settings, 20) {
        let counts: Vec<f64> = em.expectation().sums.iter().map(|s| s.count).collect();
        assert_eq!(counts.iter().sum::<f64>(), matrix.total_weight());
        assert!(counts.iter().all(|c| c.fract() == 0.0), "{counts:?}");
        assert!(counts[1] >= labelled);
    }
}

#[test]
fn a_component_that_no_row_goes_to_keeps_its_place_with_weight_zero() {
    let x: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 23) * 0.1).collect();
    let matrix = matrix(&[x]);
    let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
    let means: Vec<Vec<f64>> = [0.2, 2.0, 4.5]
        .iter()
        .map(|m| vec![m - matrix.centre()[0]])
        .collect();
    let first = Mixture::new(
        CovarianceType::Full,
        vec![0.5, 0.5 - 1e-9, 1e-9],
        means.clone(),
        vec![unit; 3],
    )
    .unwrap();
    for algorithm in ALL {
        let settings = Settings {
            algorithm,
            knobs: short().with(Knob::Draws, 1.0),
            ..Settings::default()
        };
        let path = path(&matrix, first.clone(), &Plan::new(&settings, &matrix), 12);
        assert_eq!(path.len(), 13, "{algorithm:?}");
        assert!(path.iter().all(|e| e.objective().is_finite()));
        let drawn = [
            Algorithm::Classification,
            Algorithm::Stochastic,
            Algorithm::MonteCarlo,
        ];
        if drawn.contains(&algorithm) {
            let end = path[12].mixture();
            assert_eq!(
                (end.weights()[2], &end.means()[2]),
                (0.0, &means[2]),
                "{algorithm:?}"
            );
        }
    }
}

/// A session on Old Faithful, every command of which must be accepted.
fn session(commands: &[Command]) -> Session {
    let mut session = Session::new();
    let opened = [
        Command::OpenBuiltin("faithful".into()),
        Command::SetComponents(3),
    ];
    for command in opened.iter().chain(commands) {
        session.handle(command.clone());
        assert_eq!(session.view().problem, None, "{command:?}");
    }
    session
}

fn chosen(algorithm: Algorithm) -> Command {
    Command::SetMethod(Model::Gaussian, algorithm)
}

fn run(session: &mut Session) {
    session.handle(Command::RunToConvergence);
    while session.is_running() {
        session.advance();
    }
}

#[test]
fn every_algorithm_can_take_over_from_every_other_in_the_midst_of_a_run() {
    for before in ALL {
        for after in ALL.into_iter().filter(|a| *a != before) {
            let mut session = session(&[chosen(before), Command::SetKnob(Knob::Rows, 60.0)]);
            (0..4).for_each(|_| session.handle(Command::Step));
            let at = session.view();
            session.handle(chosen(after));
            let taken = session.view();
            assert_eq!(taken.problem, None, "{before:?} {after:?}");
            assert_eq!((at.run, at.position), (taken.run, taken.position));
            for _ in 0..4 {
                session.handle(Command::Step);
                let view = session.view();
                assert_ne!(view.status, Status::Collapsed, "{before:?} {after:?}");
                assert!(view.objective.is_finite() && view.bic.is_finite());
            }
            assert_eq!(session.view().position, 16);
            // And as if it had never been.
            session.handle(Command::Undo);
            session.handle(Command::Last);
            assert_eq!(session.view().components, at.components);
        }
    }
}

#[test]
fn noise_is_no_convergence_and_a_fit_ends_after_it() {
    for algorithm in ALL {
        let mut session = session(&[
            chosen(algorithm),
            Command::SetKnob(Knob::Stage, 30.0),
            Command::SetTolerance(10.0),
        ]);
        run(&mut session);
        let view = session.view();
        assert!(view.objective_kind.climbs(), "{algorithm:?}");
        assert_ne!(view.status, Status::IterationLimit);
        let stage = match algorithm {
            Algorithm::Stochastic | Algorithm::MonteCarlo | Algorithm::Annealing => 30,
            Algorithm::Stepwise => 45,
            _ => 0,
        };
        assert!(view.position > 2 * stage, "{algorithm:?} {}", view.position);
    }
}

#[test]
fn a_fall_on_the_way_is_not_blamed_on_the_floor() {
    for algorithm in [
        Algorithm::Stochastic,
        Algorithm::Annealing,
        Algorithm::Stepwise,
    ] {
        let mut session = session(&[chosen(algorithm), Command::SetMaxIterations(20)]);
        let mut before = f64::NEG_INFINITY;
        let mut falls = 0;
        for _ in 0..19 {
            session.handle(Command::Step);
            let view = session.view();
            falls += usize::from(view.objective < before);
            before = view.objective;
            assert_eq!(
                view.status,
                Status::Paused,
                "{algorithm:?}: {}",
                view.status_detail
            );
            assert_eq!(view.limit, None);
        }
        assert!(falls > 0, "{algorithm:?}");
        session.handle(Command::Step);
        assert_eq!(session.view().status, Status::IterationLimit);
    }
}

#[test]
fn each_rule_ends_a_run_where_it_says() {
    let slow = &[
        Command::SetTolerance(1e-3),
        Command::SetInit(InitMethod::RandomPoints),
    ];
    let ended = |rule| {
        let mut session = session(slow);
        session.handle(Command::SetStopRule(rule));
        session.handle(Command::Play);
        session.handle(Command::SetSpeed(0.0));
        while session.is_running() {
            session.advance();
        }
        let view = session.view();
        (view.status, view.position / 2)
    };
    let (status, gain) = ended(StopRule::Gain);
    assert_eq!(status, Status::StillClimbing);
    for rule in [StopRule::Limit, StopRule::Step] {
        let (status, t) = ended(rule);
        assert!(t > gain, "{rule:?} {t}");
        assert_eq!(status, Status::Converged, "{rule:?}");
    }
}

#[test]
fn what_an_algorithm_cannot_take_is_named_with_a_remedy() {
    let rows = slow();
    for algorithm in ALL {
        let with = |model, knobs| {
            Settings {
                algorithm,
                model,
                knobs,
                ..Settings::default()
            }
            .check(&rows)
        };
        let noise = with(Model::Noise, Knobs::default());
        if matches!(algorithm, Algorithm::Em | Algorithm::Map) {
            assert_eq!(noise.is_ok(), algorithm == Algorithm::Em);
            continue;
        }
        for family in CovarianceType::SHAPES {
            let shaped = Settings {
                algorithm,
                covariance_type: family,
                ..Settings::default()
            };
            let free = CovarianceType::ALL.contains(&family)
                || [CovarianceType::Eii, CovarianceType::Eei].contains(&family);
            let extrapolates = [Algorithm::Squarem, Algorithm::Daarem].contains(&algorithm);
            match extrapolates && !free {
                true => {
                    let error = shaped.check(&rows).unwrap_err();
                    assert_eq!(error, SettingsError::Family(algorithm));
                    assert!(error.to_string().contains("or EM"));
                }
                false => assert_eq!(shaped.check(&rows), Ok(())),
            }
        }
        let model = Model::Noise;
        assert_eq!(noise, Err(SettingsError::Method { model, algorithm }));
        assert!(noise.unwrap_err().to_string().contains("choose"));
        for (knob, value) in [
            (Knob::Rows, -1.0),
            (Knob::Rows, 2.5),
            (Knob::StepExponent, 0.4),
            (Knob::StepExponent, f64::NAN),
            (Knob::StepOffset, 0.0),
            (Knob::Passes, 0.0),
            (Knob::Shuffle, 2.0),
            (Knob::Beta, 0.0),
            (Knob::Stage, 0.0),
            (Knob::Draws, f64::INFINITY),
        ] {
            let error = with(Model::Gaussian, Knobs::default().with(knob, value)).unwrap_err();
            assert_eq!(error, SettingsError::Knob(knob));
            assert!(error.to_string().contains(knob.spec().name));
        }
    }
}

#[test]
fn batches_whose_rows_have_no_weight_change_nothing() {
    let x: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 101)).collect();
    let weights = (0..200).map(|i| f64::from(u8::from(i >= 100))).collect();
    let matrix = matrix(&[x]).with_weights(weights).unwrap();
    let settings = Settings {
        algorithm: Algorithm::Stepwise,
        n_components: 2,
        knobs: Knobs::default()
            .with(Knob::Rows, 50.0)
            .with(Knob::Shuffle, 0.0),
        ..Settings::default()
    };
    let path = fitted(&matrix, &settings, 30);
    assert_eq!(path.len(), 31);
    assert!(path.iter().all(|e| e.objective().is_finite()));
    for (a, b) in path[0]
        .mixture()
        .means()
        .iter()
        .zip(path[2].mixture().means())
    {
        assert!(close(a[0], b[0], 1e-12));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_promised_to_climb_never_falls(x in columns(), s in settings(), prior in any::<bool>()) {
        let matrix = matrix(&x);
        for algorithm in [Algorithm::Map, Algorithm::Classification, Algorithm::Squarem, Algorithm::Daarem] {
            let mut plan = Plan::new(&Settings { algorithm, ..s.clone() }, &matrix);
            if prior && algorithm != Algorithm::Classification {
                let map = Settings { algorithm: Algorithm::Map, ..s.clone() };
                plan.prior = Plan::new(&map, &matrix).prior;
            }
            let path = path(&matrix, start(&matrix, &s).unwrap(), &plan, 25);
            for pair in path.windows(2) {
                let (before, now) = (pair[0].objective(), pair[1].objective());
                prop_assert!(now >= before - 1e-9 * before.abs().max(1.0), "{algorithm:?} {before} {now}");
            }
        }
    }

    #[test]
    fn an_accelerated_iteration_gains_at_least_as_much_as_one_of_em(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let plain = fitted(&matrix, &s, 1);
        for algorithm in [Algorithm::Squarem, Algorithm::Daarem] {
            let fast = fitted(&matrix, &Settings { algorithm, ..s.clone() }, 1);
            if let ([_, fast], [_, plain]) = (fast.as_slice(), plain.as_slice()) {
                let (a, b) = (fast.objective(), plain.objective());
                prop_assert!(a >= b - 1e-9 * b.abs().max(1.0), "{algorithm:?} {a} {b}");
            }
        }
    }

    #[test]
    fn weights_stay_on_their_simplex_and_objectives_finite(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        for algorithm in ALL {
            let s = Settings { algorithm, floor: Floor::relative(1e-6), ..s.clone() };
            for em in fitted(&matrix, &s, 14) {
                let weights = em.mixture().weights();
                prop_assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
                prop_assert!(close(weights.iter().sum(), 1.0, 1e-12));
                prop_assert!(em.objective().is_finite());
                let n = matrix.n_rows() as f64;
                prop_assert!(close(em.counts(n).iter().sum(), n, 1e-9), "{algorithm:?}");
            }
        }
    }

    #[test]
    fn one_component_is_the_mean_and_the_variance_of_the_data(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let knobs = s.knobs.with(Knob::Rows, 60.0).with(Knob::Passes, 1.0);
        for algorithm in ALL {
            if algorithm == Algorithm::Map {
                continue;
            }
            let s = Settings { algorithm, n_components: 1, covariance_type: CovarianceType::Full, knobs, ..s.clone() };
            let path = fitted(&matrix, &s, 20);
            let end = path[path.len() - 1].mixture();
            for (j, column) in x.iter().enumerate() {
                let n = column.len() as f64;
                let mean = column.iter().sum::<f64>() / n;
                let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                prop_assert!(close(end.means()[0][j] + matrix.centre()[j], mean, 1e-9), "{algorithm:?}");
                prop_assert!(close(end.covariances()[0].get(j, j), variance, 1e-9), "{algorithm:?}");
            }
        }
    }

    #[test]
    fn a_weight_of_two_is_two_copies(x in columns(), s in settings()) {
        let s = Settings { floor: Floor::relative(1e-4), ..s };
        let once = matrix(&x).with_weights(vec![2.0; x[0].len()]).unwrap();
        let doubled: Vec<Vec<f64>> = x.iter().map(|c| c.iter().chain(c).copied().collect()).collect();
        let twice = matrix(&doubled);
        let first = start(&once, &s).unwrap();
        let offset: Vec<f64> = once.centre().iter().zip(twice.centre()).map(|(a, b)| a - b).collect();
        for algorithm in BATCH {
            let s = Settings { algorithm, ..s.clone() };
            let a = path(&once, first.clone(), &Plan::new(&s, &once), 2);
            let b = path(&twice, first.translated(&offset), &Plan::new(&s, &twice), 2);
            prop_assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(&b) {
                prop_assert!(close(a.objective(), b.objective(), rounding(algorithm)), "{algorithm:?} {} {}", a.objective(), b.objective());
            }
        }
    }

    /// Not those that draw rows or take them in order; annealing gives each component pushes of
    /// its own.
    #[test]
    fn the_order_of_rows_and_components_does_not_matter(x in columns(), s in settings()) {
        let s = Settings { floor: Floor::relative(1e-4), ..s };
        let ahead = matrix(&x);
        let back = matrix(&x.iter().map(|c| c.iter().rev().copied().collect()).collect::<Vec<_>>());
        let first = start(&ahead, &s).unwrap();
        let offset: Vec<f64> = ahead.centre().iter().zip(back.centre()).map(|(a, b)| a - b).collect();
        let k = first.n_components();
        let turned = Mixture::new(
            first.covariance_type(),
            (0..k).map(|c| first.weights()[(c + 1) % k]).collect(),
            (0..k).map(|c| first.means()[(c + 1) % k].clone()).collect(),
            (0..k).map(|c| first.covariances()[(c + 1) % k].clone()).collect(),
        ).unwrap();
        for algorithm in BATCH {
            let s = Settings { algorithm, ..s.clone() };
            let plan = Plan::new(&s, &ahead);
            let a = path(&ahead, first.clone(), &plan, 2);
            let b = path(&back, first.translated(&offset), &Plan::new(&s, &back), 2);
            let c = path(&ahead, turned.clone(), &plan, 2);
            prop_assert_eq!((a.len(), a.len()), (b.len(), c.len()));
            for (a, (b, c)) in a.iter().zip(b.iter().zip(&c)) {
                prop_assert!(close(a.objective(), b.objective(), rounding(algorithm)), "{algorithm:?} {} {}", a.objective(), b.objective());
                let own = algorithm == Algorithm::Annealing;
                prop_assert!(own || close(a.objective(), c.objective(), rounding(algorithm)), "{algorithm:?} {} {}", a.objective(), c.objective());
            }
        }
    }
}
