//! Other programs that fit mixtures, where they are installed: how to run each on the standard
//! cells.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use serde_json::Value;

use crate::cargo::{cargo, root};

/// A program that takes the folder of the cells and prints their times as JSON.
pub struct Peer {
    /// What it is called.
    pub name: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
}

impl Peer {
    /// To be run on the cells in this folder.
    pub fn command(&self, cells: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.script).arg(cells);
        command
    }
}

/// scikit-learn in `python` and, unless that is to be `alone`, what else is there; says what is not.
pub fn peers(folder: &Path, python: PathBuf, alone: bool) -> Vec<Peer> {
    let scripts = root().join("xtask/bench");
    let script = |name: &str| Some(scripts.join(name));
    let mut peers = vec![Peer {
        name: "scikit-learn",
        program: python.clone(),
        script: script("scikit.py"),
    }];
    if alone {
        return peers;
    }
    let mut offer = |name, program: Option<PathBuf>, script| match program {
        Some(program) => peers.push(Peer {
            name,
            program,
            script,
        }),
        None => println!("{name} is not installed: left out"),
    };
    offer("Armadillo", armadillo(folder, &scripts), None);
    let has_mclust = works(Command::new("Rscript").args(["-e", "library(mclust)"]));
    let r = has_mclust.then(|| "Rscript".into());
    offer("mclust", r, script("mclust.R"));
    let pythons = [python, "python3".into()];
    let with_mlpack = pythons
        .into_iter()
        .find(|python| works(Command::new(python).args(["-c", "import mlpack"])));
    offer("mlpack", with_mlpack, script("mlpack_gmm.py"));
    offer("linfa", linfa(folder, &scripts), None);
    peers
}

fn armadillo(folder: &Path, scripts: &Path) -> Option<PathBuf> {
    let program = folder.join("armadillo");
    let mut compile = Command::new("g++");
    compile.args(["-O3", "-march=native", "-fopenmp", "-DARMA_NO_DEBUG", "-o"]);
    compile.arg(&program).arg(scripts.join("armadillo.cpp"));
    works(compile.arg("-larmadillo")).then_some(program)
}

fn linfa(folder: &Path, scripts: &Path) -> Option<PathBuf> {
    let target = folder.join("linfa");
    let mut build = cargo(&[
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
    ]);
    build.arg(scripts.join("linfa/Cargo.toml"));
    let built = works(build.arg("--target-dir").arg(&target));
    built.then(|| target.join("release/bench-linfa"))
}

fn works(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Writes the cells once more, as cells.txt, for programs that read no JSON; those in single
/// precision have the rows of others.
pub fn write_plainly(cells: &Path, list: &[Value]) -> Result<()> {
    let mut lines = String::new();
    for cell in list.iter().filter(|cell| cell["precision"] == "Exact") {
        for name in ["name", "file", "n", "d", "k", "covariance", "iterations"] {
            let _ = write!(lines, "{} ", plain(&cell[name]));
        }
        let variances = cell["variance"].as_array().map_or(&[][..], Vec::as_slice);
        let variances: Vec<String> = variances.iter().map(plain).collect();
        let _ = writeln!(lines, "{}", variances.join(" "));
    }
    Ok(fs::write(cells.join("cells.txt"), lines)?)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
