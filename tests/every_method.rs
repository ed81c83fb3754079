//! What must hold for every method of the list with every covariance family that it takes.
//! What only one model or algorithm promises is in the file of that model or algorithm.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::data::Matrix;
use mixscope::fit::{
    Algorithm, Em, Floor, Knob, Knobs, METHODS, Method, Model, Plan, Settings, start,
};
use mixscope::mixture::{CovarianceType, Freedom, Mixture};
use proptest::prelude::*;

/// Three groups in two or three columns.
fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2usize..4, 45usize..200).prop_flat_map(|(d, n)| {
        let noise = prop::collection::vec(prop::collection::vec(-1.0f64..1.0, n), d);
        noise.prop_map(|mut columns| {
            for (j, column) in columns.iter_mut().enumerate() {
                for (i, x) in column.iter_mut().enumerate() {
                    *x = *x * (1.0 + (i % 3) as f64) + (((i + j) % 3) * 5) as f64;
                }
            }
            columns
        })
    })
}

/// A method with a family that it takes, K and a seed.
fn settings() -> impl Strategy<Value = Settings> {
    let methods = (0..METHODS.len(), 0..CovarianceType::SHAPES.len());
    (methods, 1usize..4, 0u64..1000).prop_map(|((method, family), k, seed)| {
        let s = Settings {
            covariance_type: CovarianceType::SHAPES[family],
            n_components: k,
            seed,
            floor: Floor::absolute(1e-3),
            knobs: short(),
            ..of(&METHODS[method])
        };
        match s.check(&matrix(&[
            vec![0.0, 1.0, 3.0, 7.0],
            vec![5.0, 2.0, 0.0, 1.0],
        ])) {
            Ok(()) => s,
            // The plain families are taken by all.
            Err(_) => Settings {
                covariance_type: CovarianceType::ALL[family % 4],
                ..s
            },
        }
    })
}

fn of(method: &Method) -> Settings {
    Settings {
        model: method.model,
        algorithm: method.algorithm,
        ..Settings::default()
    }
}

/// Phases that are over within a dozen iterations.
fn short() -> Knobs {
    Knobs::default()
        .with(Knob::Stage, 4.0)
        .with(Knob::Rows, 40.0)
        .with(Knob::Passes, 1.0)
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

/// The states of a fit, until `n` iterations or a named collapse.
fn path(matrix: &Matrix, first: Mixture, s: &Settings, n: usize) -> Vec<Em> {
    let plan = Plan::new(s, matrix);
    let mut path = vec![Em::new(matrix, first, &plan)];
    for _ in 0..n {
        match path[path.len() - 1].iterate(matrix, &plan) {
            Ok(em) => path.push(em),
            Err(_) => break,
        }
    }
    path
}

fn fitted(matrix: &Matrix, s: &Settings, n: usize) -> Vec<Em> {
    path(matrix, start(matrix, s).unwrap(), s, n)
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// How far rounding may carry two fits apart in three iterations: those that extrapolate, or
/// turn common axes until they fit, carry it on.
fn tolerance(s: &Settings) -> f64 {
    match (s.algorithm, s.covariance_type) {
        (Algorithm::Daarem, _) => 1e-3,
        (_, CovarianceType::Eve | CovarianceType::Vve) => 1e-4,
        _ => 1e-6,
    }
}

/// Does it draw rows or responsibilities, or take the rows in their order?
fn heeds_the_order(s: &Settings) -> bool {
    use Algorithm::{MonteCarlo, Stepwise, Stochastic, Subsample};
    s.model == Model::Markov || [MonteCarlo, Stepwise, Stochastic, Subsample].contains(&s.algorithm)
}

/// `first`, which is in the coordinates of `here`, in those of `there`.
fn moved(first: &Mixture, here: &Matrix, there: &Matrix) -> Mixture {
    let pairs = here.centre().iter().zip(there.centre());
    first.translated(&pairs.map(|(a, b)| a - b).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 10_000, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_climbs_never_falls_without_a_floor(x in columns(), s in settings()) {
        let s = Settings { floor: Floor::NONE, ..s };
        for pair in fitted(&matrix(&x), &s, 16).windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            if a.shown() == b.shown() && a.shown().climbs() {
                let (before, now) = (a.objective(), b.objective());
                prop_assert!(now >= before - 1e-8 * before.abs().max(1.0), "{s:?}: {before} {now}");
            }
        }
    }

    #[test]
    fn weights_stay_on_their_simplex_and_counts_sum_to_the_rows(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let n = matrix.n_rows() as f64;
        for em in fitted(&matrix, &s, 12) {
            let noise = em.mixture().noise().map_or(0.0, |noise| noise.weight);
            let weights = em.mixture().weights();
            prop_assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)), "{s:?}");
            prop_assert!(close(weights.iter().sum::<f64>() + noise, 1.0, 1e-12), "{s:?}");
            let counts: f64 = em.counts(n).iter().sum();
            let with_noise = if s.model == Model::Noise { counts <= n * (1.0 + 1e-9) } else { close(counts, n, 1e-9) };
            prop_assert!(with_noise, "{s:?}: {counts} of {n}");
            prop_assert!(em.objective().is_finite() && em.log_likelihood().is_finite(), "{s:?}");
        }
    }

    #[test]
    fn shifted_and_scaled_rows_give_the_same_fit_elsewhere(
        x in columns(), s in settings(), shift in -100.0f64..100.0, e in -30i32..30,
    ) {
        let s = Settings { floor: Floor::relative(1e-4), ..s };
        let scale = 2f64.powi(e);
        let there: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| (v + shift) * scale).collect()).collect();
        let (here, there) = (matrix(&x), matrix(&there));
        let (a, b) = (fitted(&here, &s, 3), fitted(&there, &s, 3));
        prop_assert_eq!(a.len(), b.len());
        let stretched = (here.n_rows() * here.n_columns()) as f64 * scale.ln();
        for (a, b) in a.iter().zip(&b) {
            let (a, b) = (a.log_likelihood(), b.log_likelihood() + stretched);
            prop_assert!(close(a, b, tolerance(&s)), "{s:?}: {a} {b}");
        }
    }

    /// But for boxes of noise, families that lie along the columns, annealing, which pushes
    /// components along them, and those that extrapolate Cholesky factors.
    #[test]
    fn turned_rows_give_the_turned_fit(x in columns(), s in settings(), angle in 0.0f64..6.3) {
        let along_columns = [Algorithm::Annealing, Algorithm::Squarem, Algorithm::Daarem];
        prop_assume!(!along_columns.contains(&s.algorithm));
        let s = match s.model {
            Model::Noise => Settings { model: Model::Gaussian, ..s },
            _ => s,
        };
        let along = s.covariance_type.orientation() == Freedom::Identity && s.covariance_type.shape() != Freedom::Identity;
        let family = if along { CovarianceType::Tied } else { s.covariance_type };
        let s = Settings { covariance_type: family, ..s };
        let (cos, sin) = (angle.cos(), angle.sin());
        let mut turned = x.clone();
        for i in 0..x[0].len() {
            turned[0][i] = cos * x[0][i] - sin * x[1][i];
            turned[1][i] = sin * x[0][i] + cos * x[1][i];
        }
        let (a, b) = (fitted(&matrix(&x), &s, 3), fitted(&matrix(&turned), &s, 3));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            let (a, b) = (a.log_likelihood(), b.log_likelihood());
            prop_assert!(close(a, b, tolerance(&s)), "{s:?}: {a} {b}");
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(x in columns(), s in settings()) {
        prop_assume!(!heeds_the_order(&s));
        let here = matrix(&x);
        let there = matrix(&x.iter().map(|c| c.iter().rev().copied().collect()).collect::<Vec<_>>());
        let first = start(&here, &s).unwrap();
        // A first posterior is drawn from responsibilities: of parameters that are the same.
        let (a, b) = (path(&here, first.clone(), &s, 3), path(&there, moved(&first, &here, &there), &s, 3));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.objective(), b.objective(), tolerance(&s)), "{s:?}: {} {}", a.objective(), b.objective());
        }
    }

    #[test]
    fn a_weight_of_three_is_three_copies(x in columns(), s in settings()) {
        prop_assume!(!heeds_the_order(&s));
        let here = matrix(&x).with_weights(vec![3.0; x[0].len()]).unwrap();
        let there = matrix(&x.iter().map(|c| [c.clone(), c.clone(), c.clone()].concat()).collect::<Vec<_>>());
        let first = start(&here, &s).unwrap();
        let (a, b) = (path(&here, first.clone(), &s, 3), path(&there, moved(&first, &here, &there), &s, 3));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.objective(), b.objective(), tolerance(&s)), "{s:?}: {} {}", a.objective(), b.objective());
        }
    }

    #[test]
    fn permuted_normal_components_give_permuted_results(x in columns(), s in settings()) {
        prop_assume!(s.model == Model::Gaussian && !heeds_the_order(&s));
        // Annealing pushes each component in a direction of its own.
        prop_assume!(s.algorithm != Algorithm::Annealing);
        let matrix = matrix(&x);
        let first = start(&matrix, &s).unwrap();
        let k = first.n_components();
        let of = |c: usize| (c + 1) % k;
        let turned = Mixture::new(
            first.covariance_type(),
            (0..k).map(|c| first.weights()[of(c)]).collect(),
            (0..k).map(|c| first.means()[of(c)].clone()).collect(),
            (0..k).map(|c| first.covariances()[of(c)].clone()).collect(),
        ).unwrap();
        let (a, b) = (path(&matrix, first, &s, 3), path(&matrix, turned, &s, 3));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.objective(), b.objective(), tolerance(&s)), "{s:?}");
            for c in 0..k {
                prop_assert!(close(a.mixture().weights()[of(c)], b.mixture().weights()[c], 1e-3), "{s:?}");
            }
        }
    }

    #[test]
    fn one_component_of_any_family_is_its_closed_form(x in columns(), family in 0..CovarianceType::SHAPES.len()) {
        let s = Settings {
            covariance_type: CovarianceType::SHAPES[family],
            n_components: 1,
            floor: Floor::NONE,
            ..Settings::default()
        };
        let matrix = matrix(&x);
        let path = fitted(&matrix, &s, 2);
        let covariance = &path[path.len() - 1].mixture().covariances()[0];
        let (d, n) = (x.len(), x[0].len() as f64);
        let mean: Vec<f64> = x.iter().map(|c| c.iter().sum::<f64>() / n).collect();
        let of = |i: usize, j: usize| {
            let rows = x[i].iter().zip(&x[j]);
            rows.map(|(a, b)| (a - mean[i]) * (b - mean[j])).sum::<f64>() / n
        };
        let trace: f64 = (0..d).map(|i| of(i, i)).sum();
        let family = s.covariance_type;
        for i in 0..d {
            for j in 0..d {
                let expected = match (family.shape(), family.orientation()) {
                    (Freedom::Identity, _) if i == j => trace / d as f64,
                    (_, Freedom::Identity) if i != j => 0.0,
                    (Freedom::Identity, _) => 0.0,
                    _ => of(i, j),
                };
                prop_assert!(close(covariance.get(i, j), expected, 1e-9), "{family:?} {i} {j}: {} {expected}", covariance.get(i, j));
            }
        }
    }
}
