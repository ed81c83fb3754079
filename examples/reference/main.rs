//! Runs reference cases through the engine:
//!
//! ```text
//! cargo run --release --example reference -- CASES RESULTS
//! ```
//!
//! Every case file (`*.json`) of the folder CASES is fitted if the engine knows its
//! family, and RESULTS/<case name>.json is written in the shape of the case's `expected`
//! object. Cases whose only expectation is a policy (a refusal, a named collapse) have no
//! numbers to compare: what the engine said is printed instead.

mod cases;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use cases::Outcome;
use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [cases, results] = arguments.as_slice() else {
        eprintln!("usage: cargo run --release --example reference -- CASES RESULTS");
        return ExitCode::from(2);
    };
    match run(Path::new(cases), Path::new(results)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path, results: &Path) -> Result<(), String> {
    fs::create_dir_all(results).map_err(|e| format!("{}: {e}", results.display()))?;
    let (mut fitted, mut policies, mut skipped) = (0, 0, 0);
    for file in cases::files(folder)? {
        let case = cases::load(&file)?;
        let Some(name) = case["name"].as_str() else {
            continue;
        };
        match cases::run(&case, folder) {
            Outcome::Result(mut result) => {
                fitted += 1;
                strip(name, &mut result);
                let path = results.join(format!("{name}.json"));
                fs::write(&path, result.to_string())
                    .map_err(|e| format!("{}: {e}", path.display()))?;
                println!("fitted   {name}");
            }
            Outcome::Policy(said) => {
                policies += 1;
                println!("policy   {name}: {said}");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("skipped  {name}: {why}");
            }
        }
    }
    println!("{fitted} fitted, {policies} judged by policy, {skipped} skipped");
    Ok(())
}

/// Removes what no other program can give to the last digits: averages over the reference's
/// own random draws, and a distance of equals that is the root of its rounding (ours is 0).
/// The project's tests compare the first within their standard errors.
fn strip(name: &str, result: &mut Value) {
    if let Some(map) = result.as_object_mut() {
        map.retain(|key, _| {
            !key.starts_with("mc_kl")
                && key != "per_sample_log_ratio_standard_deviation"
                && !(name == "kl_gauss_same" && key == "w2")
        });
    }
}
