//! Writes the standard cells for other programs to be measured on:
//! `cargo run --release --example cells -- FOLDER`.
//!
//! For each cell a file of rows (doubles, little-endian, row by row) and in `cells.json` its
//! sizes, the variances that its fit begins with, and the log-likelihood after ten iterations.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use mixscope::data::Matrix;
use mixscope::fit::{Em, Precision};
use mixscope::study::CELLS;
use serde_json::json;

const ITERATIONS: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("say into which folder")?;
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    let mut cells = Vec::new();
    for cell in CELLS {
        let columns = cell.columns();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let matrix = Matrix::from_columns(&slices)?;
        let plan = cell.plan();
        let mut em = Em::new(&matrix, cell.start(&matrix), &plan);
        let begin = Instant::now();
        for _ in 0..ITERATIONS {
            em = em.iterate(&matrix, &plan)?;
        }
        let milliseconds = begin.elapsed().as_secs_f64() * 1e3 / ITERATIONS as f64;
        let family = cell.covariance_type.code();
        let precision = match cell.precision {
            Precision::Exact => "Exact",
            Precision::Fast => "Fast",
        };
        let file = format!("{}.rows", cell.name);
        let mut out = BufWriter::new(File::create(folder.join(&file))?);
        for i in 0..cell.n_rows {
            for column in &columns {
                out.write_all(&column[i].to_le_bytes())?;
            }
        }
        out.flush()?;
        println!(
            "{} {family} {precision}: {milliseconds:.2} ms an iteration",
            cell.name
        );
        cells.push(json!({
            "name": cell.name, "file": file, "n": cell.n_rows, "d": cell.n_columns,
            "k": cell.n_components, "covariance": family, "precision": precision, "variance": matrix.variance(),
            "iterations": ITERATIONS, "log_likelihood": em.log_likelihood(),
            "native_milliseconds": milliseconds,
        }));
    }
    fs::write(
        folder.join("cells.json"),
        serde_json::to_string_pretty(&cells)?,
    )?;
    Ok(())
}
