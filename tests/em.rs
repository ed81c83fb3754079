//! What must hold for every fit: generated data, starts and settings.
#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use mixscope::data::Matrix;
use mixscope::fit::{Algorithm, Em, Floor, InitMethod, Plan, Settings, start};
use mixscope::mixture::{Covariance, CovarianceType, Mixture};
use mixscope::study::{Health, health};
use proptest::prelude::*;

const METHODS: [InitMethod; 4] = [
    InitMethod::KMeans,
    InitMethod::KMeansPlusPlus,
    InitMethod::RandomPoints,
    InitMethod::RandomResponsibilities,
];

fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1usize..4, 20usize..330).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0).prop_map(|(group, v)| f64::from(group) * 4.0 + v);
        prop::collection::vec(prop::collection::vec(cell, n), d)
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..5, 0usize..14, 0usize..4, 0u64..1000).prop_map(|(k, family, method, seed)| Settings {
        n_components: k,
        covariance_type: CovarianceType::SHAPES[family],
        init: METHODS[method],
        seed,
        floor: Floor::NONE,
        ..Settings::default()
    })
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

/// The states of a fit, until `n` iterations or a named collapse.
fn path(matrix: &Matrix, mixture: Mixture, floor: &[f64], n: usize) -> Vec<Em> {
    let plan = Plan::plain(floor.to_vec());
    let mut path = vec![Em::new(matrix, mixture, &plan)];
    for _ in 0..n {
        match path[path.len() - 1].iterate(matrix, &plan) {
            Ok(em) => path.push(em),
            Err(_) => break,
        }
    }
    path
}

#[test]
fn a_component_without_points_keeps_its_place_and_the_others_fit_as_if_it_were_not_there() {
    let x: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 23) * 0.1).collect();
    let matrix = matrix(std::slice::from_ref(&x));
    let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
    let with = |means: &[f64]| {
        let k = means.len();
        let means = means
            .iter()
            .map(|&m| vec![m - matrix.centre()[0]])
            .collect();
        let weights = vec![1.0 / k as f64; k];
        Mixture::new(CovarianceType::Full, weights, means, vec![unit.clone(); k]).unwrap()
    };
    let floor = Floor::relative(1e-6).added(&matrix);
    let three = path(&matrix, with(&[0.2, 2.0, 1e6]), &floor, 8);
    let two = path(&matrix, with(&[0.2, 2.0]), &floor, 8);
    let (three, two) = (&three[8], &two[8]);
    assert_eq!(three.mixture().weights()[2], 0.0);
    assert_eq!(three.mixture().means()[2][0] + matrix.centre()[0], 1e6);
    assert!(close(three.log_likelihood(), two.log_likelihood(), 1e-12));
    let covariance = &three.mixture().covariances()[2];
    let count = three.expectation().sums[2].count;
    assert_eq!(health(&matrix, covariance, count, &floor), Health::Empty);
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn without_a_floor_the_likelihood_never_falls(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let path = path(&matrix, start(&matrix, &s).unwrap(), &Floor::NONE.added(&matrix), 30);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].log_likelihood(), pair[1].log_likelihood());
            prop_assert!(now >= before - 1e-9 * before.abs().max(1.0), "{before} {now}");
        }
    }

    #[test]
    fn under_a_prior_the_penalised_log_likelihood_never_falls(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let s = Settings { algorithm: Algorithm::Map, ..s };
        let Ok(first) = start(&matrix, &s) else { return Ok(()) };
        let plan = Plan::new(&s, &matrix);
        let mut em = Em::new(&matrix, first, &plan);
        for t in 0..12 {
            let next = em.iterate(&matrix, &plan).unwrap();
            let slack = 1e-10 * em.objective().abs().max(1.0);
            prop_assert!(next.objective() >= em.objective() - slack,
                "{} {}: {} {}", s.covariance_type.code(), t, em.objective(), next.objective());
            em = next;
        }
    }

    #[test]
    fn weights_and_counts_stay_on_their_simplex(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let floor = Floor::relative(1e-6).added(&matrix);
        for em in path(&matrix, start(&matrix, &s).unwrap(), &floor, 10) {
            let weights = em.mixture().weights();
            prop_assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
            prop_assert!(close(weights.iter().sum(), 1.0, 1e-12));
            let points: f64 = em.expectation().sums.iter().map(|s| s.count).sum();
            prop_assert!(close(points, matrix.n_rows() as f64, 1e-11));
        }
    }

    #[test]
    fn permuted_components_give_permuted_results(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let floor = Floor::relative(1e-6).added(&matrix);
        let first = start(&matrix, &s).unwrap();
        let k = first.n_components();
        let turned = Mixture::new(
            first.covariance_type(),
            (0..k).map(|c| first.weights()[(c + 1) % k]).collect(),
            (0..k).map(|c| first.means()[(c + 1) % k].clone()).collect(),
            (0..k).map(|c| first.covariances()[(c + 1) % k].clone()).collect(),
        ).unwrap();
        let (a, b) = (path(&matrix, first, &floor, 5), path(&matrix, turned, &floor, 5));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-8));
            for c in 0..k {
                prop_assert!(close(a.mixture().weights()[(c + 1) % k], b.mixture().weights()[c], 1e-6));
            }
        }
    }

    #[test]
    fn scaled_data_give_scaled_fits(x in columns(), s in settings(), e in -40i32..40) {
        let scale = 2f64.powi(e);
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let scaled: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * scale).collect()).collect();
        let (matrix, other) = (matrix(&x), self::matrix(&scaled));
        let a = path(&matrix, start(&matrix, &s).unwrap(), &s.floor.added(&matrix), 6);
        let b = path(&other, start(&other, &s).unwrap(), &s.floor.added(&other), 6);
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            for (m, n) in a.mixture().means().iter().zip(b.mixture().means()) {
                for (m, n) in m.iter().zip(n) {
                    prop_assert!(close(m * scale, *n, 1e-9) || close(*m, n / scale, 1e-9));
                }
            }
            let shift = matrix.n_rows() as f64 * matrix.n_columns() as f64 * scale.ln();
            prop_assert!(close(a.log_likelihood() - shift, b.log_likelihood(), 1e-9));
        }
    }

    #[test]
    fn a_shift_moves_the_means_and_nothing_else(x in columns(), s in settings(), shift in -1e6f64..1e6) {
        let s = Settings { floor: Floor::relative(1e-4), init: InitMethod::KMeans, ..s };
        let moved: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v + shift).collect()).collect();
        let (matrix, other) = (matrix(&x), self::matrix(&moved));
        let first = start(&matrix, &s).unwrap();
        let offset: Vec<f64> = matrix.centre().iter().zip(other.centre()).map(|(a, b)| a + shift - b).collect();
        let a = path(&matrix, first.clone(), &s.floor.added(&matrix), 4);
        let b = path(&other, first.translated(&offset), &s.floor.added(&other), 4);
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-4));
        }
    }

    #[test]
    fn one_component_is_the_mean_and_the_covariance_of_the_data(x in columns(), family in 0usize..4) {
        let matrix = matrix(&x);
        let s = Settings { n_components: 1, covariance_type: CovarianceType::ALL[family], floor: Floor::NONE, ..Settings::default() };
        let plan = Plan::plain(vec![0.0; x.len()]);
        let em = Em::new(&matrix, start(&matrix, &s).unwrap(), &plan).iterate(&matrix, &plan).unwrap();
        let n = matrix.n_rows() as f64;
        let mean = |c: &[f64]| c.iter().sum::<f64>() / n;
        let variance = |c: &[f64]| c.iter().map(|v| (v - mean(c)).powi(2)).sum::<f64>() / n;
        let covariance = &em.mixture().covariances()[0];
        let average = x.iter().map(|c| variance(c)).sum::<f64>() / x.len() as f64;
        for (j, column) in x.iter().enumerate() {
            prop_assert!(close(em.mixture().means()[0][j] + matrix.centre()[j], mean(column), 1e-12));
            let expected = if CovarianceType::ALL[family] == CovarianceType::Spherical { average } else { variance(column) };
            prop_assert!(close(covariance.get(j, j), expected, 1e-11));
        }
    }
}
