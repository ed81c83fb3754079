//! What must hold for every hidden Markov model: against sums over all paths, against the
//! recursions written out in logarithms, and under generated data.
#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use mixscope::data::{Matrix, UNLABELLED};
use mixscope::fit::{Algorithm, Em, Floor, Model, Plan, Settings, start, strongest};
use mixscope::mixture::{
    Chain, ChainCounts, Covariance, CovarianceType, Mixture, Responsibilities,
};
use mixscope::session::{Command, Session, Status};
use mixscope::study::viterbi;
use proptest::prelude::*;

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// ln of the sum of e^v.
fn log_sum(v: &[f64]) -> f64 {
    let top = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match top == f64::NEG_INFINITY {
        true => top,
        false => top + v.iter().map(|v| (v - top).exp()).sum::<f64>().ln(),
    }
}

/// Posteriors, total log-likelihood and expected counts as the engine has them.
fn walked(matrix: &Matrix, mixture: &Mixture) -> (Vec<Vec<f64>>, f64, ChainCounts) {
    let mut walk = Responsibilities::new(matrix, mixture);
    let (mut rows, mut total) = (Vec::new(), 0.0);
    for block in matrix.blocks() {
        walk.take(&block);
        for i in 0..block.len() {
            rows.push(
                (0..mixture.n_components())
                    .map(|k| walk.row(k)[i])
                    .collect(),
            );
            total += walk.log_density()[i];
        }
    }
    (rows, total, walk.into_chain_counts().unwrap())
}

/// ln N(x; mu_k, S_k) of every row, minus infinity where a label says otherwise.
fn emissions(matrix: &Matrix, mixture: &Mixture) -> Vec<Vec<f64>> {
    let one = |i: usize, k: usize| {
        let c = &mixture.covariances()[k];
        let known = matrix.labels().map_or(UNLABELLED, |l| l[i]);
        if known != UNLABELLED && usize::from(known) != k {
            return f64::NEG_INFINITY;
        }
        let off: Vec<f64> = (0..matrix.n_columns())
            .map(|j| matrix.get(i, j) - mixture.means()[k][j])
            .collect();
        let constant = off.len() as f64 * std::f64::consts::TAU.ln() + c.log_determinant();
        -0.5 * (constant + c.squared_norm(&off))
    };
    (0..matrix.n_rows())
        .map(|i| (0..mixture.n_components()).map(|k| one(i, k)).collect())
        .collect()
}

/// The sequences as ranges of rows.
fn sequences(matrix: &Matrix) -> Vec<std::ops::Range<usize>> {
    let mut edges = vec![0];
    edges.extend_from_slice(matrix.breaks());
    edges.push(matrix.n_rows());
    edges.windows(2).map(|e| e[0]..e[1]).collect()
}

/// The forward-backward recursions in logarithms throughout, with N x K tables.
fn in_logarithms(matrix: &Matrix, mixture: &Mixture) -> (Vec<Vec<f64>>, f64, ChainCounts) {
    let chain = mixture.chain().unwrap();
    let (n, k) = (matrix.n_rows(), chain.n_states());
    let e = emissions(matrix, mixture);
    let a = |i: usize, j: usize| chain.transitions()[i * k + j].ln();
    let (mut forward, mut backward) = (vec![vec![0.0; k]; n], vec![vec![0.0; k]; n]);
    let (mut rows, mut total) = (vec![vec![0.0; k]; n], 0.0);
    let mut counts = ChainCounts {
        starts: vec![0.0; k],
        transitions: vec![0.0; k * k],
    };
    for rows_of in sequences(matrix) {
        for t in rows_of.clone() {
            for j in 0..k {
                let before: Vec<f64> = match t == rows_of.start {
                    true => vec![chain.start()[j].ln()],
                    false => (0..k).map(|i| forward[t - 1][i] + a(i, j)).collect(),
                };
                forward[t][j] = log_sum(&before) + e[t][j];
            }
        }
        for t in rows_of.clone().rev().skip(1) {
            for i in 0..k {
                let after: Vec<f64> = (0..k)
                    .map(|j| a(i, j) + e[t + 1][j] + backward[t + 1][j])
                    .collect();
                backward[t][i] = log_sum(&after);
            }
        }
        let evidence = log_sum(&forward[rows_of.end - 1]);
        total += evidence;
        for t in rows_of.clone() {
            for j in 0..k {
                rows[t][j] = (forward[t][j] + backward[t][j] - evidence).exp();
                if t == rows_of.start {
                    counts.starts[j] += rows[t][j];
                    continue;
                }
                for (i, f) in forward[t - 1].iter().enumerate() {
                    let pair = f + a(i, j) + e[t][j] + backward[t][j];
                    counts.transitions[i * k + j] += (pair - evidence).exp();
                }
            }
        }
    }
    (rows, total, counts)
}

fn agree(
    ours: &(Vec<Vec<f64>>, f64, ChainCounts),
    theirs: &(Vec<Vec<f64>>, f64, ChainCounts),
    tolerance: f64,
) -> Result<(), TestCaseError> {
    prop_assert!(
        close(ours.1, theirs.1, tolerance),
        "{} {}",
        ours.1,
        theirs.1
    );
    let counts = |c: &ChainCounts| [c.starts.clone(), c.transitions.clone()].concat();
    let flat = |r: &(Vec<Vec<f64>>, f64, ChainCounts)| [r.0.concat(), counts(&r.2)].concat();
    for (a, b) in flat(ours).iter().zip(&flat(theirs)) {
        prop_assert!(close(*a, *b, tolerance), "{a} {b}");
    }
    Ok(())
}

/// Distributions over K things, some of whose entries are 0 or all but 0.
fn distribution(k: usize, extreme: bool) -> impl Strategy<Value = Vec<f64>> {
    let entry = (0.05f64..1.0, 0u8..6).prop_map(move |(v, how)| match how {
        0 if extreme => 0.0,
        1 if extreme => v * 1e-250,
        2 if extreme => v * 1e-30,
        _ => v,
    });
    (prop::collection::vec(entry, k), 0..k).prop_map(|(mut p, sure)| {
        p[sure] = p[sure].max(0.05);
        let sum: f64 = p.iter().sum();
        p.iter().map(|v| v / sum).collect()
    })
}

fn chain(k: usize, extreme: bool) -> impl Strategy<Value = Chain> {
    let rows = prop::collection::vec(distribution(k, extreme), k);
    (distribution(k, extreme), rows)
        .prop_map(|(start, rows)| Chain::new(start, rows.concat()).unwrap())
}

/// One column in sequences: lengths that sum to `n`.
fn series(n: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<f64>, Vec<usize>)> {
    let cell = (0u8..3, -1.0f64..1.0).prop_map(|(group, v)| f64::from(group) * 4.0 + v);
    (
        prop::collection::vec(cell, n),
        prop::collection::vec(0.0f64..1.0, 0..4),
    )
        .prop_map(|(x, cuts)| {
            let mut edges: Vec<usize> =
                cuts.iter().map(|c| (c * x.len() as f64) as usize).collect();
            edges.extend([0, x.len()]);
            edges.sort_unstable();
            edges.dedup();
            let lengths = edges.windows(2).map(|e| e[1] - e[0]).collect();
            (x, lengths)
        })
}

fn matrix(x: &[f64], lengths: &[usize]) -> Matrix {
    let matrix = Matrix::from_columns(&[x]).unwrap();
    matrix.with_sequences(lengths).unwrap()
}

/// States at 0, 4, 8 ... with the given standard deviation, in the coordinates of `matrix`.
fn model(matrix: &Matrix, chain: Chain, deviation: f64) -> Mixture {
    let k = chain.n_states();
    let covariance = Rc::new(Covariance::diagonal(vec![deviation * deviation]).unwrap());
    let means = (0..k).map(|c| vec![4.0 * c as f64 - matrix.centre()[0]]);
    Mixture::new(
        CovarianceType::Diagonal,
        vec![1.0 / k as f64; k],
        means.collect(),
        vec![covariance; k],
    )
    .unwrap()
    .with_chain(chain)
    .unwrap()
}

/// ln p(rows, path).
fn log_probability(matrix: &Matrix, mixture: &Mixture, path: &[usize]) -> f64 {
    let chain = mixture.chain().unwrap();
    let (k, e) = (chain.n_states(), emissions(matrix, mixture));
    let mut sum = 0.0;
    for rows in sequences(matrix) {
        for t in rows.clone() {
            let p = match t == rows.start {
                true => chain.start()[path[t]],
                false => chain.transitions()[path[t - 1] * k + path[t]],
            };
            sum += p.ln() + e[t][path[t]];
        }
    }
    sum
}

/// Two columns, sequences, and settings of a hidden Markov model.
fn case() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<usize>, Settings)> {
    let numbers = (1usize..5, 0usize..14, 0u64..1000);
    (series(60..330), numbers).prop_map(|((x, lengths), (k, family, seed))| {
        let y = (0..x.len())
            .map(|i| (i * i % 31) as f64 * 0.1 + 0.3 * x[i])
            .collect();
        let settings = Settings {
            n_components: k,
            covariance_type: CovarianceType::SHAPES[family],
            model: Model::Markov,
            seed,
            floor: Floor::NONE,
            ..Settings::default()
        };
        (x, y, lengths, settings)
    })
}

fn two_columns(x: &[f64], y: &[f64], lengths: &[usize]) -> Matrix {
    let matrix = Matrix::from_columns(&[x, y]).unwrap();
    matrix.with_sequences(lengths).unwrap()
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

/// Components c + 1 of `mixture` as component c.
fn turned(mixture: &Mixture) -> Mixture {
    let (k, chain) = (mixture.n_components(), mixture.chain().unwrap());
    let of = |c: usize| (c + 1) % k;
    let start = (0..k).map(|c| chain.start()[of(c)]).collect();
    let cell = |cell: usize| chain.transitions()[of(cell / k) * k + of(cell % k)];
    Mixture::new(
        mixture.covariance_type(),
        (0..k).map(|c| mixture.weights()[of(c)]).collect(),
        (0..k).map(|c| mixture.means()[of(c)].clone()).collect(),
        (0..k)
            .map(|c| mixture.covariances()[of(c)].clone())
            .collect(),
    )
    .unwrap()
    .with_chain(Chain::new(start, (0..k * k).map(cell).collect()).unwrap())
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn likelihood_posteriors_and_best_path_are_those_of_all_paths(
        (x, lengths) in series(3..8), chain in chain(3, false), deviation in 0.5f64..4.0
    ) {
        let matrix = matrix(&x, &lengths);
        let mixture = model(&matrix, chain, deviation);
        let (n, k) = (x.len(), 3usize);
        let paths: Vec<Vec<usize>> = (0..k.pow(n as u32))
            .map(|code: usize| (0..n).map(|t| code / k.pow(t as u32) % k).collect())
            .collect();
        let logs: Vec<f64> = paths.iter().map(|p| log_probability(&matrix, &mixture, p)).collect();
        let total = log_sum(&logs);
        let ours = walked(&matrix, &mixture);
        prop_assert!(close(ours.1, total, 1e-12));
        for (t, row) in ours.0.iter().enumerate() {
            for (c, r) in row.iter().enumerate() {
                let through = paths.iter().zip(&logs).filter(|(p, _)| p[t] == c);
                let sum: f64 = through.map(|(_, l)| (l - total).exp()).sum();
                prop_assert!(close(*r, sum, 1e-12));
            }
        }
        let best = viterbi(&matrix, &mixture).unwrap();
        let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(close(best.log_probability, highest, 1e-12));
        let states: Vec<usize> = best.states.iter().map(|&s| usize::from(s)).collect();
        prop_assert!(close(log_probability(&matrix, &mixture, &states), highest, 1e-12));
    }

    #[test]
    fn blocks_and_underflow_leave_no_trace(
        (x, lengths) in series(500..530), chain in chain(3, true), deviation in -5f64..1.0
    ) {
        // Standard deviations down to 1e-5: log-densities down to -1e11.
        let matrix = matrix(&x, &lengths);
        let mixture = model(&matrix, chain, 10f64.powf(deviation));
        let theirs = in_logarithms(&matrix, &mixture);
        let ours = walked(&matrix, &mixture);
        for row in &ours.0 {
            prop_assert!(close(row.iter().sum(), 1.0, 1e-12));
        }
        if theirs.1 == f64::NEG_INFINITY {
            prop_assert_eq!(ours.1, theirs.1);
        } else if theirs.1 > -1e6 {
            agree(&ours, &theirs, 1e-8)?;
        } else {
            prop_assert!(close(ours.1, theirs.1, 1e-12));
        }
    }

    #[test]
    fn the_m_step_is_that_of_the_posteriors_wherever_the_means_were(
        (x, lengths) in series(200..300), chain in chain(3, false), off in 0i32..7
    ) {
        let matrix = matrix(&x, &lengths);
        // Means far off lose the digits of plain sums.
        let mixture = model(&matrix, chain, 3.0 * 10f64.powi(off)).translated(&[10f64.powi(off) - 1.0]);
        let (rows, _, counts) = in_logarithms(&matrix, &mixture);
        let plan = Plan::plain(vec![0.0]);
        let next = Em::new(&matrix, mixture, &plan).iterate(&matrix, &plan).unwrap();
        let (mixture, n) = (next.mixture(), x.len() as f64);
        let chain = mixture.chain().unwrap();
        for k in 0..3 {
            let count: f64 = rows.iter().map(|r| r[k]).sum();
            let mean = (0..x.len()).map(|i| rows[i][k] * matrix.get(i, 0)).sum::<f64>() / count;
            let squares = |i: usize| rows[i][k] * (matrix.get(i, 0) - mean).powi(2);
            let variance = (0..x.len()).map(squares).sum::<f64>() / count;
            prop_assert!(close(mixture.weights()[k], count / n, 1e-9));
            prop_assert!(close(mixture.means()[k][0], mean, 1e-8));
            prop_assert!(close(mixture.covariances()[k].get(0, 0), variance, 1e-8));
            prop_assert!(close(chain.start()[k], counts.starts[k] / lengths.len() as f64, 1e-9));
            let out: f64 = counts.transitions[3 * k..3 * k + 3].iter().sum();
            for j in 0..3 {
                let share = counts.transitions[3 * k + j] / out;
                prop_assert!(close(chain.transitions()[3 * k + j], share, 1e-9));
            }
        }
    }

    #[test]
    fn no_path_drawn_at_random_beats_viterbi(
        (x, lengths) in series(200..300), chain in chain(4, false), seed in 0u64..1000
    ) {
        let matrix = matrix(&x, &lengths);
        let mixture = model(&matrix, chain, 2.0);
        let best = viterbi(&matrix, &mixture).unwrap();
        let mut random = mixscope::fit::Random::new(seed);
        for changes in 0..100 {
            // Far from the best path and near it.
            let mut path: Vec<usize> = best.states.iter().map(|&s| usize::from(s)).collect();
            for _ in 0..=changes {
                path[random.below(x.len())] = random.below(4);
            }
            prop_assert!(log_probability(&matrix, &mixture, &path) <= best.log_probability + 1e-9);
        }
    }

    #[test]
    fn equal_transitions_give_the_mixture(
        (x, lengths) in series(250..300), weights in distribution(3, false)
    ) {
        let matrix = matrix(&x, &lengths);
        let chain = Chain::new(weights.clone(), weights.repeat(3)).unwrap();
        let states = model(&matrix, chain, 2.0);
        let mixture = Mixture::new(
            CovarianceType::Diagonal,
            weights,
            states.means().to_vec(),
            states.covariances().to_vec(),
        ).unwrap();
        let plan = Plan::plain(vec![0.0]);
        let (a, b) = (Em::new(&matrix, states, &plan), Em::new(&matrix, mixture, &plan));
        prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-12));
        prop_assert_eq!(strongest(&matrix, a.mixture()), strongest(&matrix, b.mixture()));
        for (a, b) in a.expectation().sums.iter().zip(&b.expectation().sums) {
            prop_assert!(close(a.count, b.count, 1e-11));
        }
    }

    #[test]
    fn one_state_is_the_gaussian_of_all_rows((x, y, lengths, s) in case()) {
        let s = Settings { n_components: 1, ..s };
        let matrix = two_columns(&x, &y, &lengths);
        let plan = Plan::new(&s, &matrix);
        let one = path(&matrix, start(&matrix, &s).unwrap(), &plan, 2);
        let s = Settings { model: Model::Gaussian, ..s };
        let gaussian = path(&matrix, start(&matrix, &s).unwrap(), &plan, 2);
        for (a, b) in one.iter().zip(&gaussian) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-12));
            let numbers = |em: &Em| {
                let (mixture, d) = (em.mixture(), matrix.n_columns());
                let entries = (0..d * d).map(|i| mixture.covariances()[0].get(i / d, i % d));
                mixture.means()[0].iter().copied().chain(entries).collect::<Vec<f64>>()
            };
            for (a, b) in numbers(a).into_iter().zip(numbers(b)) {
                prop_assert!(close(a, b, 1e-12), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_likelihood_never_falls_and_probabilities_stay_on_their_simplex(
        (x, y, lengths, s) in case()
    ) {
        let matrix = two_columns(&x, &y, &lengths);
        let plan = Plan::new(&s, &matrix);
        let path = path(&matrix, start(&matrix, &s).unwrap(), &plan, 30);
        for pair in path.windows(2) {
            let (before, now) = (pair[0].log_likelihood(), pair[1].log_likelihood());
            prop_assert!(now >= before - 1e-9 * before.abs().max(1.0), "{before} {now}");
        }
        for em in &path {
            let chain = em.mixture().chain().unwrap();
            for p in [chain.start()].into_iter().chain(chain.transitions().chunks(s.n_components)) {
                prop_assert!(p.iter().all(|v| (0.0..=1.0).contains(v)));
                prop_assert!(close(p.iter().sum(), 1.0, 1e-12));
            }
            let counts: f64 = em.expectation().sums.iter().map(|s| s.count).sum();
            prop_assert!(close(counts, x.len() as f64, 1e-11));
            let expected = em.expectation().chain.as_ref().unwrap();
            prop_assert!(close(expected.starts.iter().sum(), lengths.len() as f64, 1e-11));
            let steps = (x.len() - lengths.len()) as f64;
            prop_assert!(close(expected.transitions.iter().sum(), steps, 1e-11));
        }
    }

    #[test]
    fn permuted_states_give_permuted_results((x, y, lengths, s) in case()) {
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let matrix = two_columns(&x, &y, &lengths);
        let plan = Plan::new(&s, &matrix);
        let first = start(&matrix, &s).unwrap();
        let (a, b) = (path(&matrix, first.clone(), &plan, 4), path(&matrix, turned(&first), &plan, 4));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-8));
            let a = turned(a.mixture());
            let (p, q) = (a.chain().unwrap(), b.mixture().chain().unwrap());
            for (p, q) in p.transitions().iter().zip(q.transitions()) {
                prop_assert!(close(*p, *q, 1e-6));
            }
        }
    }

    #[test]
    fn shifted_and_scaled_data_give_shifted_and_scaled_fits(
        (x, y, lengths, s) in case(), e in -30i32..30, shift in -8i32..8
    ) {
        let scale = 2f64.powi(e);
        let s = Settings { floor: Floor::relative(1e-6), ..s };
        let moved = |c: &[f64]| -> Vec<f64> {
            c.iter().map(|v| (v + f64::from(shift)) * scale).collect()
        };
        let matrix = two_columns(&x, &y, &lengths);
        let other = two_columns(&moved(&x), &moved(&y), &lengths);
        // The same start in either's coordinates.
        let first = start(&matrix, &s).unwrap();
        let means = first.means().iter().map(|m| {
            (0..2).map(|j| (m[j] + matrix.centre()[j] + f64::from(shift)) * scale - other.centre()[j]).collect()
        });
        let covariances = first.covariances().iter().map(|c| {
            let m = (0..4).map(|i| c.get(i / 2, i % 2) * scale * scale).collect();
            Rc::new(if s.covariance_type.is_dense() {
                Covariance::dense(2, m).unwrap()
            } else {
                Covariance::diagonal(vec![m[0], m[3]]).unwrap()
            })
        });
        let second = Mixture::new(s.covariance_type, first.weights().to_vec(), means.collect(), covariances.collect())
            .unwrap()
            .with_chain(first.chain().unwrap().clone())
            .unwrap();
        let a = path(&matrix, first, &Plan::new(&s, &matrix), 4);
        let b = path(&other, second, &Plan::new(&s, &other), 4);
        prop_assert_eq!(a.len(), b.len());
        let per_row = 2.0 * scale.ln();
        for (a, b) in a.iter().zip(&b) {
            let expected = a.log_likelihood() - x.len() as f64 * per_row;
            prop_assert!(close(expected, b.log_likelihood(), 1e-8));
            let (p, q) = (a.mixture().chain().unwrap(), b.mixture().chain().unwrap());
            for (p, q) in p.transitions().iter().zip(q.transitions()) {
                prop_assert!(close(*p, *q, 1e-5));
            }
        }
    }

    #[test]
    fn rows_of_known_state_are_counted_as_they_are(
        (x, lengths) in series(250..270), chain in chain(3, false), hidden in 1usize..5
    ) {
        let labels: Vec<u8> = (0..x.len())
            .map(|i| if i % hidden == 1 { UNLABELLED } else { (i * i % 7 % 3) as u8 })
            .collect();
        let matrix = matrix(&x, &lengths).with_labels(labels.clone()).unwrap();
        let mixture = model(&matrix, chain, 2.0);
        let ours = walked(&matrix, &mixture);
        agree(&ours, &in_logarithms(&matrix, &mixture), 1e-10)?;
        let path = viterbi(&matrix, &mixture).unwrap();
        for (i, &y) in labels.iter().enumerate() {
            prop_assert!(y == UNLABELLED || ours.0[i][usize::from(y)] == 1.0 && path.states[i] == y);
        }
        if hidden == 1 {
            return Ok(());
        }
        // With every state known the M-step counts them.
        let known: Vec<u8> = (0..x.len()).map(|i| (i * i % 7 % 3) as u8).collect();
        let matrix = matrix.with_labels(known.clone()).unwrap();
        let (_, _, counts) = walked(&matrix, &mixture);
        let mut direct = vec![0.0; 9];
        for rows in sequences(&matrix) {
            for t in rows.start + 1..rows.end {
                direct[usize::from(known[t - 1]) * 3 + usize::from(known[t])] += 1.0;
            }
        }
        for (n, m) in counts.transitions.iter().zip(&direct) {
            prop_assert!(close(*n, *m, 1e-12));
        }
    }
}

#[test]
fn an_impossible_row_has_no_probability_and_its_posteriors_are_still_numbers() {
    let x = [0.0, 4.0, 0.0, 0.0, 4.0];
    let matrix = matrix(&x, &[5])
        .with_labels(vec![0, 1, 0, UNLABELLED, 1])
        .unwrap();
    // From the second state nothing leads back to the first, and the labels say it did.
    let chain = Chain::new(vec![1.0, 0.0], vec![0.5, 0.5, 0.0, 1.0]).unwrap();
    let mixture = model(&matrix, chain, 1.0);
    let (rows, total, counts) = walked(&matrix, &mixture);
    assert_eq!(total, f64::NEG_INFINITY);
    for row in rows {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{row:?}");
    }
    assert!(counts.transitions.iter().all(|n| n.is_finite()));
    let plan = Plan::plain(vec![0.0]);
    assert!(
        Em::new(&matrix, mixture, &plan)
            .iterate(&matrix, &plan)
            .is_err()
    );
}

#[test]
fn a_filter_that_has_all_but_ruled_a_state_out_can_still_come_back_to_it() {
    // Left to right with no way back: 400 rows that look like the second state, then 600
    // that only the first explains. Forward probabilities of the first sink to e^-3200.
    let x: Vec<f64> = (0..1000).map(|i| if i < 400 { 4.0 } else { 0.0 }).collect();
    let matrix = matrix(&x, &[1000]);
    let chain = Chain::new(vec![0.5, 0.5], vec![1.0 - 1e-6, 1e-6, 0.0, 1.0]).unwrap();
    let mixture = model(&matrix, chain, 1.0);
    let (rows, total, counts) = walked(&matrix, &mixture);
    assert!(rows.iter().all(|r| r[0] > 0.99 || r[1] < 1e-5));
    assert!((counts.starts[0] - 1.0).abs() < 1e-12);
    let theirs = in_logarithms(&matrix, &mixture);
    assert!(close(total, theirs.1, 1e-12));
    for (a, b) in counts.transitions.iter().zip(&theirs.2.transitions) {
        assert!(close(*a, *b, 1e-9), "{a} {b}");
    }
}

#[test]
fn old_faithful_in_order_of_time_says_more_than_its_rows() {
    let mut session = Session::new();
    session.handle(Command::OpenBuiltin("faithful".into()));
    session.handle(Command::SetComponents(2));
    let converged = |session: &mut Session| {
        session.handle(Command::RunToConvergence);
        while session.is_running() {
            session.advance();
        }
        session.view()
    };
    let mixture = converged(&mut session);
    session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
    let chain = converged(&mut session);
    assert_eq!(
        (mixture.status, chain.status),
        (Status::Converged, Status::Converged)
    );
    assert_eq!(chain.problem, None);
    assert!(chain.log_likelihood > mixture.log_likelihood + 10.0);
    // A start and two transitions in the place of a weight.
    assert_eq!(chain.n_parameters, mixture.n_parameters + 2);
    // Priors are refused, and nothing changes.
    session.handle(Command::SetMethod(Model::Markov, Algorithm::Map));
    let refused = session.view().problem.unwrap();
    assert!(
        refused.what.contains("choose \u{201c}Hidden Markov model"),
        "{}",
        refused.what
    );
    assert_eq!(session.view().log_likelihood, chain.log_likelihood);
}
