//! What the study says of real fits, from start to end.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, InitMethod, Plan, Settings, start};
use mixscope::study::{foretell_collapse, thinnest};

fn matrix(csv: &str) -> Matrix {
    let rows: Vec<Vec<f64>> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|v| v.parse().unwrap()).collect())
        .collect();
    let columns: Vec<Vec<f64>> = (0..rows[0].len())
        .map(|j| rows.iter().map(|r| r[j]).collect())
        .collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&columns).unwrap()
}

const SETS: [&str; 4] = [
    include_str!("reference/data/faithful.csv"),
    include_str!("reference/data/iris.csv"),
    include_str!("reference/data/wine3.csv"),
    include_str!("reference/data/blobs2d.csv"),
];

/// Iteration and forecast of the first warning of any component, and the iteration in which
/// one was flat or had no covariance left.
fn watch(matrix: &Matrix, settings: &Settings) -> (Option<(usize, usize)>, Option<usize>) {
    let plan = Plan::plain(Floor::NONE.added(matrix));
    let mut em = Em::new(matrix, start(matrix, settings).unwrap(), &plan);
    let mut histories = vec![vec![]; settings.n_components];
    let mut warning = None;
    for t in 0..300 {
        for (history, covariance) in histories.iter_mut().zip(em.mixture().covariances()) {
            history.push(thinnest(matrix, covariance).unwrap());
            match foretell_collapse(history) {
                Some(0) => return (warning, Some(t)),
                Some(ahead) => warning = warning.or(Some((t, ahead))),
                None => {}
            }
        }
        match em.iterate(matrix, &plan) {
            Ok(next) => em = next,
            Err(_) => return (warning, Some(t + 1)),
        }
    }
    (warning, None)
}

/// Collapses of the first iterations have no history to tell them by.
#[test]
fn most_collapses_that_take_their_time_are_foretold_and_few_sound_fits_accused() {
    let (mut sound, mut accused, mut collapsed, mut foretold) = (0, 0, 0, 0);
    for csv in SETS {
        let matrix = matrix(csv);
        for n_components in [2, 3, 8, 16] {
            for init in [InitMethod::KMeans, InitMethod::RandomPoints] {
                for seed in 1..6 {
                    let settings = Settings {
                        n_components,
                        init,
                        seed,
                        ..Settings::default()
                    };
                    let (warning, end) = watch(&matrix, &settings);
                    let warned = usize::from(warning.is_some());
                    match end {
                        Some(4..) => (collapsed, foretold) = (collapsed + 1, foretold + warned),
                        Some(_) => {}
                        None => (sound, accused) = (sound + 1, accused + warned),
                    }
                }
            }
        }
    }
    assert!(collapsed >= 8 && sound >= 80);
    assert!(4 * foretold >= 3 * collapsed, "{foretold} of {collapsed}");
    assert!(10 * accused <= sound, "{accused} of {sound}");
}
