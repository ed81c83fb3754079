//! Races the page against scikit-learn: the same rows, the same start, by turns.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::{cargo, describe, root, succeed};
use crate::suite::page_tests;

/// Log-likelihoods agree to this part of themselves.
const SAME: f64 = 1e-9;

/// Of one cell with one family: milliseconds an iteration, one entry a round.
#[derive(Default)]
struct Times {
    size: String,
    one: Vec<f64>,
    all: Vec<f64>,
    workers: u64,
    limit: Vec<f64>,
    peer: Vec<f64>,
}

/// Measures `rounds` times each and writes the table.
pub fn run(rounds: usize) -> Result<()> {
    let folder = root().join("target/bench");
    let cells = folder.join("cells");
    println!("writing the cells");
    let mut export = cargo(&["run", "--release", "--example", "cells", "--"]);
    succeed(export.arg(&cells))?;
    let native = read(&cells.join("cells.json"))?;
    let python = python(&folder)?;
    let mut times: BTreeMap<String, Times> = BTreeMap::new();
    let mut peer_version = String::new();
    let mut browser = String::new();
    for round in 1..=rounds {
        println!("round {round} of {rounds}: the page");
        let to = folder.join("page.json");
        let mut page = page_tests()?;
        page.args(["--test", "bench", "--", "--ignored"]);
        succeed(page.env("MIXSCOPE_BENCH", &to))?;
        let page = read(&to)?;
        println!("round {round} of {rounds}: scikit-learn");
        let script = root().join("xtask/bench/scikit.py");
        let peer = output(Command::new(&python).arg(script).arg(&cells))?;
        let peer: Value = serde_json::from_str(&peer).context("scikit.py printed no JSON")?;
        browser = text(&page["browser"]);
        peer_version = text(&peer["version"]);
        take_page(&mut times, &page, &native)?;
        take_peer(&mut times, &peer, &native)?;
    }
    let table = table(&times, &browser, &peer_version, rounds);
    let to = folder.join("table.md");
    fs::write(&to, &table)?;
    println!("\n{table}\nwritten to {}", to.display());
    Ok(())
}

fn take_page(times: &mut BTreeMap<String, Times>, page: &Value, native: &Value) -> Result<()> {
    for speed in list(&page["cells"]) {
        let family = match text(&speed["covariance"]).as_str() {
            "full" => "VVV",
            _ => "VVI",
        };
        let name = text(&speed["cell"]);
        let own = native_of(native, &name, family)?;
        ensure!(
            own["log_likelihood"] == speed["log_likelihood"],
            "{name} {family}: the page came to another log-likelihood ({}) than the same fit outside it ({})",
            speed["log_likelihood"],
            own["log_likelihood"]
        );
        let entry = times.entry(key(&name, family)).or_default();
        entry.size = format!("{} x {} x {}", own["n"], own["d"], own["k"]);
        let milliseconds = number(&speed["milliseconds"]);
        match speed["workers"].as_u64() {
            Some(1) => {
                entry.one.push(milliseconds);
                entry.limit.push(number(&speed["share_of_limit"]));
            }
            workers => {
                entry.all.push(milliseconds);
                entry.workers = workers.unwrap_or(0);
            }
        }
    }
    Ok(())
}

fn take_peer(times: &mut BTreeMap<String, Times>, peer: &Value, native: &Value) -> Result<()> {
    for speed in list(&peer["cells"]) {
        let (name, family) = (text(&speed["cell"]), text(&speed["covariance"]));
        let own = number(&native_of(native, &name, &family)?["log_likelihood"]);
        let other = number(&speed["log_likelihood"]);
        ensure!(
            (own - other).abs() <= SAME * own.abs(),
            "{name} {family}: log-likelihoods differ: {own} here, {other} in scikit-learn"
        );
        let entry = times.entry(key(&name, &family)).or_default();
        entry.peer.push(number(&speed["milliseconds"]));
    }
    Ok(())
}

/// Full covariances first.
fn key(name: &str, family: &str) -> String {
    match family {
        "VVV" => format!("1 {name}, full"),
        _ => format!("2 {name}, diagonal"),
    }
}

fn table(times: &BTreeMap<String, Times>, browser: &str, peer: &str, rounds: usize) -> String {
    let mut out = format!(
        "{browser}; scikit-learn {peer}; {rounds} rounds by turns. Milliseconds an iteration: median (least - most).\n\n\
         | cell | N x D x K | one worker | of the limit | all workers | scikit-learn | one worker: times faster | all workers: times faster |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for (key, t) in times {
        let all = match t.all.is_empty() {
            true => "-".to_owned(),
            false => format!("{} ({} workers)", spread(&t.all), t.workers),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.0} % | {all} | {} | {} | {} |",
            &key[2..],
            t.size,
            spread(&t.one),
            100.0 * median(&t.limit),
            spread(&t.peer),
            ratio(&t.peer, &t.one),
            ratio(&t.peer, &t.all),
        );
    }
    out
}

/// The ratio round by round, its median.
fn ratio(peer: &[f64], own: &[f64]) -> String {
    let ratios: Vec<f64> = peer.iter().zip(own).map(|(p, o)| p / o).collect();
    match ratios.is_empty() {
        true => "-".to_owned(),
        false => format!("{:.1}", median(&ratios)),
    }
}

fn spread(times: &[f64]) -> String {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} - {most:.2})", median(times))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A Python of the project's own with scikit-learn in it.
fn python(folder: &Path) -> Result<PathBuf> {
    let own = folder.join("python");
    let program = own.join("bin/python");
    if !program.exists() {
        println!("setting up scikit-learn");
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv"]).arg(&own))
            .context("a Python environment is needed: on Debian, apt-get install python3-venv")?;
    }
    let mut probe = Command::new(&program);
    let has = probe
        .args(["-c", "import sklearn, threadpoolctl"])
        .output()?;
    if !has.status.success() {
        let mut install = Command::new(&program);
        succeed(install.args(["-m", "pip", "install", "--quiet", "scikit-learn"]))?;
    }
    Ok(program)
}

fn output(command: &mut Command) -> Result<String> {
    let done = command
        .output()
        .with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !done.status.success() {
        let why = String::from_utf8_lossy(&done.stderr);
        bail!("`{}` failed: {why}", describe(command));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn read(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}

fn native_of<'a>(native: &'a Value, name: &str, family: &str) -> Result<&'a Value> {
    let found = list(native)
        .iter()
        .find(|c| c["name"] == name && c["covariance"] == family);
    found.with_context(|| format!("there is no cell {name} {family}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
