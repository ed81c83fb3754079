//! What must hold for mixtures of t distributions, on generated data.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::data::Matrix;
use mixscope::fit::{Em, Floor, InitMethod, Knob, Knobs, Model, Plan, Settings, start};
use mixscope::mixture::{Covariance, CovarianceType, Free, Kind, Mixture};
use proptest::prelude::*;

/// Rows of up to three groups, some of them far out.
fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1usize..4, 30usize..300).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0, 0u8..12).prop_map(|(group, v, far)| {
            let reach = if far == 0 { 12.0 } else { 1.0 };
            f64::from(group) * 4.0 + reach * v
        });
        prop::collection::vec(prop::collection::vec(cell, n), d)
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let numbers = (0.3f64..40.0, 0u8..3, 0u8..2);
    (1usize..4, 0usize..14, 0u64..1000, numbers).prop_map(|(k, family, seed, (nu, free, kent))| {
        Settings {
            n_components: k,
            covariance_type: CovarianceType::SHAPES[family],
            model: Model::Student,
            knobs: Knobs::default()
                .with(Knob::Degrees, nu)
                .with(Knob::DegreesFree, f64::from(free))
                .with(Knob::ScaleUpdate, f64::from(kent)),
            init: InitMethod::KMeans,
            seed,
            floor: Floor::NONE,
            ..Settings::default()
        }
    })
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

/// The states of a fit, until `n` iterations or a named collapse.
fn path(matrix: &Matrix, mixture: Mixture, plan: &Plan, n: usize) -> Vec<Em> {
    let mut path = vec![Em::new(matrix, mixture, plan)];
    for _ in 0..n {
        match path[path.len() - 1].iterate(matrix, plan) {
            Ok(em) => path.push(em),
            Err(_) => break,
        }
    }
    path
}

fn degrees(mixture: &Mixture) -> &[f64] {
    match mixture.kind() {
        Kind::Student { degrees, .. } => degrees,
        _ => panic!("no t components"),
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Rows drawn along a fixed pattern: `nu` equal to 3 in one column, mean 5, scale 4.
fn heavy() -> Vec<f64> {
    (0..400)
        .map(|i| {
            // Quantiles of t with 2 degrees, stretched: (2p - 1) / sqrt(2 p (1 - p)).
            let p = (f64::from(i) + 0.5) / 400.0;
            5.0 + 2.0 * (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_likelihood_never_falls_whatever_is_estimated_and_however(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let plan = Plan::new(&s, &matrix);
        let path = path(&matrix, start(&matrix, &s).unwrap(), &plan, 40);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].log_likelihood(), pair[1].log_likelihood());
            prop_assert!(now >= before - 1e-9 * before.abs().max(1.0), "{before} {now}");
        }
    }

    #[test]
    fn weights_counts_and_degrees_stay_in_their_ranges(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let free = s.knobs.count(Knob::DegreesFree);
        for em in path(&matrix, start(&matrix, &s).unwrap(), &Plan::new(&s, &matrix), 10) {
            let (m, nu) = (em.mixture(), degrees(em.mixture()));
            prop_assert!(close(m.weights().iter().sum(), 1.0, 1e-12));
            let points: f64 = em.expectation().sums.iter().map(|s| s.count).sum();
            prop_assert!(close(points, matrix.n_rows() as f64, 1e-11));
            prop_assert!(nu.iter().all(|nu| (0.05..=1000.0).contains(nu)));
            prop_assert!(free != 0 || nu.iter().all(|&nu| nu == s.knobs.get(Knob::Degrees)));
            prop_assert!(free != 2 || nu.iter().all(|&each| each == nu[0]));
        }
    }

    #[test]
    fn a_shift_and_a_scale_move_the_components_and_leave_the_degrees(
        x in columns(), s in settings(), e in -30i32..30, shift in -100.0f64..100.0,
    ) {
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let scale = 2f64.powi(e);
        let moved: Vec<Vec<f64>> =
            x.iter().map(|c| c.iter().map(|v| (v + shift) * scale).collect()).collect();
        let (here, there) = (matrix(&x), matrix(&moved));
        let first = start(&here, &s).unwrap();
        let means = first.means().iter().map(|m| (0..x.len())
            .map(|j| (m[j] + here.centre()[j] + shift) * scale - there.centre()[j]).collect());
        let covariances = first.covariances().iter().map(|c| std::rc::Rc::new(
            scaled(c, scale * scale, s.covariance_type.is_dense())));
        let second = Mixture::new(s.covariance_type, first.weights().to_vec(), means.collect(), covariances.collect())
            .unwrap().with_degrees(degrees(&first).to_vec(), free(&first)).unwrap();
        let a = path(&here, first, &Plan::new(&s, &here), 5);
        let b = path(&there, second, &Plan::new(&s, &there), 5);
        prop_assert_eq!(a.len(), b.len());
        let volume = (here.n_rows() * x.len()) as f64 * scale.ln();
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood() - volume, b.log_likelihood(), 1e-6));
            for (p, q) in degrees(a.mixture()).iter().zip(degrees(b.mixture())) {
                prop_assert!(close(p.ln(), q.ln(), 1e-4), "{p} {q}");
            }
        }
    }

    #[test]
    fn turned_axes_turn_full_components_and_leave_the_rest(x in columns(), s in settings(), angle in 0.0f64..6.3) {
        prop_assume!(x.len() >= 2);
        let s = Settings { covariance_type: CovarianceType::Full, floor: Floor::absolute(1e-2), ..s };
        let (cos, sin) = (angle.cos(), angle.sin());
        let turn = |a: f64, b: f64| (cos * a - sin * b, sin * a + cos * b);
        let mut turned = x.clone();
        for i in 0..x[0].len() {
            (turned[0][i], turned[1][i]) = turn(x[0][i], x[1][i]);
        }
        let (here, there) = (matrix(&x), matrix(&turned));
        let (first, d) = (start(&here, &s).unwrap(), x.len());
        let means = first.means().iter().map(|m| {
            let mut m: Vec<f64> = (0..d).map(|j| m[j] + here.centre()[j]).collect();
            (m[0], m[1]) = turn(m[0], m[1]);
            (0..d).map(|j| m[j] - there.centre()[j]).collect()
        });
        let rotation = |i: usize, j: usize| match (i, j) {
            (0, 0) | (1, 1) => cos,
            (0, 1) => -sin,
            (1, 0) => sin,
            _ => f64::from(u8::from(i == j)),
        };
        let covariances = first.covariances().iter().map(|c| {
            let r = nalgebra::DMatrix::from_fn(d, d, rotation);
            let c = nalgebra::DMatrix::from_fn(d, d, |i, j| c.get(i, j));
            let t = &r * c * r.transpose();
            let square = (0..d * d).map(|n| t[(n / d, n % d)]).collect();
            std::rc::Rc::new(Covariance::dense(d, square).unwrap())
        });
        let second = Mixture::new(CovarianceType::Full, first.weights().to_vec(), means.collect(), covariances.collect())
            .unwrap().with_degrees(degrees(&first).to_vec(), free(&first)).unwrap();
        let a = path(&here, first, &Plan::new(&s, &here), 5);
        let b = path(&there, second, &Plan::new(&s, &there), 5);
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-6));
        }
    }

    #[test]
    fn order_of_rows_and_components_does_not_matter(x in columns(), s in settings(), seed in 1usize..1000) {
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let n = x[0].len();
        // Steps of a stride that is prime to n pass every row once.
        let stride = (seed..).find(|m| gcd(*m, n) == 1).unwrap();
        let shuffled: Vec<Vec<f64>> = x.iter().map(|c| (0..n).map(|i| c[i * stride % n]).collect()).collect();
        let (here, there) = (matrix(&x), matrix(&shuffled));
        let first = start(&here, &s).unwrap();
        let k = first.n_components();
        let next = |c: usize| (c + 1) % k;
        let turned = Mixture::new(
            first.covariance_type(),
            (0..k).map(|c| first.weights()[next(c)]).collect(),
            (0..k).map(|c| first.means()[next(c)].clone()).collect(),
            (0..k).map(|c| first.covariances()[next(c)].clone()).collect(),
        ).unwrap();
        let nu = (0..k).map(|c| degrees(&first)[next(c)]).collect();
        let offset: Vec<f64> = here.centre().iter().zip(there.centre()).map(|(a, b)| a - b).collect();
        let turned = turned.translated(&offset).with_degrees(nu, free(&first)).unwrap();
        let a = path(&here, first, &Plan::new(&s, &here), 5);
        let b = path(&there, turned, &Plan::new(&s, &there), 5);
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-7));
            for c in 0..k {
                prop_assert!(close(a.mixture().weights()[next(c)], b.mixture().weights()[c], 1e-5));
            }
        }
    }

    #[test]
    fn a_weight_of_n_is_n_copies(x in columns(), s in settings(), times in prop::collection::vec(1u8..4, 300)) {
        let s = Settings { floor: Floor::absolute(1e-6), ..s };
        let n = x[0].len();
        let copied: Vec<Vec<f64>> = x.iter().map(|c| (0..n)
            .flat_map(|i| std::iter::repeat_n(c[i], usize::from(times[i]))).collect()).collect();
        let weights = times[..n].iter().map(|&w| f64::from(w)).collect();
        let (weighted, copies) = (matrix(&x).with_weights(weights).unwrap(), matrix(&copied));
        let first = start(&weighted, &s).unwrap();
        let offset: Vec<f64> = weighted.centre().iter().zip(copies.centre()).map(|(a, b)| a - b).collect();
        let second = first.translated(&offset);
        let a = path(&weighted, first, &Plan::new(&s, &weighted), 5);
        let b = path(&copies, second, &Plan::new(&s, &copies), 5);
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-8));
        }
    }

    #[test]
    fn with_many_degrees_the_path_is_the_gaussian_one(x in columns(), s in settings(), seed in 0u64..100) {
        let s = Settings {
            knobs: Knobs::default().with(Knob::Degrees, 1000.0).with(Knob::DegreesFree, 0.0),
            floor: Floor::relative(1e-4),
            seed,
            ..s
        };
        let matrix = matrix(&x);
        let normal = Settings { model: Model::Gaussian, ..s.clone() };
        let t = Em::new(&matrix, start(&matrix, &s).unwrap(), &Plan::new(&s, &matrix));
        let g = Em::new(&matrix, start(&matrix, &normal).unwrap(), &Plan::new(&normal, &matrix));
        // ln t - ln N is about (q^2 - 2 q D) / 4 nu, and q is moderate within a group.
        let largest = x.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
        prop_assert!(close(t.log_likelihood(), g.log_likelihood(), 0.01 + 1e-4 * largest * largest));
        let far = t.mixture().clone().with_degrees(vec![1e10; s.n_components], Free::Fixed).unwrap();
        let plan = Plan::new(&s, &matrix);
        let far = path(&matrix, far, &plan, 3);
        let g = path(&matrix, g.mixture().clone(), &plan, 3);
        for (t, g) in far.iter().zip(&g) {
            prop_assert!(close(t.log_likelihood(), g.log_likelihood(), 1e-6));
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn free(mixture: &Mixture) -> Free {
    match mixture.kind() {
        Kind::Student { free, .. } => *free,
        _ => panic!("no t components"),
    }
}

fn scaled(c: &Covariance, by: f64, dense: bool) -> Covariance {
    let d = c.dimension();
    match dense {
        true => Covariance::dense(d, (0..d * d).map(|n| c.get(n / d, n % d) * by).collect()),
        false => Covariance::diagonal((0..d).map(|j| c.get(j, j) * by).collect()),
    }
    .unwrap()
}

fn one(x: &[f64], nu: f64, free: f64, kent: f64, n: usize) -> Em {
    let matrix = matrix(&[x.to_vec()]);
    let settings = Settings {
        n_components: 1,
        model: Model::Student,
        knobs: Knobs::default()
            .with(Knob::Degrees, nu)
            .with(Knob::DegreesFree, free)
            .with(Knob::ScaleUpdate, kent),
        floor: Floor::NONE,
        ..Settings::default()
    };
    let plan = Plan::new(&settings, &matrix);
    path(&matrix, start(&matrix, &settings).unwrap(), &plan, n)
        .pop()
        .unwrap()
}

/// The derivative of the log-likelihood vanishes where EM stands still: with
/// z = (x - mu) / s, sum z / (nu + z^2) = 0 and sum ((nu + 1) z^2 / (nu + z^2) - 1) = 0.
#[test]
fn one_component_solves_the_likelihood_equations_by_either_update() {
    let x = heavy();
    for nu in [0.7, 3.0, 30.0] {
        for kent in [0.0, 1.0] {
            let em = one(&x, nu, 0.0, kent, 2000);
            let mean = em.mixture().means()[0][0];
            let centre = matrix(std::slice::from_ref(&x)).centre()[0];
            let scale = em.mixture().covariances()[0].get(0, 0).sqrt();
            let z = |x: &f64| (x - centre - mean) / scale;
            let of_mean: f64 = x.iter().map(|x| z(x) / (nu + z(x) * z(x))).sum();
            let of_scale: f64 = x
                .iter()
                .map(|x| (nu + 1.0) * z(x) * z(x) / (nu + z(x) * z(x)) - 1.0)
                .sum();
            assert!(of_mean.abs() < 1e-9, "{nu} {kent}: {of_mean}");
            assert!(of_scale.abs() < 1e-9, "{nu} {kent}: {of_scale}");
        }
    }
}

#[test]
fn rows_of_two_degrees_give_two_degrees_and_a_scale_of_two() {
    for (free, kent) in [(1.0, 0.0), (2.0, 0.0), (1.0, 1.0), (2.0, 1.0)] {
        let em = one(&heavy(), 8.0, free, kent, 500);
        let nu = degrees(em.mixture())[0];
        let scale = em.mixture().covariances()[0].get(0, 0).sqrt();
        assert!((nu - 2.0).abs() < 0.1, "{nu}");
        assert!((scale - 2.0).abs() < 0.05, "{scale}");
    }
}

#[test]
fn kents_update_is_there_in_fewer_steps() {
    let end = one(&heavy(), 1.0, 0.0, 1.0, 2000).log_likelihood();
    let steps = |kent: f64| {
        (1..2000)
            .find(|&n| end - one(&heavy(), 1.0, 0.0, kent, n).log_likelihood() < 1e-9)
            .unwrap()
    };
    assert!(
        2 * steps(1.0) < steps(0.0) + 4,
        "{} {}",
        steps(1.0),
        steps(0.0)
    );
}

/// A row at a million pulls the mean of a normal component and not that of a t component.
#[test]
fn an_outlier_does_not_draw_the_mean() {
    let mut x: Vec<f64> = (0..99).map(|i| f64::from(i) / 98.0).collect();
    x.push(1e6);
    let em = one(&x, 3.0, 0.0, 0.0, 300);
    let mean = em.mixture().means()[0][0] + matrix(&[x]).centre()[0];
    assert!((mean - 0.5).abs() < 0.02, "{mean}");
}

#[test]
fn holes_and_priors_are_refused_with_a_remedy() {
    use mixscope::fit::{Algorithm, SettingsError};
    let x: Vec<f64> = (0..40).map(f64::from).collect();
    let mut holed = x.clone();
    holed[3] = f64::NAN;
    for model in [Model::Student, Model::Noise] {
        let s = Settings {
            model,
            ..Settings::default()
        };
        let holes = Matrix::with_holes(&[&x, &holed]).unwrap();
        let refused = s.check(&holes).unwrap_err();
        assert_eq!(refused, SettingsError::Holes);
        assert!(refused.to_string().contains("choose EM"));
        let map = Settings {
            algorithm: Algorithm::Map,
            ..s
        };
        let refused = map.check(&matrix(std::slice::from_ref(&x))).unwrap_err();
        assert_eq!(
            refused,
            SettingsError::Method {
                model,
                algorithm: Algorithm::Map
            }
        );
        assert!(refused.to_string().contains("choose"), "{refused}");
    }
}

#[test]
fn knobs_out_of_range_are_named() {
    let rows = matrix(&[(0..40).map(f64::from).collect()]);
    for (knob, value) in [
        (Knob::Degrees, 0.0),
        (Knob::Degrees, f64::NAN),
        (Knob::DegreesFree, 3.0),
        (Knob::DegreesFree, 0.5),
        (Knob::ScaleUpdate, 2.0),
        (Knob::NoiseShare, 1.0),
        (Knob::NoiseShare, 0.0),
        (Knob::PriorRows, -1.0),
        (Knob::PriorWeight, f64::INFINITY),
    ] {
        let s = Settings {
            knobs: Knobs::default().with(knob, value),
            ..Settings::default()
        };
        let said = s.check(&rows).unwrap_err().to_string();
        assert!(
            said.contains(knob.spec().name) && said.contains("choose"),
            "{said}"
        );
    }
}
