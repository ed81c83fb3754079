//! Times linfa's `GaussianMixtureModel` on the standard cells with full covariances, the only ones
//! it has: `bench-linfa FOLDER`. Prints one JSON object, as scikit.py does, without
//! log-likelihoods: linfa chooses its own start.

use std::time::Instant;
use std::{env, fs};

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{GaussianMixtureModel, GmmInitMethod};
use ndarray::{Array2, ArrayView2};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

const FEW: u64 = 2;

fn seconds(rows: ArrayView2<'_, f64>, k: usize, iterations: u64) -> f64 {
    let data = DatasetBase::from(rows);
    let begin = Instant::now();
    // A fit that is cut short says so by an error; its time is what counts.
    let _ = GaussianMixtureModel::params_with_rng(k, Xoshiro256Plus::seed_from_u64(1))
        .init_method(GmmInitMethod::Random)
        .reg_covariance(1e-9)
        .tolerance(1e-300)
        .n_runs(1)
        .max_n_iterations(iterations)
        .fit(&data);
    begin.elapsed().as_secs_f64()
}

fn main() -> Result<(), Failure> {
    let folder = env::args().nth(1).ok_or("say where the cells are")?;
    let cells: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(format!("{folder}/cells.json"))?)?;
    let mut results = Vec::new();
    for cell in cells.iter().filter(|cell| cell["covariance"] == "VVV" && cell["precision"] == "Exact") {
        let size = |name: &str| cell[name].as_u64().unwrap_or(0) as usize;
        let file = cell["file"].as_str().ok_or("a cell has a file")?;
        let bytes = fs::read(format!("{folder}/{file}"))?;
        let numbers = bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b));
        let rows = Array2::from_shape_vec((size("n"), size("d")), numbers.collect())?;
        let many = size("iterations") as u64;
        let spent = seconds(rows.view(), size("k"), many) - seconds(rows.view(), size("k"), FEW);
        results.push(json!({
            "cell": cell["name"], "covariance": "VVV", "log_likelihood": null,
            "milliseconds": 1e3 * spent / (many - FEW) as f64,
        }));
    }
    println!("{}", json!({ "version": "0.8.1", "cells": results }));
    Ok(())
}
