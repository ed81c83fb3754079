//! MAP estimation against the formulas of Fraley and Raftery (2007, Bayesian regularization for
//! normal mixture estimation and model-based clustering), written out here on their own.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::data::Matrix;
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Knob, Knobs, Objective, Plan, Settings, StartError, start,
};
use mixscope::mixture::{CovarianceType, Evaluator, Mixture};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

/// Rows that the prior on a mean is worth.
const KAPPA: f64 = 0.01;

const METHODS: [InitMethod; 4] = [
    InitMethod::KMeans,
    InitMethod::KMeansPlusPlus,
    InitMethod::RandomPoints,
    InitMethod::RandomResponsibilities,
];

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1usize..4, 12usize..150).prop_flat_map(|(d, n)| {
        let cell = (0u8..3, -1.0f64..1.0).prop_map(|(group, v)| f64::from(group) * 4.0 + v);
        prop::collection::vec(prop::collection::vec(cell, n), d).prop_map(varied)
    })
}

/// The same with first rows that span the space, however far a failure is simplified.
fn varied(mut columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for (j, column) in columns.iter_mut().enumerate() {
        column[j] = 9.0;
        column[j + 1] = -2.0;
    }
    columns
}

fn settings() -> impl Strategy<Value = Settings> {
    let numbers = (0u8..2, 0.0f64..30.0, 0u8..2, 0.0f64..10.0);
    (
        1usize..6,
        0usize..CovarianceType::ALL.len(),
        0usize..4,
        0u64..1000,
        numbers,
    )
        .prop_map(
            |(k, family, method, seed, (strong, rows, even, weight))| Settings {
                n_components: k,
                covariance_type: CovarianceType::SHAPES[family],
                algorithm: Algorithm::Map,
                knobs: Knobs::default()
                    .with(Knob::PriorRows, f64::from(strong) * rows)
                    .with(Knob::PriorWeight, f64::from(even) * weight),
                init: METHODS[method],
                seed,
                floor: Floor::NONE,
                ..Settings::default()
            },
        )
}

/// `n` iterations, none of which may fail.
fn run(matrix: &Matrix, settings: &Settings, n: usize) -> Vec<Em> {
    let plan = Plan::new(settings, matrix);
    assert_eq!(plan.objective(), Objective::Penalised);
    let mut path = vec![Em::new(matrix, start(matrix, settings).unwrap(), &plan)];
    for _ in 0..n {
        let next = path[path.len() - 1].iterate(matrix, &plan).unwrap();
        path.push(next);
    }
    path
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Responsibilities, N x K.
fn responsibilities(mixture: &Mixture, matrix: &Matrix) -> Vec<Vec<f64>> {
    let mut evaluator = Evaluator::new(mixture);
    let mut r = Vec::new();
    for block in matrix.blocks() {
        evaluator.responsibilities(&block);
        let row = |i| {
            (0..mixture.n_components())
                .map(|k| evaluator.row(k)[i])
                .collect()
        };
        r.extend((0..block.len()).map(row));
    }
    r
}

/// The priors of the paper, section 3: mu_P, S / G^(2/d) with S divided by N, nu_P = d + 2.
struct Paper {
    mean: DVector<f64>,
    scale: DMatrix<f64>,
    nu: f64,
    g: f64,
    d: f64,
}

impl Paper {
    fn of(matrix: &Matrix, k: usize) -> Paper {
        let (n, d) = (matrix.n_rows(), matrix.n_columns());
        let mean = DVector::from_fn(d, |j, _| {
            (0..n).map(|i| matrix.get(i, j)).sum::<f64>() / n as f64
        });
        let s = DMatrix::from_fn(d, d, |a, b| {
            let product = |i| (matrix.get(i, a) - mean[a]) * (matrix.get(i, b) - mean[b]);
            (0..n).map(product).sum::<f64>() / n as f64
        });
        Paper {
            mean,
            scale: s / (k as f64).powf(2.0 / d as f64),
            nu: d as f64 + 2.0,
            g: k as f64,
            d: d as f64,
        }
    }

    /// ln of the prior's kernel, by family; the weights have none.
    fn log_prior(&self, m: &Mixture) -> f64 {
        let (d, k) = (m.dimension(), m.n_components());
        let dense = |c: usize| DMatrix::from_fn(d, d, |i, j| m.covariances()[c].get(i, j));
        let of_mean = |c: usize| {
            let e = DVector::from_column_slice(&m.means()[c]) - &self.mean;
            let s = dense(c);
            let q = (e.transpose() * s.clone().try_inverse().unwrap() * e)[0];
            -0.5 * (s.determinant().ln() + KAPPA * q)
        };
        let wishart = |c: usize| {
            let s = dense(c);
            let trace = (s.clone().try_inverse().unwrap() * &self.scale).trace();
            -0.5 * ((self.nu + self.d + 1.0) * s.determinant().ln() + trace)
        };
        // Inverse gamma (nu / 2, scale / 2).
        let gamma = |variance: f64, scale: f64| {
            -(0.5 * self.nu + 1.0) * variance.ln() - 0.5 * scale / variance
        };
        let of_means: f64 = (0..k).map(of_mean).sum();
        let of_covariances: f64 = match m.covariance_type() {
            CovarianceType::Tied => wishart(0),
            CovarianceType::Diagonal => (0..k)
                .flat_map(|c| (0..d).map(move |j| (c, j)))
                .map(|(c, j)| gamma(m.covariances()[c].get(j, j), self.scale[(j, j)]))
                .sum(),
            CovarianceType::Spherical => (0..k)
                .map(|c| gamma(m.covariances()[c].get(0, 0), self.scale.trace() / self.d))
                .sum(),
            _ => (0..k).map(wishart).sum(),
        };
        of_means + of_covariances
    }

    /// Posterior modes given responsibilities: weights, means, covariances.
    fn m_step(
        &self,
        matrix: &Matrix,
        r: &[Vec<f64>],
        family: CovarianceType,
    ) -> (Vec<f64>, Vec<DVector<f64>>, Vec<DMatrix<f64>>) {
        let (n, d, k) = (matrix.n_rows(), matrix.n_columns(), r[0].len());
        let row = |i: usize| DVector::from_fn(d, |j, _| matrix.get(i, j));
        let (mut weights, mut means, mut pulled) = (vec![], vec![], vec![]);
        let mut counts = vec![];
        let of_component = |c: usize| r.iter().map(|row| row[c]).collect::<Vec<f64>>();
        for own in (0..k).map(of_component) {
            let count: f64 = own.iter().sum();
            let zero = DVector::zeros(d);
            let average = (0..n).fold(zero, |s, i| s + row(i) * own[i]) / count;
            let w = (0..n).fold(DMatrix::zeros(d, d), |s, i| {
                let e = row(i) - &average;
                s + &e * e.transpose() * own[i]
            });
            let e = &average - &self.mean;
            pulled.push(w + &e * e.transpose() * (KAPPA * count / (KAPPA + count)));
            means.push((average * count + &self.mean * KAPPA) / (count + KAPPA));
            weights.push(count / n as f64);
            counts.push(count);
        }
        let (nu, dd, g) = (self.nu, self.d, self.g);
        let covariances = (0..k)
            .map(|c| match family {
                CovarianceType::Tied => {
                    let all = pulled.iter().fold(self.scale.clone(), |s, w| s + w);
                    all / (nu + n as f64 + dd + g + 1.0)
                }
                CovarianceType::Diagonal => DMatrix::from_diagonal(
                    &((self.scale.diagonal() + pulled[c].diagonal()) / (nu + counts[c] + 3.0)),
                ),
                CovarianceType::Spherical => {
                    let sum = self.scale.trace() / dd + pulled[c].trace();
                    DMatrix::identity(d, d) * (sum / (nu + (counts[c] + 1.0) * dd + 2.0))
                }
                _ => (&self.scale + &pulled[c]) / (nu + counts[c] + dd + 2.0),
            })
            .collect();
        (weights, means, covariances)
    }
}

/// The families of the paper that are checked against its own formulas.
const OF_THE_PAPER: [CovarianceType; 4] = [
    CovarianceType::Full,
    CovarianceType::Tied,
    CovarianceType::Diagonal,
    CovarianceType::Spherical,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// For diagonal covariances the paper takes the average variance of all columns for each of
    /// them; here each column has its own, so that units do not matter.
    #[test]
    fn an_m_step_is_the_posterior_mode_of_the_paper(
        x in columns(), k in 1usize..5, family in 0usize..4, seed in 0u64..100,
    ) {
        let (matrix, family) = (matrix(&x), OF_THE_PAPER[family]);
        let s = Settings {
            n_components: k,
            covariance_type: family,
            algorithm: Algorithm::Map,
            init: InitMethod::RandomResponsibilities,
            seed,
            ..Settings::default()
        };
        let path = run(&matrix, &s, 3);
        let paper = Paper::of(&matrix, k);
        for pair in path.windows(2) {
            let r = responsibilities(pair[0].mixture(), &matrix);
            let (weights, means, covariances) = paper.m_step(&matrix, &r, family);
            let got = pair[1].mixture();
            for c in 0..k {
                prop_assert!(close(got.weights()[c], weights[c], 1e-10));
                for i in 0..x.len() {
                    prop_assert!(close(got.means()[c][i], means[c][i], 1e-9));
                    for j in 0..x.len() {
                        let (a, b) = (got.covariances()[c].get(i, j), covariances[c][(i, j)]);
                        prop_assert!(close(a, b, 1e-9), "{a} {b}");
                    }
                }
            }
            let gain = paper.log_prior(got) - paper.log_prior(pair[0].mixture());
            let all = pair[1].objective() - pair[0].objective();
            let likelihood = pair[1].log_likelihood() - pair[0].log_likelihood();
            prop_assert!((all - likelihood - gain).abs() < 1e-8 * (1.0 + pair[1].objective().abs()));
        }
    }

    #[test]
    fn the_penalised_likelihood_never_falls_and_nothing_collapses(x in columns(), s in settings()) {
        let matrix = matrix(&x);
        for pair in run(&matrix, &s, 40).windows(2) {
            let (before, now) = (pair[0].objective(), pair[1].objective());
            prop_assert!(now >= before - 1e-9 * before.abs().max(1.0), "{before} {now}");
        }
    }

    #[test]
    fn more_components_than_distinct_rows_do_not_collapse(
        distinct in 2usize..5, k in 3usize..13, d in 1usize..3, s in settings(),
    ) {
        let column = |j: usize| (0..24).map(|i| ((i % distinct) * (i % distinct + j)) as f64).collect();
        let x: Vec<Vec<f64>> = (0..d).map(column).collect();
        // Two distinct rows lie on a line, and so would full covariances.
        let s = Settings { n_components: k, ..s };
        prop_assume!(distinct > d || !s.covariance_type.is_dense());
        let matrix = matrix(&x);
        let path = run(&matrix, &s, 30);
        let smallest = path[30].mixture().covariances().iter()
            .flat_map(|c| (0..d).map(|j| c.pivot(j)).collect::<Vec<_>>())
            .fold(f64::INFINITY, f64::min);
        prop_assert!(smallest > 1e-3, "{smallest}");
    }

    #[test]
    fn shifted_and_scaled_columns_give_shifted_and_scaled_fits(
        x in columns(), s in settings(), e in prop::array::uniform3(-20i32..20), shift in -50.0f64..50.0,
    ) {
        // A scale of its own for each column where the family knows columns apart, and one for all
        // where it does not.
        let own = !matches!(s.covariance_type, CovarianceType::Spherical | CovarianceType::Eii);
        let by = |j: usize| 2f64.powi(if own { e[j] } else { e[0] });
        // k-means does see a stretch of single columns; random responsibilities do not.
        let s = Settings { init: InitMethod::RandomResponsibilities, ..s };
        let moved: Vec<Vec<f64>> = x.iter().enumerate()
            .map(|(j, c)| c.iter().map(|v| (v + shift) * by(j)).collect()).collect();
        let (here, there) = (matrix(&x), matrix(&moved));
        let (a, b) = (run(&here, &s, 5), run(&there, &s, 5));
        for (a, b) in a.iter().zip(&b) {
            for c in 0..s.n_components {
                prop_assert!(close(a.mixture().weights()[c], b.mixture().weights()[c], 1e-6));
                for j in 0..x.len() {
                    let mean = a.mixture().means()[c][j] + here.centre()[j] + shift;
                    let other = (b.mixture().means()[c][j] + there.centre()[j]) / by(j);
                    prop_assert!(close(mean, other, 1e-6), "{mean} {other}");
                    let spread = a.mixture().covariances()[c].get(j, j);
                    let other = b.mixture().covariances()[c].get(j, j) / by(j) / by(j);
                    prop_assert!(close(spread, other, 1e-6), "{spread} {other}");
                }
            }
        }
    }

    #[test]
    fn a_weight_of_n_is_n_copies(x in columns(), s in settings(), times in prop::collection::vec(1u8..4, 150)) {
        let s = Settings { init: InitMethod::KMeans, n_components: 1, ..s };
        let n = x[0].len();
        let copied: Vec<Vec<f64>> = x.iter().map(|c| (0..n)
            .flat_map(|i| std::iter::repeat_n(c[i], usize::from(times[i]))).collect()).collect();
        let weights = times[..n].iter().map(|&w| f64::from(w)).collect();
        let (weighted, copies) = (matrix(&x).with_weights(weights).unwrap(), matrix(&copied));
        let (a, b) = (run(&weighted, &s, 2), run(&copies, &s, 2));
        prop_assert!(close(a[2].objective(), b[2].objective(), 1e-8));
    }

    #[test]
    fn one_component_is_known_in_closed_form(x in columns(), family in 0usize..4) {
        let (matrix, family) = (matrix(&x), OF_THE_PAPER[family]);
        let s = Settings {
            n_components: 1, covariance_type: family, algorithm: Algorithm::Map, ..Settings::default()
        };
        let path = run(&matrix, &s, 3);
        let (n, d) = (matrix.n_rows() as f64, x.len() as f64);
        let mean = |c: &[f64]| c.iter().sum::<f64>() / n;
        let variance = |c: &[f64]| c.iter().map(|v| (v - mean(c)).powi(2)).sum::<f64>() / n;
        let average = x.iter().map(|c| variance(c)).sum::<f64>() / d;
        for em in &path[1..] {
            for (j, c) in x.iter().enumerate() {
                prop_assert!(close(em.mixture().means()[0][j] + matrix.centre()[j], mean(c), 1e-11));
                let expected = match family {
                    CovarianceType::Diagonal => variance(c) * (n + 1.0) / (n + d + 5.0),
                    CovarianceType::Spherical => average * (n * d + 1.0) / (n * d + 2.0 * d + 4.0),
                    _ => variance(c) * (n + 1.0) / (n + 2.0 * d + 4.0),
                };
                prop_assert!(close(em.mixture().covariances()[0].get(j, j), expected, 1e-10));
            }
        }
    }

    #[test]
    fn rows_of_the_prior_on_weights_are_added_to_each_count(x in columns(), s in settings(), alpha in 0.0f64..50.0) {
        let s = Settings { knobs: s.knobs.with(Knob::PriorWeight, alpha), ..s };
        let matrix = matrix(&x);
        let path = run(&matrix, &s, 1);
        let total = matrix.n_rows() as f64 + alpha * s.n_components as f64;
        for (sums, w) in path[0].expectation().sums.iter().zip(path[1].mixture().weights()) {
            prop_assert!(close(*w, (sums.count + alpha) / total, 1e-12));
        }
    }
}

#[test]
fn a_stronger_prior_draws_every_covariance_towards_its_mode() {
    let x: Vec<Vec<f64>> = vec![
        (0..90)
            .map(|i| f64::from(i % 3) * 10.0 + f64::from(i % 7) * 0.1)
            .collect(),
    ];
    let matrix = matrix(&x);
    let spread = |rows: f64| {
        let s = Settings {
            algorithm: Algorithm::Map,
            knobs: Knobs::default().with(Knob::PriorRows, rows),
            ..Settings::default()
        };
        run(&matrix, &s, 1)[1].mixture().covariances()[0].get(0, 0)
    };
    // The mode of the weakest prior: S / 9 divided by nu + d + 2 = 6.
    let mode = matrix.variance()[0] / 9.0 / 6.0;
    let far = |rows: f64| (spread(rows) - mode).abs();
    assert!(far(0.0) > far(10.0) && far(10.0) > far(1000.0));
    assert!((spread(1e6) / mode - 1.0).abs() < 1e-3);
}

#[test]
fn columns_that_determine_one_another_are_refused_unless_the_family_knows_no_directions() {
    let x: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 23)).collect();
    let twice = x.iter().map(|v| 2.0 * v).collect();
    let matrix = matrix(&[x, twice]);
    let of = |covariance_type| Settings {
        covariance_type,
        algorithm: Algorithm::Map,
        ..Settings::default()
    };
    let refused = start(&matrix, &of(CovarianceType::Full)).unwrap_err();
    assert_eq!(refused, StartError::Collinear { column: 1 });
    assert!(
        refused.to_string().contains("column 2") && refused.to_string().contains("leave it out")
    );
    run(&matrix, &of(CovarianceType::Diagonal), 10);
}
