//! Races the page against scikit-learn, and against other programs where they are installed: the
//! same rows, by turns, from the same start where it can be given.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::{cargo, describe, root, succeed};
use crate::peers::{Peer, peers, write_plainly};
use crate::suite::page_tests;

/// Log-likelihoods agree to this part of themselves: in double, and in single precision.
const SAME: [f64; 2] = [1e-9, 1e-6];

/// What a cell says of its precision.
const PRECISIONS: [&str; 2] = ["Exact", "Fast"];

/// Of one cell with one family: milliseconds an iteration, one entry a round.
#[derive(Default)]
struct Times {
    size: String,
    one: Vec<f64>,
    all: Vec<f64>,
    workers: u64,
    limit: Vec<f64>,
    /// By name, the first of them scikit-learn.
    peers: Vec<(&'static str, Vec<f64>)>,
}

/// Measures `rounds` times each and writes the table; the others than scikit-learn not if `alone`.
pub fn run(rounds: usize, alone: bool) -> Result<()> {
    let folder = root().join("target/bench");
    let cells = folder.join("cells");
    println!("writing the cells");
    let mut export = cargo(&["run", "--release", "--example", "cells", "--"]);
    succeed(export.arg(&cells))?;
    let native = read(&cells.join("cells.json"))?;
    write_plainly(&cells, list(&native))?;
    let peers = peers(&folder, python(&folder)?, alone);
    let mut times: BTreeMap<String, Times> = BTreeMap::new();
    let mut versions = vec![String::new(); peers.len()];
    let mut browser = String::new();
    for round in 1..=rounds {
        println!("round {round} of {rounds}: the page");
        let to = folder.join("page.json");
        let mut page = page_tests()?;
        page.args(["--test", "bench", "--", "--ignored"]);
        succeed(page.env("MIXSCOPE_BENCH", &to))?;
        let page = read(&to)?;
        browser = text(&page["browser"]);
        take_page(&mut times, &page, &native)?;
        for (peer, version) in peers.iter().zip(&mut versions) {
            println!("round {round} of {rounds}: {}", peer.name);
            let said = output(&mut peer.command(&cells))?;
            let said: Value = serde_json::from_str(&said)
                .with_context(|| format!("{} printed no JSON", peer.name))?;
            *version = format!("{} {}", peer.name, text(&said["version"]));
            take_peer(&mut times, peer, &said, &native)?;
        }
    }
    let programs = format!("{browser}; {}", versions.join("; "));
    let table = table(&times, &programs, rounds);
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
        let precision = text(&speed["precision"]);
        let own = native_of(native, &name, family, &precision)?;
        ensure!(
            own["log_likelihood"] == speed["log_likelihood"],
            "{name} {family} {precision}: the page came to another log-likelihood ({}) than the same fit outside it ({})",
            speed["log_likelihood"],
            own["log_likelihood"]
        );
        let entry = times.entry(key(&name, family, &precision)).or_default();
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

fn take_peer(
    times: &mut BTreeMap<String, Times>,
    peer: &Peer,
    said: &Value,
    native: &Value,
) -> Result<()> {
    for speed in list(&said["cells"]) {
        let (name, family) = (text(&speed["cell"]), text(&speed["covariance"]));
        for (precision, same) in PRECISIONS.into_iter().zip(SAME) {
            let Ok(own) = native_of(native, &name, &family, precision) else {
                continue;
            };
            let own = number(&own["log_likelihood"]);
            // None if the program chose a start of its own.
            if let Some(other) = speed["log_likelihood"].as_f64() {
                ensure!(
                    (own - other).abs() <= same * own.abs(),
                    "{name} {family} {precision}: log-likelihoods differ: {own} here, {other} in {}",
                    peer.name
                );
            }
            let entry = times.entry(key(&name, &family, precision)).or_default();
            let milliseconds = number(&speed["milliseconds"]);
            // A difference of two times can be lost in their noise where both are short.
            if milliseconds <= 0.0 {
                continue;
            }
            match entry.peers.iter_mut().find(|(name, _)| *name == peer.name) {
                Some((_, times)) => times.push(milliseconds),
                None => entry.peers.push((peer.name, vec![milliseconds])),
            }
        }
    }
    Ok(())
}

/// Full covariances first, and double precision.
fn key(name: &str, family: &str, precision: &str) -> String {
    let (place, family) = match family {
        "VVV" => (1, "full"),
        _ => (2, "diagonal"),
    };
    match precision {
        "Exact" => format!("{place} {name}, {family}"),
        _ => format!("{} {name}, {family}, {precision}", place + 2),
    }
}

/// A table of the page beside scikit-learn, and one of the other programs.
fn table(times: &BTreeMap<String, Times>, programs: &str, rounds: usize) -> String {
    let mut out = format!(
        "{programs}; {rounds} rounds by turns. Milliseconds an iteration: median (least - most).\n\n\
         | cell | N x D x K | one worker | of the limit | all workers | scikit-learn | one worker: times faster | all workers: times faster |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    let mut others = String::from(
        "\n| cell | program | milliseconds | one worker: times faster | all workers: times faster |\n\
         |---|---|---|---|---|\n",
    );
    for (key, t) in times {
        let all = match t.all.is_empty() {
            true => "-".to_owned(),
            false => format!("{} ({} workers)", spread(&t.all), t.workers),
        };
        let cell = &key[2..];
        for (i, (name, peer)) in t.peers.iter().enumerate() {
            let (each, one, many) = (spread(peer), ratio(peer, &t.one), ratio(peer, &t.all));
            let _ = match i {
                0 => writeln!(
                    out,
                    "| {cell} | {} | {} | {:.0} % | {all} | {each} | {one} | {many} |",
                    t.size,
                    spread(&t.one),
                    100.0 * median(&t.limit),
                ),
                _ => writeln!(others, "| {cell} | {name} | {each} | {one} | {many} |"),
            };
        }
    }
    if times.values().any(|t| t.peers.len() > 1) {
        out.push_str(&others);
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

fn native_of<'a>(
    native: &'a Value,
    name: &str,
    family: &str,
    precision: &str,
) -> Result<&'a Value> {
    let found = list(native)
        .iter()
        .find(|c| c["name"] == name && c["covariance"] == family && c["precision"] == precision);
    found.with_context(|| format!("there is no cell {name} {family} {precision}"))
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
