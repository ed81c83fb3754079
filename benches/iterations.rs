//! How long one EM iteration takes: `cargo bench`, or `cargo bench -- c full` for those lines
//! that have all of these words.
//!
//! A time is that of E-step, sums, log-likelihood and M-step together, the least of many, once
//! in milliseconds and once divided by rows and components. The groups lie apart (most rows are
//! far from most components) or on top of one another.

use std::time::{Duration, Instant};

use mixscope::data::Matrix;
use mixscope::fit::{Em, Precision, Random};
use mixscope::mixture::{Covariance, CovarianceType, Mixture};
use mixscope::study::{CELLS, Cell};

/// Side of the cube in which the groups of unit variance have their centres.
const SPREADS: [(&str, f64); 2] = [("apart", 20.0), ("overlap", 2.0)];

/// A cell is repeated for so long, and at least [`REPEATS`] times.
const PATIENCE: Duration = Duration::from_millis(400);
const REPEATS: usize = 5;

fn main() {
    // Cargo says `--bench` first.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    println!(
        "cell  rows x columns x components  family    precision  groups    ms/iteration  ns/(row component)"
    );
    for cell in CELLS {
        let precision = match cell.precision {
            Precision::Exact => "Exact",
            Precision::Fast => "Fast",
        };
        let family = match cell.covariance_type {
            CovarianceType::Full => "full",
            _ => "diagonal",
        };
        let (n, d, k) = (cell.n_rows, cell.n_columns, cell.n_components);
        for (groups, spread) in SPREADS {
            let line = [cell.name, groups, family, precision];
            if !words.iter().all(|word| line.contains(&word.as_str())) {
                continue;
            }
            let time = iteration(&cell, spread).as_secs_f64();
            let each = 1e9 * time / (n * k) as f64;
            let shape = format!("{n} x {d} x {k}");
            println!(
                "{:4}  {shape:27}  {family:8}  {precision:9}  {groups:8}  {:12.3}  {each:18.2}",
                cell.name,
                1e3 * time
            );
        }
    }
}

/// The shortest iteration of a fit to normal groups, from their own centres.
fn iteration(cell: &Cell, spread: f64) -> Duration {
    let (n, d, k) = (cell.n_rows, cell.n_columns, cell.n_components);
    let mut random = Random::new(1);
    let centres: Vec<Vec<f64>> = (0..k)
        .map(|_| (0..d).map(|_| spread * random.uniform()).collect())
        .collect();
    let mut columns = vec![Vec::with_capacity(n); d];
    for _ in 0..n {
        let group = (random.uniform() * k as f64) as usize;
        for (column, centre) in columns.iter_mut().zip(&centres[group]) {
            // Twelve uniform numbers: near enough to a normal one.
            let normal = (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
            column.push(centre + normal);
        }
    }
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let matrix = Matrix::from_columns(&slices).expect("numbers");
    let unit = Covariance::diagonal(vec![1.0; d]).expect("positive");
    let centred = |centre: Vec<f64>| {
        let columns = centre.into_iter().zip(matrix.centre());
        columns.map(|(x, c)| x - c).collect()
    };
    let means = centres.into_iter().map(centred).collect();
    let weights = vec![1.0 / k as f64; k];
    let start = Mixture::new(cell.covariance_type, weights, means, vec![unit.into(); k]);
    let mut plan = cell.plan();
    plan.floor = vec![1e-6; d];
    let mut em = Em::new(&matrix, start.expect("a mixture"), &plan);

    let (mut shortest, mut repeats) = (Duration::MAX, 0);
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE || repeats < REPEATS {
        let start = Instant::now();
        em = em.iterate(&matrix, &plan).expect("an iteration");
        shortest = shortest.min(start.elapsed());
        repeats += 1;
    }
    shortest
}
