//! What must hold for every variational fit: the bound, the closed forms, what the order of
//! rows and components, a shift and a scale do.
#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use mixscope::data::{Matrix, UNLABELLED};
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Knob, Knobs, Model, Objective, Plan, Settings, SettingsError,
    VariationalPrior, start, strongest,
};
use mixscope::mixture::special::ln_multigamma;
use mixscope::mixture::{Covariance, CovarianceType, Mixture};
use mixscope::study::{effective_components, occupied};
use proptest::prelude::*;

const FAMILIES: [CovarianceType; 4] = [
    CovarianceType::Full,
    CovarianceType::Tied,
    CovarianceType::Diagonal,
    CovarianceType::Spherical,
];

fn columns(d: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<f64>>> {
    (d, 15usize..120).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0).prop_map(|(group, v)| f64::from(group) * 4.0 + v);
        prop::collection::vec(prop::collection::vec(cell, n), d)
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let knobs = (0usize..4, 0usize..3, 0usize..3).prop_map(|(a, b, c)| {
        Knobs::default()
            .with(Knob::Concentration, [0.0, 1e-3, 1.0, 20.0][a])
            .with(Knob::MeanPrecision, [1.0, 1e-3, 10.0][b])
            .with(Knob::WishartDegrees, [0.0, 0.3, 15.0][c])
    });
    let init = prop::sample::select(vec![InitMethod::KMeans, InitMethod::RandomResponsibilities]);
    let (family, process) = (
        prop::sample::select(CovarianceType::SHAPES.to_vec()),
        any::<bool>(),
    );
    (1usize..6, family, process, init, 0u64..1000, knobs).prop_map(
        |(n_components, covariance_type, process, init, seed, knobs)| Settings {
            n_components,
            covariance_type,
            model: if process {
                Model::Process
            } else {
                Model::Variational
            },
            init,
            seed,
            knobs,
            ..Settings::default()
        },
    )
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

fn path(matrix: &Matrix, mixture: Mixture, plan: &Plan, n: usize) -> Vec<Em> {
    let mut path = vec![Em::new(matrix, mixture, plan)];
    for _ in 0..n {
        path.push(path[path.len() - 1].iterate(matrix, plan).unwrap());
    }
    path
}

fn fit(matrix: &Matrix, settings: &Settings, n: usize) -> Vec<Em> {
    let plan = Plan::new(settings, matrix);
    path(matrix, start(matrix, settings).unwrap(), &plan, n)
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Weights, counts, means (in the data's coordinates less `shift`) and covariances.
fn numbers(em: &Em, matrix: &Matrix, shift: f64) -> Vec<Vec<f64>> {
    let m = em.mixture();
    let d = m.dimension();
    (0..m.n_components())
        .map(|k| {
            let mut all = vec![m.weights()[k], m.posterior().unwrap().counts()[k]];
            for i in 0..d {
                all.push(m.means()[k][i] + (matrix.centre()[i] - shift));
                all.extend((0..=i).map(|j| m.covariances()[k].get(i, j)));
            }
            all
        })
        .collect()
}

fn all_close(a: &[Vec<f64>], b: &[Vec<f64>], tolerance: f64) -> bool {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.into_iter().all(|(a, b)| close(*a, *b, tolerance))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every family, both priors, rows with weights and labels: neither half of an iteration
    /// lowers the bound, and the objective of a run is the bound at the best responsibilities.
    #[test]
    fn the_bound_never_falls(x in columns(1..4), s in settings(), beside in 0u8..4) {
        let mut matrix = matrix(&x);
        let n = matrix.n_rows();
        if beside & 1 == 1 {
            matrix = matrix.with_weights((0..n).map(|i| [0.0, 0.5, 1.0, 3.0][i % 4]).collect()).unwrap();
        }
        if beside & 2 == 2 {
            let label = |i: usize| if i.is_multiple_of(5) { (i % s.n_components) as u8 } else { UNLABELLED };
            matrix = matrix.with_labels((0..n).map(label).collect()).unwrap();
        }
        let plan = Plan::new(&s, &matrix);
        prop_assert_eq!(plan.objective(), Objective::LowerBound);
        let prior = plan.variational.as_ref().unwrap();
        let path = fit(&matrix, &s, 30);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].objective(), pair[1].objective());
            let between = prior.lower_bound(&matrix, pair[0].mixture(), pair[1].mixture());
            let rounding = 1e-11 * before.abs().max(1.0);
            prop_assert!(between >= before - rounding && now >= between - rounding, "{before} {between} {now}");
            let again = prior.lower_bound(&matrix, pair[0].mixture(), pair[0].mixture());
            prop_assert!(close(again, before, 1e-11), "{again} {before}");
            prop_assert!(pair[0].log_likelihood().is_finite());
            prop_assert!(prior.divergence(pair[0].mixture()) >= -1e-9);
        }
    }

    #[test]
    fn weights_and_counts_stay_on_their_simplex(x in columns(1..4), s in settings()) {
        let matrix = matrix(&x);
        for em in fit(&matrix, &s, 8) {
            let weights = em.mixture().weights();
            prop_assert!(weights.iter().all(|w| *w > 0.0 && *w <= 1.0));
            prop_assert!(close(weights.iter().sum(), 1.0, 1e-12));
            let counts = em.mixture().posterior().unwrap().counts();
            prop_assert!(close(counts.iter().sum(), matrix.n_rows() as f64, 1e-11));
            let effective = effective_components(weights);
            prop_assert!((1.0 - 1e-12..=weights.len() as f64 + 1e-9).contains(&effective));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(x in columns(1..4), s in settings()) {
        let turned: Vec<Vec<f64>> = x.iter().map(|c| c.iter().rev().copied().collect()).collect();
        let (a, b) = (matrix(&x), matrix(&turned));
        let first = start(&a, &s).unwrap();
        let offset: Vec<f64> = a.centre().iter().zip(b.centre()).map(|(a, b)| a - b).collect();
        let moved = first.translated(&offset);
        let p = path(&a, first, &Plan::new(&s, &a), 4);
        let q = path(&b, moved, &Plan::new(&s, &b), 4);
        for (p, q) in p.iter().zip(&q) {
            prop_assert!(close(p.objective(), q.objective(), 1e-9));
            prop_assert!(all_close(&numbers(p, &a, 0.0), &numbers(q, &b, 0.0), 1e-7));
        }
    }

    #[test]
    fn under_a_dirichlet_prior_permuted_components_give_permuted_results(x in columns(1..4), s in settings()) {
        let s = Settings { model: Model::Variational, ..s };
        let matrix = matrix(&x);
        let plan = Plan::new(&s, &matrix);
        let first = start(&matrix, &s).unwrap();
        let turned = turned(&first);
        let (a, b) = (path(&matrix, first, &plan, 5), path(&matrix, turned, &plan, 5));
        for (a, b) in a.iter().zip(&b) {
            let mut expected = numbers(a, &matrix, 0.0);
            expected.rotate_left(1);
            prop_assert!(close(a.objective(), b.objective(), 1e-9));
            prop_assert!(all_close(&expected, &numbers(b, &matrix, 0.0), 1e-7));
        }
    }

    #[test]
    fn a_shift_moves_the_means_and_nothing_else(x in columns(1..4), s in settings(), shift in -1e6f64..1e6) {
        let moved: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v + shift).collect()).collect();
        let (a, b) = (matrix(&x), matrix(&moved));
        let first = start(&a, &s).unwrap();
        let offset: Vec<f64> = a.centre().iter().zip(b.centre()).map(|(a, b)| a + shift - b).collect();
        let (p, q) = (
            path(&a, first.clone(), &Plan::new(&s, &a), 3),
            path(&b, first.translated(&offset), &Plan::new(&s, &b), 3),
        );
        for (p, q) in p.iter().zip(&q) {
            prop_assert!(close(p.objective(), q.objective(), 1e-5));
            prop_assert!(all_close(&numbers(p, &a, 0.0), &numbers(q, &b, shift), 1e-4));
        }
    }

    /// In other units the same posterior; the bound loses N D ln(scale), as ln p(X) does.
    #[test]
    fn scaled_data_give_scaled_fits(x in columns(1..4), s in settings(), e in -40i32..40) {
        let scale = 2f64.powi(e);
        let scaled: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * scale).collect()).collect();
        let (a, b) = (matrix(&x), matrix(&scaled));
        for (p, q) in fit(&a, &s, 4).iter().zip(&fit(&b, &s, 4)) {
            let lost = (a.n_rows() * a.n_columns()) as f64 * scale.ln();
            prop_assert!(close(p.objective() - lost, q.objective(), 1e-9));
            for (v, w) in p.mixture().weights().iter().zip(q.mixture().weights()) {
                prop_assert!(close(*v, *w, 1e-9));
            }
        }
    }

    #[test]
    fn a_weight_of_n_is_n_copies(x in columns(1..4), s in settings()) {
        let times = |i: usize| i % 4;
        let copied: Vec<Vec<f64>> = x.iter().map(|c| {
            c.iter().enumerate().flat_map(|(i, &v)| vec![v; times(i)]).collect()
        }).collect();
        let whole = matrix(&x);
        let n = whole.n_rows();
        let a = whole.with_weights((0..n).map(|i| times(i) as f64).collect()).unwrap();
        let b = matrix(&copied);
        let first = start(&a, &s).unwrap();
        let offset: Vec<f64> = a.centre().iter().zip(b.centre()).map(|(a, b)| a - b).collect();
        let (p, q) = (
            path(&a, first.clone(), &Plan::new(&s, &a), 4),
            path(&b, first.translated(&offset), &Plan::new(&s, &b), 4),
        );
        for (p, q) in p.iter().zip(&q) {
            prop_assert!(close(p.objective(), q.objective(), 1e-9));
            prop_assert!(close(p.log_likelihood(), q.log_likelihood(), 1e-9));
            prop_assert!(all_close(&numbers(p, &a, 0.0), &numbers(q, &b, 0.0), 1e-7));
        }
    }

    /// One component: the posterior is exact (Normal-Wishart), and the bound is ln p(X) itself.
    #[test]
    fn one_component_is_the_closed_form_and_its_bound_the_evidence(x in columns(1..4), nu in 0.2f64..9.0, beta in 0.1f64..5.0) {
        let matrix = matrix(&x);
        let (n, d) = (matrix.n_rows(), x.len());
        let s = Settings {
            n_components: 1,
            model: Model::Variational,
            knobs: Knobs::default().with(Knob::WishartDegrees, nu).with(Knob::MeanPrecision, beta),
            ..Settings::default()
        };
        let em = &fit(&matrix, &s, 1)[1];
        let rows = nalgebra::DMatrix::from_fn(n, d, |i, j| x[j][i]);
        let mean = rows.row_mean();
        let centred = nalgebra::DMatrix::from_fn(n, d, |i, j| rows[(i, j)] - mean[j]);
        // The prior's mean is the rows', so that nothing comes between.
        let scatter = centred.transpose() * &centred;
        let prior = &scatter / (n as f64 - 1.0);
        let (nu_0, nu_n) = (d as f64 - 1.0 + nu, d as f64 - 1.0 + nu + n as f64);
        let expected = (&prior + &scatter) / nu_n;
        let m = em.mixture();
        let p = m.posterior().unwrap();
        prop_assert!(close(p.mean_precision()[0], beta + n as f64, 1e-12));
        prop_assert!(close(p.degrees_of_freedom()[0], nu_n, 1e-12));
        for i in 0..d {
            prop_assert!(close(m.means()[0][i] + matrix.centre()[i], mean[i], 1e-12));
            for j in 0..d {
                prop_assert!(close(m.covariances()[0].get(i, j), expected[(i, j)], 1e-10));
            }
        }
        let determinant = |m: nalgebra::DMatrix<f64>| m.cholesky().unwrap().ln_determinant();
        let evidence = -0.5 * (n * d) as f64 * std::f64::consts::PI.ln()
            + ln_multigamma(d, 0.5 * nu_n) - ln_multigamma(d, 0.5 * nu_0)
            + 0.5 * nu_0 * determinant(prior.clone())
            - 0.5 * nu_n * determinant(prior + scatter)
            + 0.5 * d as f64 * (beta / (beta + n as f64)).ln();
        prop_assert!(close(em.objective(), evidence, 1e-10), "{} {evidence}", em.objective());
    }

    #[test]
    fn in_one_column_the_families_agree(x in columns(1..2), s in settings()) {
        let matrix = matrix(&x);
        let s = Settings { init: InitMethod::KMeans, ..s };
        let of = |covariance_type| {
            let s = Settings { covariance_type, ..s.clone() };
            let em = fit(&matrix, &s, 5).pop().unwrap();
            (em.objective(), numbers(&em, &matrix, 0.0))
        };
        let (bound, full) = of(CovarianceType::Full);
        for family in [CovarianceType::Diagonal, CovarianceType::Spherical, CovarianceType::Tied] {
            // Tied components have N / K rows in their degrees of freedom.
            if family != CovarianceType::Tied || s.n_components == 1 {
                let (b, other) = of(family);
                prop_assert!(close(bound, b, 1e-11) && all_close(&full, &other, 1e-9));
            }
        }
    }
}

/// The components of a mixture, each one place earlier.
fn turned(m: &Mixture) -> Mixture {
    let (mut w, mut means, mut covariances) = (
        m.weights().to_vec(),
        m.means().to_vec(),
        m.covariances().to_vec(),
    );
    w.rotate_left(1);
    means.rotate_left(1);
    covariances.rotate_left(1);
    Mixture::new(m.covariance_type(), w, means, covariances).unwrap()
}

fn groups() -> Vec<Vec<f64>> {
    let x = (0..120).map(|i| f64::from(i % 3) * 10.0 + f64::from(i * 7 % 11) * 0.1);
    let y = (0..120).map(|i| f64::from(i * 5 % 13) * 0.2);
    vec![x.collect(), y.collect()]
}

/// ln p(X) is also the sum of the predictive densities of each row given those before it.
#[test]
fn predictive_densities_multiply_to_the_evidence() {
    let x: Vec<Vec<f64>> = groups().iter().map(|c| c[..20].to_vec()).collect();
    let prior = VariationalPrior {
        process: false,
        concentration: 1.0,
        mean_precision: 0.5,
        degrees_of_freedom: 2.5,
        mean: vec![3.0, 1.0],
        scale: Covariance::dense(2, vec![4.0, 0.5, 0.5, 2.0]).unwrap(),
    };
    let plan = Plan {
        variational: Some(prior),
        ..Plan::plain(vec![0.0; 2])
    };
    let unit = Rc::new(Covariance::diagonal(vec![1.0; 2]).unwrap());
    let one = Mixture::new(
        CovarianceType::Full,
        vec![1.0],
        vec![vec![0.0; 2]],
        vec![unit],
    )
    .unwrap();
    let first = |n: usize| {
        let columns: Vec<&[f64]> = x.iter().map(|c| &c[..n]).collect();
        let matrix = Matrix::uncentred(&columns).unwrap();
        Em::new(&matrix, one.clone(), &plan)
    };
    for n in 1..19 {
        let next: Vec<f64> = x.iter().map(|c| c[n]).collect();
        let gained = first(n + 1).objective() - first(n).objective();
        let predicted = first(n).mixture().predictive_log_density(&next).unwrap();
        assert!(close(gained, predicted, 1e-11), "{n}: {gained} {predicted}");
    }
}

#[test]
fn components_that_are_not_needed_empty_themselves_and_do_no_harm() {
    let matrix = matrix(&groups());
    for model in [Model::Variational, Model::Process] {
        for covariance_type in FAMILIES {
            let s = Settings {
                n_components: 12,
                model,
                covariance_type,
                knobs: Knobs::default().with(Knob::Concentration, 1e-3),
                ..Settings::default()
            };
            let em = fit(&matrix, &s, 300).pop().unwrap();
            let m = em.mixture();
            let counts: Vec<f64> = em.expectation().sums.iter().map(|s| s.count).collect();
            assert!(em.objective().is_finite() && em.log_likelihood().is_finite());
            assert!(
                occupied(&counts) < 12,
                "{model:?} {covariance_type:?} {counts:?}"
            );
            assert!(m.weights().iter().all(|&w| w > 0.0));
            assert!(
                m.covariances()
                    .iter()
                    .all(|c| c.log_determinant().is_finite())
            );
            if covariance_type == CovarianceType::Full {
                assert_eq!(occupied(&counts), 3, "{model:?} {counts:?}");
                assert!((effective_components(m.weights()) - 3.0).abs() < 0.1);
            }
        }
    }
}

#[test]
fn the_process_prefers_the_components_that_come_first() {
    let matrix = matrix(&groups());
    let s = Settings {
        model: Model::Process,
        n_components: 4,
        ..Settings::default()
    };
    let plan = Plan::new(&s, &matrix);
    let first = start(&matrix, &s).unwrap();
    let a = Em::new(&matrix, first.clone(), &plan);
    let b = Em::new(&matrix, turned(&first), &plan);
    assert!((a.objective() - b.objective()).abs() > 1e-3);
}

#[test]
fn identical_rows_and_a_constant_column_are_no_collapse() {
    let x: Vec<f64> = (0..40)
        .map(|i| if i < 30 { 1.0 } else { f64::from(i) })
        .collect();
    let matrix = matrix(&[x, vec![5.0; 40]]);
    for covariance_type in FAMILIES {
        let s = Settings {
            model: Model::Variational,
            covariance_type,
            floor: Floor::absolute(1e-6),
            ..Settings::default()
        };
        for em in fit(&matrix, &s, 50) {
            assert!(em.objective().is_finite() && em.log_likelihood().is_finite());
        }
    }
}

#[test]
fn extreme_units_and_knobs_stay_finite() {
    let ends = |knob: Knob| [knob.spec().min, knob.spec().default, knob.spec().max];
    for scale in [1e-140, 1.0, 1e140] {
        let x: Vec<Vec<f64>> = groups()
            .iter()
            .map(|c| c.iter().map(|v| v * scale).collect())
            .collect();
        let matrix = matrix(&x);
        for choice in 0..27 {
            let knobs = Knobs::default()
                .with(Knob::Concentration, ends(Knob::Concentration)[choice % 3])
                .with(
                    Knob::MeanPrecision,
                    ends(Knob::MeanPrecision)[choice / 3 % 3],
                )
                .with(Knob::WishartDegrees, ends(Knob::WishartDegrees)[choice / 9]);
            for (model, concentration) in [
                (Model::Variational, None),
                (Model::Process, None),
                (Model::Process, Some(1e-300)),
            ] {
                let knobs = match concentration {
                    Some(value) => knobs.with(Knob::Concentration, value),
                    None => knobs,
                };
                let s = Settings {
                    n_components: 32,
                    model,
                    knobs,
                    ..Settings::default()
                };
                for em in fit(&matrix, &s, 3) {
                    let m = em.mixture();
                    assert!(em.objective().is_finite(), "{scale} {knobs:?}");
                    assert!(em.log_likelihood().is_finite(), "{scale} {knobs:?}");
                    assert!(m.predictive_log_density(&[0.0, 1e150]).unwrap().is_finite());
                    assert!(m.extra().unwrap().1.iter().all(|v| v.is_finite()));
                }
            }
        }
    }
}

#[test]
fn labelled_rows_stay_where_they_are() {
    let labels: Vec<u8> = (0..120)
        .map(|i| if i < 60 { (i % 3) as u8 } else { UNLABELLED })
        .collect();
    let matrix = matrix(&groups()).with_labels(labels.clone()).unwrap();
    let s = Settings {
        model: Model::Process,
        ..Settings::default()
    };
    let em = fit(&matrix, &s, 40).pop().unwrap();
    assert_eq!(strongest(&matrix, em.mixture())[..60], labels[..60]);
}

#[test]
fn the_defaults_are_those_of_scikit_learn() {
    let x = groups();
    let matrix = matrix(&x);
    let mean = |c: &[f64]| c.iter().sum::<f64>() / 120.0;
    let cov = |a: &[f64], b: &[f64]| {
        let products = a.iter().zip(b).map(|(u, v)| (u - mean(a)) * (v - mean(b)));
        products.sum::<f64>() / 119.0
    };
    for covariance_type in FAMILIES {
        let s = Settings {
            model: Model::Process,
            n_components: 5,
            covariance_type,
            ..Settings::default()
        };
        let prior = VariationalPrior::of(&s, &matrix).unwrap();
        assert_eq!((prior.process, prior.concentration), (true, 0.2));
        assert_eq!((prior.mean_precision, prior.degrees_of_freedom), (1.0, 2.0));
        let own = [cov(&x[0], &x[0]), cov(&x[1], &x[1])];
        let (diagonal, off) = match covariance_type {
            CovarianceType::Spherical => ([0.5 * (own[0] + own[1]); 2], 0.0),
            CovarianceType::Diagonal => (own, 0.0),
            _ => (own, cov(&x[0], &x[1])),
        };
        for j in 0..2 {
            assert!(close(
                prior.mean[j] + matrix.centre()[j],
                mean(&x[j]),
                1e-13
            ));
            assert!(close(prior.scale.get(j, j), diagonal[j], 1e-12));
        }
        assert!(close(prior.scale.get(1, 0), off, 1e-12));
    }
}

#[test]
fn what_it_cannot_take_is_refused_with_a_remedy() {
    let whole = matrix(&groups());
    let mut holed = groups();
    holed[1][7] = f64::NAN;
    let slices: Vec<&[f64]> = holed.iter().map(Vec::as_slice).collect();
    let holed = Matrix::with_holes(&slices).unwrap();
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut s = Settings {
            model: Model::Variational,
            ..Settings::default()
        };
        change(&mut s);
        s
    };
    let knob = |knob, value| with(&move |s| s.knobs = s.knobs.with(knob, value));
    let map = with(&|s| s.algorithm = Algorithm::Map);
    assert_eq!(with(&|_| ()).check(&whole), Ok(()));
    let table = [
        (
            map,
            &whole,
            SettingsError::Method {
                model: Model::Variational,
                algorithm: Algorithm::Map,
            },
            "MAP-EM with normal",
        ),
        (
            with(&|_| ()),
            &holed,
            SettingsError::Holes,
            "leave those rows out",
        ),
        (
            knob(Knob::Concentration, -1.0),
            &whole,
            SettingsError::Knob(Knob::Concentration),
            "Concentration",
        ),
        (
            knob(Knob::MeanPrecision, 0.0),
            &whole,
            SettingsError::Knob(Knob::MeanPrecision),
            "from",
        ),
        (
            knob(Knob::WishartDegrees, f64::NAN),
            &whole,
            SettingsError::Knob(Knob::WishartDegrees),
            "Degrees",
        ),
    ];
    for (settings, matrix, error, said) in table {
        assert_eq!(settings.check(matrix), Err(error));
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn a_run_that_is_resumed_takes_the_same_bits() {
    let matrix = matrix(&groups());
    let s = Settings {
        model: Model::Process,
        n_components: 5,
        ..Settings::default()
    };
    let plan = Plan::new(&s, &matrix);
    let whole = fit(&matrix, &s, 8);
    let resumed = Em::resume(&matrix, whole[4].state().clone(), &plan);
    let next = resumed.iterate(&matrix, &plan).unwrap();
    assert_eq!(next.mixture(), whole[5].mixture());
    assert_eq!(next.objective().to_bits(), whole[5].objective().to_bits());
}
