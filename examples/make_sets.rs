//! Writes the built-in sets that are drawn from a known mixture:
//!
//! ```text
//! cargo run --example make_sets -- assets/sets
//! ```
//!
//! The same bytes come out on every machine: a portable generator, and normal deviates
//! from sums of uniform ones, so that only + - * / and sqrt are needed.

use std::fmt::Write as _;
use std::path::PathBuf;

use rand::rand_core::Rng as _;
use rand::{SeedableRng, rngs::ChaCha8Rng};

/// A Gaussian blob: points, mean, standard deviations and correlation.
struct Blob {
    points: usize,
    mean: [f64; 2],
    std: [f64; 2],
    correlation: f64,
}

fn blob(points: usize, mean: [f64; 2], std: [f64; 2], correlation: f64) -> Blob {
    Blob {
        points,
        mean,
        std,
        correlation,
    }
}

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or("assets/sets".into()));
    for (name, text) in sets() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Names and contents of the files.
pub fn sets() -> [(&'static str, String); 2] {
    let blobs = [
        blob(170, [-1.6, 0.4], [1.5, 0.8], 0.55),
        blob(130, [2.6, 1.9], [0.75, 1.15], -0.3),
        blob(100, [1.3, -2.1], [1.1, 0.55], 0.2),
    ];
    let uneven = [
        blob(500, [-2.5, -1.5], [1.0, 1.0], 0.0),
        blob(100, [2.5, 0.0], [1.0, 1.0], 0.0),
        blob(10, [-0.5, 4.0], [1.0, 1.0], 0.0),
    ];
    [
        ("blobs.csv", csv(&blobs, 11)),
        ("uneven.csv", csv(&uneven, 12)),
    ]
}

/// All points of the blobs in random order, rounded to four decimals.
fn csv(blobs: &[Blob], seed: u64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut points = Vec::new();
    for blob in blobs {
        let r = blob.correlation;
        for _ in 0..blob.points {
            let (a, b) = (normal(&mut rng), normal(&mut rng));
            let y = r * a + (1.0 - r * r).sqrt() * b;
            points.push([
                blob.mean[0] + blob.std[0] * a,
                blob.mean[1] + blob.std[1] * y,
            ]);
        }
    }
    for last in (1..points.len()).rev() {
        let other = (uniform(&mut rng) * (last + 1) as f64) as usize;
        points.swap(last, other);
    }
    let mut text = String::from("x,y\n");
    for [x, y] in points {
        writeln!(text, "{x:.4},{y:.4}").expect("writing to a string succeeds");
    }
    text
}

/// In [0, 1), on a grid of 2^-53.
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Nearly normal, of mean 0 and variance 1: the sum of 48 uniform deviates, standardised.
/// Its kurtosis is 2.975, and nothing lies beyond 12 standard deviations.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let sum: f64 = (0..48).map(|_| uniform(rng)).sum();
    (sum - 24.0) / 2.0
}
