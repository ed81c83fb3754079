//! The exported scripts, run by the interpreters that they are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::browser::install;
use crate::cargo::{cargo, find_program, root, succeed};

/// The tests of an interpreter: how their names begin, what it is, and its variable.
const INTERPRETERS: [(&str, &str, &str); 4] = [
    ("python_", "Python with scikit-learn", "MIXSCOPE_PYTHON"),
    ("spark_", "Spark", "MIXSCOPE_PYTHON"),
    ("r_", "R with mclust", "MIXSCOPE_RSCRIPT"),
    ("node_", "Node", "MIXSCOPE_NODE"),
];

/// A `cargo test` of the scripts whose interpreters are here or could be installed, and what is
/// skipped for want of one.
pub fn tests(filter: Option<&str>) -> Result<(Command, Vec<&'static str>)> {
    let folder = root().join("target/scripts");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let python = python(&folder, "sklearn, scipy", &["scikit-learn"]);
    let spark = python.as_ref().filter(|_| find_program("java").is_some());
    let spark = spark.and_then(|_| {
        self::python(
            &folder,
            "pyspark, pandas, pyarrow",
            &["pyspark", "pandas<3", "pyarrow"],
        )
    });
    let found = [python, spark, rscript(), find_program("node")];

    let mut command = cargo(&["test", "--test", "scripts"]);
    let mut skipped = Vec::new();
    let mut skips = Vec::new();
    for ((begin, what, variable), path) in INTERPRETERS.into_iter().zip(found) {
        match path {
            Some(path) => {
                command.env(variable, path);
            }
            None => {
                skipped.push(what);
                skips.extend(["--skip", begin]);
            }
        }
    }
    // One at a time: Spark alone fills a small machine.
    command.args(filter);
    command.args(["--", "--include-ignored", "--test-threads=1"]);
    command.args(skips);
    Ok((command, skipped))
}

/// A Python of the project's own that can import these modules; none where that cannot be.
fn python(folder: &Path, modules: &str, packages: &[&str]) -> Option<PathBuf> {
    let own = folder.join("python");
    let program = own.join("bin/python");
    if !program.exists() {
        println!("setting up Python");
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv"]).arg(&own)).ok()?;
    }
    let has = || {
        let mut probe = Command::new(&program);
        probe.args(["-c", &format!("import {modules}")]);
        probe
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    };
    if !has() {
        println!("installing {}", packages.join(", "));
        let mut install = Command::new(&program);
        let install = install.args(["-m", "pip", "install", "--quiet"]);
        succeed(install.args(packages)).ok()?;
    }
    has().then_some(program)
}

/// R, if it has mclust.
fn rscript() -> Option<PathBuf> {
    let has = || {
        let program = find_program("Rscript")?;
        let mut probe = Command::new(&program);
        probe.args(["-e", "library(mclust)"]);
        let quiet = probe.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|s| s.success()).then_some(program)
    };
    has().or_else(|| {
        install(&["r-cran-mclust"]).ok()?;
        has()
    })
}
