//! A component of constant density beside normal ones.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::data::Matrix;
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Knob, Knobs, Model, Plan, Random, Settings, StartError,
    start, strongest,
};
use mixscope::session::{Command, Session};
use proptest::prelude::*;

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

fn settings(k: usize) -> Settings {
    Settings {
        n_components: k,
        model: Model::Noise,
        floor: Floor::NONE,
        ..Settings::default()
    }
}

fn run(matrix: &Matrix, settings: &Settings, n: usize) -> Vec<Em> {
    let plan = Plan::new(settings, matrix);
    let mut path = vec![Em::new(matrix, start(matrix, settings).unwrap(), &plan)];
    for _ in 0..n {
        match path[path.len() - 1].iterate(matrix, &plan) {
            Ok(em) => path.push(em),
            Err(_) => break,
        }
    }
    path
}

/// Two blobs of 400 rows, and `n` rows of noise over [-10, 10] x [-10, 10] after them.
fn two_blobs(n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    let mut columns = vec![Vec::new(), Vec::new()];
    for i in 0..800 + n {
        for column in &mut columns {
            let centre = if i < 400 { -3.0 } else { 4.0 };
            // Irwin and Hall: nearly normal, sd 0.5.
            let blob: f64 = (0..12).map(|_| random.uniform() - 0.5).sum::<f64>() * 0.5;
            let anywhere = 20.0 * random.uniform() - 10.0;
            column.push(if i < 800 { centre + blob } else { anywhere });
        }
    }
    columns
}

#[test]
fn the_share_of_uniform_noise_around_two_blobs_is_found() {
    for (n, seed) in [(80, 1), (200, 2), (800, 3)] {
        let x = two_blobs(n, seed);
        let matrix = matrix(&x);
        let path = run(&matrix, &settings(2), 200);
        let last = &path[path.len() - 1];
        let share = last.mixture().noise().unwrap().weight;
        let truth = n as f64 / (800 + n) as f64;
        assert!((share - truth).abs() < 0.03, "{share} for {truth}");
        let kept: f64 = last.mixture().weights().iter().sum();
        assert!((kept + share - 1.0).abs() < 1e-12);
        // K is the label of noise.
        let labels = strongest(&matrix, last.mixture());
        let far = |i: &usize| x[0][*i].abs() > 7.5 || x[1][*i].abs() > 7.5;
        let outside: Vec<usize> = (800..800 + n).filter(far).collect();
        assert!(!outside.is_empty() && outside.iter().all(|&i| labels[i] == 2));
        let blob = |i: usize| if i < 400 { labels[0] } else { 1 - labels[0] };
        let wrong = (0..800).filter(|&i| labels[i] != blob(i)).count();
        assert!(wrong < 20, "{wrong}");
    }
}

#[test]
fn rows_without_noise_leave_it_next_to_nothing() {
    let x = two_blobs(0, 5);
    let path = run(&matrix(&x), &settings(2), 300);
    let share = path[path.len() - 1].mixture().noise().unwrap().weight;
    assert!(share < 0.02, "{share}");
}

#[test]
fn the_density_is_that_of_the_box_of_the_rows_that_count() {
    let x = vec![vec![0.0, 1.0, 4.0, 100.0], vec![-3.0, 5.0, 0.0, 1e4]];
    let s = settings(1);
    let weighted = matrix(&x).with_weights(vec![1.0, 2.0, 1.0, 0.0]).unwrap();
    let noise = start(&weighted, &s).unwrap().noise().unwrap();
    assert!((noise.log_density + 32f64.ln()).abs() < 1e-14);
    assert_eq!(noise.weight, Knob::NoiseShare.spec().default);
    let noise = start(&matrix(&x), &s).unwrap().noise().unwrap();
    assert!((noise.log_density + (100.0 * 10_003f64).ln()).abs() < 1e-12);
}

#[test]
fn a_constant_column_has_no_box_whatever_the_floor() {
    let x = vec![(0..50).map(f64::from).collect(), vec![0.1; 50]];
    for floor in [Floor::NONE, Floor::absolute(1.0)] {
        for (model, algorithm) in [
            (Model::Noise, Algorithm::Em),
            (Model::Gaussian, Algorithm::Map),
        ] {
            let s = Settings {
                model,
                algorithm,
                floor,
                ..settings(2)
            };
            let error = start(&matrix(&x), &s).unwrap_err();
            let said = error.to_string();
            if floor == Floor::NONE && model == Model::Noise {
                assert!(matches!(
                    error,
                    StartError::Constant { column: 1 } | StartError::NoSpread { column: 1 }
                ));
            } else {
                assert_eq!(error, StartError::NoSpread { column: 1 });
            }
            assert!(
                said.contains("column 2") && said.contains("leave it out"),
                "{said}"
            );
        }
    }
}

#[test]
fn the_session_names_noise_in_its_captions_and_its_table() {
    let mut session = Session::new();
    let x = two_blobs(200, 7);
    let rows = (0..x[0].len()).map(|i| format!("{},{}\n", x[0][i], x[1][i]));
    let text = format!("a,b\n{}", rows.collect::<String>());
    session.open_csv("blobs.csv", text.as_bytes());
    session.handle(Command::SetComponents(2));
    session.handle(Command::SetMethod(Model::Noise, Algorithm::Em));
    let mut named = false;
    for _ in 0..60 {
        session.handle(Command::Forward);
        let view = session.view();
        assert_eq!(view.problem, None);
        assert_eq!(view.components.len(), 2);
        assert_eq!(view.n_parameters, 1 + 4 + 6 + 1);
        let [weight, points] = view.noise.unwrap();
        assert!((0.0..1.0).contains(&weight) && points >= 0.0);
        assert!(!view.caption.contains(" C"), "{}", view.caption);
        named |= view.caption.contains("to noise");
    }
    assert!(named);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_likelihood_never_falls(
        n in 1usize..300, seed in 0u64..1000, k in 1usize..5, share in 0.001f64..0.9, random in 0u8..2,
    ) {
        let matrix = matrix(&two_blobs(n, seed));
        let init = if random == 1 { InitMethod::RandomPoints } else { InitMethod::KMeans };
        let s = Settings { init, seed, knobs: Knobs::default().with(Knob::NoiseShare, share), ..settings(k) };
        let path = run(&matrix, &s, 40);
        // A handful of rows may collapse at once.
        prop_assert!(path.len() > 1 || n < 20 * k);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].log_likelihood(), pair[1].log_likelihood());
            prop_assert!(now >= before - 1e-9 * before.abs(), "{before} {now}");
        }
        for em in &path {
            let sums: f64 = em.expectation().sums.iter().map(|s| s.count).sum();
            let all = sums + em.expectation().noise_count;
            prop_assert!((all - matrix.n_rows() as f64).abs() < 1e-9 * all);
        }
    }

    #[test]
    fn stretched_columns_leave_the_shares(seed in 0u64..1000, a in -30i32..30, b in -30i32..30) {
        let x = two_blobs(100, seed);
        let by = [2f64.powi(a), 2f64.powi(b)];
        let y: Vec<Vec<f64>> = x.iter().zip(by).map(|(c, f)| c.iter().map(|v| v * f).collect()).collect();
        // One component: k-means does see the stretch.
        let (here, there) = (run(&matrix(&x), &settings(1), 10), run(&matrix(&y), &settings(1), 10));
        for (p, q) in here.iter().zip(&there) {
            let (p, q) = (p.mixture().noise().unwrap().weight, q.mixture().noise().unwrap().weight);
            prop_assert!((p - q).abs() < 1e-9, "{p} {q}");
        }
    }
}
