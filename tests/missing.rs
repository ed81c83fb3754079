//! What must hold for rows with missing entries, weights and labels: generated data, starts
//! and settings.
#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use mixscope::data::{Matrix, UNLABELLED};
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Model, Plan, Settings, SettingsError, e_step, from_labels,
    m_step, start,
};
use mixscope::mixture::{Covariance, CovarianceType, Evaluator, Mixture};
use mixscope::study::impute;
use proptest::prelude::*;

const METHODS: [InitMethod; 6] = [
    InitMethod::KMeans,
    InitMethod::KMeansPlusPlus,
    InitMethod::RandomPoints,
    InitMethod::RandomResponsibilities,
    InitMethod::MiniBatchKMeans,
    InitMethod::Hierarchical,
];

/// 1 to 4 columns in three groups, a share of the entries missing, and no column empty.
fn holed() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1usize..5, 30usize..300).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0, 0u8..5).prop_map(|(group, v, gone)| match gone {
            0 => f64::NAN,
            _ => f64::from(group) * 4.0 + v,
        });
        let column = prop::collection::vec(cell, n).prop_map(|mut c| {
            for (i, x) in c.iter_mut().take(12).enumerate() {
                *x = if x.is_nan() { i as f64 * 0.37 } else { *x };
            }
            c
        });
        prop::collection::vec(column, d)
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..4, 0usize..14, 0usize..6, 0u64..1000).prop_map(|(k, family, method, seed)| Settings {
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
    Matrix::with_holes(&slices).unwrap()
}

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

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// All numbers of a mixture, means in the data's coordinates.
fn numbers(mixture: &Mixture, centre: &[f64]) -> Vec<f64> {
    let d = mixture.dimension();
    let mut all = mixture.weights().to_vec();
    for (mean, covariance) in mixture.means().iter().zip(mixture.covariances()) {
        all.extend(mean.iter().zip(centre).map(|(m, c)| m + c));
        all.extend((0..d * d).map(|e| covariance.get(e / d, e % d)));
    }
    all
}

fn same(a: &Em, b: &Em, centres: [&Matrix; 2], tolerance: f64) -> bool {
    let x = numbers(a.mixture(), centres[0].centre());
    let y = numbers(b.mixture(), centres[1].centre());
    close(a.log_likelihood(), b.log_likelihood(), tolerance)
        && x.iter().zip(&y).all(|(x, y)| close(*x, *y, tolerance))
}

fn log_densities(mixture: &Mixture, matrix: &Matrix) -> Vec<f64> {
    let mut evaluator = Evaluator::new(mixture);
    let mut all = Vec::new();
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        all.extend_from_slice(&evaluator.log_density()[..block.len()]);
    }
    all
}

/// Two components in two columns, as they come.
fn two() -> Mixture {
    let covariance =
        |v: [f64; 3]| Rc::new(Covariance::dense(2, vec![v[0], v[1], v[1], v[2]]).unwrap());
    Mixture::new(
        CovarianceType::Full,
        vec![0.3, 0.7],
        vec![vec![0.0, 1.0], vec![3.0, -2.0]],
        vec![covariance([2.0, 0.9, 1.5]), covariance([0.5, -0.3, 0.8])],
    )
    .unwrap()
}

#[test]
fn a_row_that_has_one_column_has_that_columns_marginal_density() {
    let x = [0.7, f64::NAN, f64::NAN, 1.0];
    let y = [f64::NAN, -1.3, f64::NAN, 1.0];
    let matrix = Matrix::with_holes(&[&x, &y]).unwrap();
    let minus: Vec<f64> = matrix.centre().iter().map(|c| -c).collect();
    let got = log_densities(&two().translated(&minus), &matrix);
    let normal = |x: f64, mean: f64, v: f64| {
        (-0.5 * (x - mean) * (x - mean) / v).exp() / (2.0 * std::f64::consts::PI * v).sqrt()
    };
    let of_x = (0.3 * normal(0.7, 0.0, 2.0) + 0.7 * normal(0.7, 3.0, 0.5)).ln();
    let of_y = (0.3 * normal(-1.3, 1.0, 1.5) + 0.7 * normal(-1.3, -2.0, 0.8)).ln();
    assert!(
        close(got[0], of_x, 1e-13) && close(got[1], of_y, 1e-13),
        "{got:?}"
    );
    assert!(got[2].abs() < 1e-15);
}

#[test]
fn a_row_without_any_value_belongs_to_the_components_by_their_weights() {
    let x = [f64::NAN, 1.0, 2.0];
    let matrix = Matrix::with_holes(&[&x, &x]).unwrap();
    let mixture = two();
    let mut evaluator = Evaluator::new(&mixture);
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        assert!((evaluator.row(0)[0] - 0.3).abs() < 1e-15);
        assert!((evaluator.row(1)[0] - 0.7).abs() < 1e-15);
        let mut squared = [9.0; 3];
        evaluator.squared_distances(&block, 1, &mut squared);
        assert_eq!(squared[0], 0.0);
    }
}

#[test]
fn imputing_from_one_component_is_least_squares() {
    // Monotone pattern: the maximum is known (Anderson 1957), the regression of y on x over
    // the complete rows.
    let x: Vec<f64> = (0..80).map(|i| f64::from(i * 37 % 101) * 0.1).collect();
    let y: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| match i % 3 {
            0 => f64::NAN,
            _ => 2.0 - 0.7 * x + f64::from(i as u32 * 13 % 17) * 0.2,
        })
        .collect();
    let matrix = matrix(&[x.clone(), y.clone()]);
    let settings = Settings {
        n_components: 1,
        floor: Floor::NONE,
        ..Settings::default()
    };
    let plan = Plan::plain(vec![0.0; 2]);
    let path = path(&matrix, start(&matrix, &settings).unwrap(), &plan, 300);
    let both: Vec<(f64, f64)> = x.iter().copied().zip(y).filter(|p| !p.1.is_nan()).collect();
    let n = both.len() as f64;
    let (mx, my) = both
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let slope = both.iter().map(|(x, y)| (x - mx) * (y - my)).sum::<f64>()
        / both.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>();
    let rest = |(x, y): &(f64, f64)| (y - my - slope * (x - mx)).powi(2);
    let deviation = (both.iter().map(rest).sum::<f64>() / n).sqrt();
    let found = impute(&matrix, path[300].mixture());
    assert_eq!(found.len(), 27);
    for cell in found {
        let expected = my + slope * (x[cell.row] - mx);
        assert!(
            close(cell.mean, expected, 1e-10),
            "{} {expected}",
            cell.mean
        );
        assert!(close(cell.deviation, deviation, 1e-10));
    }
}

#[test]
fn settings_that_cannot_take_holes_say_so_and_what_can() {
    let matrix = matrix(&[vec![1.0, f64::NAN, 2.0, 5.0, 4.0]]);
    let with = |model, algorithm| {
        let settings = Settings {
            n_components: 1,
            model,
            algorithm,
            ..Settings::default()
        };
        settings.check(&matrix)
    };
    assert_eq!(with(Model::Gaussian, Algorithm::Em), Ok(()));
    assert_eq!(with(Model::Gaussian, Algorithm::Map), Ok(()));
    for method in mixscope::fit::METHODS {
        if method.model == Model::Gaussian
            && matches!(method.algorithm, Algorithm::Em | Algorithm::Map)
        {
            continue;
        }
        let refused = with(method.model, method.algorithm).unwrap_err();
        assert_eq!(refused, SettingsError::Holes, "{}", method.name);
        assert!(refused.to_string().contains("choose EM"));
    }
}

#[test]
fn a_label_beyond_the_last_component_is_refused_by_letter() {
    let labelled = matrix(&[vec![1.0, 2.0, 3.0, 9.0]]).with_labels(vec![0, UNLABELLED, 3, 1]);
    let settings = Settings {
        n_components: 2,
        ..Settings::default()
    };
    let refused = settings.check(&labelled.unwrap()).unwrap_err().to_string();
    assert!(
        refused.contains("labelled D") && refused.contains("at least 4"),
        "{refused}"
    );
}

#[test]
fn labelled_rows_start_in_their_component() {
    let x: Vec<f64> = (0..90)
        .map(|i| f64::from(i % 3) * 10.0 + f64::from(i % 7) * 0.1)
        .collect();
    // The groups at 20, 0 and 10, two rows of each.
    let mut labels = vec![UNLABELLED; 90];
    for (i, y) in [(2, 0), (5, 0), (0, 1), (3, 1), (1, 2), (4, 2)] {
        labels[i] = y;
    }
    let matrix = matrix(&[x]).with_labels(labels).unwrap();
    for init in METHODS {
        if init == InitMethod::RandomResponsibilities {
            continue;
        }
        let settings = Settings {
            init,
            ..Settings::default()
        };
        let first = start(&matrix, &settings).unwrap();
        let plan = Plan::new(&settings, &matrix);
        let path = path(&matrix, first, &plan, 30);
        let means = path[30].mixture().means();
        for (mean, near) in means.iter().zip([20.3, 0.3, 10.3]) {
            assert!(
                (mean[0] + matrix.centre()[0] - near).abs() < 0.2,
                "{init:?} {means:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_likelihood_of_what_is_observed_never_falls(x in holed(), s in settings(), map in any::<bool>()) {
        let matrix = matrix(&x);
        let algorithm = if map { Algorithm::Map } else { Algorithm::Em };
        let s = Settings { algorithm, ..s };
        let plan = Plan::new(&s, &matrix);
        let path = path(&matrix, start(&matrix, &s).unwrap(), &plan, 25);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].objective(), pair[1].objective());
            prop_assert!(now.is_finite() && now >= before - 1e-9 * before.abs().max(1.0), "{before} {now}");
        }
    }

    #[test]
    fn every_start_is_a_mixture_and_the_same_seed_gives_the_same_one(x in holed(), s in settings()) {
        let matrix = matrix(&x);
        let first = start(&matrix, &s).unwrap();
        prop_assert!(numbers(&first, matrix.centre()).iter().all(|v| v.is_finite()));
        prop_assert_eq!(&first, &start(&matrix, &s).unwrap());
    }

    #[test]
    fn without_holes_nothing_changes(x in holed(), s in settings()) {
        let full: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| if v.is_nan() { 1.5 } else { *v }).collect()).collect();
        let slices: Vec<&[f64]> = full.iter().map(Vec::as_slice).collect();
        let (a, b) = (matrix(&full), Matrix::from_columns(&slices).unwrap());
        let plan = Plan::plain(vec![1e-6; x.len()]);
        let one = path(&a, start(&a, &s).unwrap(), &plan, 4);
        let two = path(&b, start(&b, &s).unwrap(), &plan, 4);
        prop_assert_eq!(one.len(), two.len());
        for (one, two) in one.iter().zip(&two) {
            prop_assert_eq!(one.mixture(), two.mixture());
            prop_assert_eq!(one.log_likelihood(), two.log_likelihood());
        }
    }

    #[test]
    fn whole_rows_among_others_have_the_density_of_the_plain_path(x in holed(), s in settings()) {
        let matrix = matrix(&x);
        let mixture = start(&matrix, &s).unwrap();
        let all = log_densities(&mixture, &matrix);
        let whole: Vec<usize> = (0..matrix.n_rows()).filter(|&i| matrix.row(i).iter().all(|v| !v.is_nan())).collect();
        let alone = log_densities(&mixture, &matrix.subset(&whole));
        for (&i, alone) in whole.iter().zip(alone) {
            prop_assert_eq!(all[i], alone);
        }
    }

    #[test]
    fn one_component_keeps_mean_and_variance_of_a_column_that_is_whole(x in holed(), family in 0usize..3) {
        let mut x = x;
        for v in &mut x[0] {
            *v = if v.is_nan() { 2.5 } else { *v };
        }
        let matrix = matrix(&x);
        let s = Settings { n_components: 1, covariance_type: CovarianceType::ALL[family], floor: Floor::NONE, ..Settings::default() };
        let plan = Plan::plain(vec![0.0; x.len()]);
        let path = path(&matrix, start(&matrix, &s).unwrap(), &plan, 3);
        let n = x[0].len() as f64;
        let mean = x[0].iter().sum::<f64>() / n;
        let variance = x[0].iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        for em in &path[1..] {
            prop_assert!(close(em.mixture().means()[0][0] + matrix.centre()[0], mean, 1e-11));
            prop_assert!(close(em.mixture().covariances()[0].get(0, 0), variance, 1e-10));
        }
    }

    #[test]
    fn sums_about_other_centres_give_the_same_parameters(x in holed(), s in settings(), off in -3.0f64..3.0) {
        let matrix = matrix(&x);
        let mixture = start(&matrix, &s).unwrap();
        let plan = Plan::plain(vec![1e-6; x.len()]);
        let near = e_step(&matrix, &mixture, mixture.means());
        let aside: Vec<Vec<f64>> = mixture.means().iter().map(|m| m.iter().map(|v| v + off).collect()).collect();
        // Far enough that the digits are gone and the sums must be formed again.
        let far: Vec<Vec<f64>> = mixture.means().iter().map(|m| m.iter().map(|v| v + 1e5 * off).collect()).collect();
        let expected = m_step(&matrix, &mixture, &near, &plan);
        for (centres, tolerance) in [(aside, 1e-9), (far, 1e-5)] {
            let e = e_step(&matrix, &mixture, &centres);
            prop_assert!(close(e.log_likelihood, near.log_likelihood, 1e-12));
            if let (Ok(a), Ok(b)) = (&expected, m_step(&matrix, &mixture, &e, &plan)) {
                let (a, b) = (numbers(a, matrix.centre()), numbers(&b, matrix.centre()));
                for (a, b) in a.iter().zip(&b) {
                    prop_assert!(close(*a, *b, tolerance), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn scaled_and_shifted_data_give_scaled_and_shifted_fits(x in holed(), s in settings(), e in -30i32..30) {
        let scale = 2f64.powi(e);
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let scaled: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * scale).collect()).collect();
        let (one, two) = (matrix(&x), matrix(&scaled));
        let a = path(&one, start(&one, &s).unwrap(), &Plan::new(&s, &one), 4);
        let b = path(&two, start(&two, &s).unwrap(), &Plan::new(&s, &two), 4);
        prop_assert_eq!(a.len(), b.len());
        let observed = x.iter().flatten().filter(|v| !v.is_nan()).count() as f64;
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood() - observed * scale.ln(), b.log_likelihood(), 1e-9));
        }
        // Whole numbers of halves: a shift by a power of two rounds little.
        let shifted: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v + 1024.0).collect()).collect();
        let three = matrix(&shifted);
        let offset: Vec<f64> = one.centre().iter().zip(three.centre()).map(|(a, b)| a + 1024.0 - b).collect();
        let first = start(&one, &s).unwrap();
        let a = path(&one, first.clone(), &Plan::new(&s, &one), 4);
        let b = path(&three, first.translated(&offset), &Plan::new(&s, &three), 4);
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-6));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(x in holed(), s in settings()) {
        let forward = matrix(&x);
        let turned: Vec<Vec<f64>> = x.iter().map(|c| c.iter().rev().copied().collect()).collect();
        let backward = matrix(&turned);
        let first = start(&forward, &s).unwrap();
        let offset: Vec<f64> = forward.centre().iter().zip(backward.centre()).map(|(a, b)| a - b).collect();
        let plan = Plan::plain(vec![1e-3; x.len()]);
        let a = path(&forward, first.clone(), &plan, 3);
        let b = path(&backward, first.translated(&offset), &plan, 3);
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(same(a, b, [&forward, &backward], 1e-8));
        }
    }

    #[test]
    fn a_weight_of_n_equals_n_copies(x in holed(), s in settings(), seed in 0usize..7, holes in any::<bool>()) {
        let x: Vec<Vec<f64>> = match holes {
            true => x,
            false => x.iter().map(|c| c.iter().map(|v| if v.is_nan() { 0.5 } else { *v }).collect()).collect(),
        };
        let n = x[0].len();
        let times: Vec<usize> = (0..n).map(|i| if i < 12 { 1 } else { (i * 5 + seed) % 4 }).collect();
        let copies: Vec<Vec<f64>> = x.iter().map(|c| c.iter().zip(&times).flat_map(|(&v, &t)| vec![v; t]).collect()).collect();
        let label = |i: usize| if i.is_multiple_of(9) { 0 } else { UNLABELLED };
        let weighted = matrix(&x).with_weights(times.iter().map(|&t| t as f64).collect()).unwrap()
            .with_labels((0..n).map(label).collect()).unwrap();
        let copied = matrix(&copies)
            .with_labels(times.iter().enumerate().flat_map(|(i, &t)| vec![label(i); t]).collect()).unwrap();
        prop_assert!(close(weighted.total_weight(), copied.n_rows() as f64, 1e-15));
        let first = start(&weighted, &s).unwrap();
        let offset: Vec<f64> = weighted.centre().iter().zip(copied.centre()).map(|(a, b)| a - b).collect();
        for algorithm in [Algorithm::Em, Algorithm::Map] {
            let s = Settings { algorithm, floor: Floor::relative(1e-3), ..s.clone() };
            let a = path(&weighted, first.clone(), &Plan::new(&s, &weighted), 3);
            let b = path(&copied, first.translated(&offset), &Plan::new(&s, &copied), 3);
            prop_assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(&b) {
                prop_assert!(same(a, b, [&weighted, &copied], 1e-9));
            }
        }
    }

    #[test]
    fn starts_with_weights_and_labels_are_mixtures_of_finite_numbers(x in holed(), s in settings(), shift in 0usize..5) {
        let n = x[0].len();
        let weights = (0..n).map(|i| if i < 12 { 1.0 } else { ((i + shift) % 3) as f64 * 0.5 }).collect();
        let labels = (0..n).map(|i| if i % 7 == shift { (i % s.n_components) as u8 } else { UNLABELLED }).collect();
        let matrix = matrix(&x).with_weights(weights).unwrap().with_labels(labels).unwrap();
        let first = start(&matrix, &s).unwrap();
        prop_assert!(numbers(&first, matrix.centre()).iter().all(|v| v.is_finite()));
    }

    #[test]
    fn a_labelled_row_belongs_to_its_component_alone(x in holed(), s in settings()) {
        let n = x[0].len();
        let k = s.n_components;
        let labels: Vec<u8> = (0..n).map(|i| if i % 3 == 0 { (i / 3 % k) as u8 } else { UNLABELLED }).collect();
        let matrix = matrix(&x).with_labels(labels.clone()).unwrap();
        let mixture = start(&matrix, &s).unwrap();
        let mut evaluator = Evaluator::new(&mixture);
        let plain = log_densities(&mixture, &self::matrix(&x));
        let clamped = log_densities(&mixture, &matrix);
        for block in matrix.blocks() {
            evaluator.responsibilities(&block);
            for i in 0..block.len() {
                let at = block.first_row() + i;
                let r: Vec<f64> = (0..k).map(|c| evaluator.row(c)[i]).collect();
                prop_assert!(close(r.iter().sum(), 1.0, 1e-12));
                if labels[at] != UNLABELLED {
                    prop_assert_eq!(r[usize::from(labels[at])], 1.0);
                    prop_assert!(clamped[at] <= plain[at] + 1e-12 * plain[at].abs().max(1.0));
                } else {
                    prop_assert_eq!(clamped[at], plain[at]);
                }
            }
        }
    }

    #[test]
    fn if_every_row_is_labelled_one_iteration_gives_the_parameters_of_the_classes(x in holed(), s in settings()) {
        let full: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| if v.is_nan() { 1.5 } else { *v }).collect()).collect();
        let labels: Vec<u8> = (0..x[0].len()).map(|i| (i % s.n_components) as u8).collect();
        let matrix = matrix(&full).with_labels(labels.clone()).unwrap();
        let plan = Plan::plain(vec![0.01; x.len()]);
        let em = Em::new(&matrix, start(&matrix, &s).unwrap(), &plan).iterate(&matrix, &plan).unwrap();
        let classes = from_labels(&matrix, &labels, s.covariance_type, &plan.floor).unwrap();
        let (a, b) = (numbers(em.mixture(), matrix.centre()), numbers(&classes, matrix.centre()));
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(*a, *b, 1e-10), "{} {}", a, b);
        }
    }
}
