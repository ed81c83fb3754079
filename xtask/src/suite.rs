//! The suites of tests, and their tally.

mod tally;

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use tally::Tally;

use crate::browser::Browser;
use crate::cargo::{cargo, cargo_for_wasm, describe, ensure_wasm_target, succeed};
use crate::{page, scripts, steps::Steps};

/// Where tests run.
#[derive(Clone, Copy, ValueEnum)]
pub enum Suite {
    /// On this machine: unit, reference and documentation tests
    Host,
    /// Compiled to wasm, in a real browser
    Wasm,
    /// Against the built page, in a real browser
    Page,
    /// The exported scripts, in scikit-learn, R, Spark and Node
    Scripts,
}

/// Runs one suite or all, only tests with `filter` in their name if given, and ends with
/// a line that sums what passed and failed.
pub fn run(suite: Option<Suite>, filter: Option<&str>) -> Result<ExitCode> {
    let suites = suite.map_or(Suite::value_variants().to_vec(), |suite| vec![suite]);
    let mut steps = Steps::new(suites.len());
    let results: Vec<_> = suites
        .iter()
        .map(|suite| {
            let tally = steps.run(suite.title(), || suite.run(filter));
            (
                suite,
                tally.unwrap_or_else(|error| {
                    eprintln!("error: {error:#}");
                    Tally::broken()
                }),
            )
        })
        .collect();

    println!();
    let mut all = Tally::default();
    for (suite, tally) in results {
        println!("{:<35} {tally}", suite.title());
        all += tally;
    }
    println!("{all}");
    Ok(if all.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Suite {
    fn title(self) -> &'static str {
        match self {
            Self::Host => "host: unit and reference tests",
            Self::Wasm => "wasm: in a headless browser",
            Self::Page => "page: the built page in a browser",
            Self::Scripts => "scripts: in Python, R, Spark, Node",
        }
    }

    /// Runs the suite. A suite in which nothing ran has failed.
    fn run(self, filter: Option<&str>) -> Result<Tally> {
        let tally = match self {
            Self::Host => host(filter)?,
            Self::Wasm => wasm(filter)?,
            Self::Page => page(filter)?,
            Self::Scripts => scripts(filter)?,
        };
        if tally == Tally::default() {
            bail!("no test ran");
        }
        Ok(tally)
    }
}

/// The page's own code in its own profile, and the tools in the profile that this very
/// program was built with, so that nothing is compiled twice.
fn host(filter: Option<&str>) -> Result<Tally> {
    let mut tally = count(cargo(&["test", "--no-fail-fast"]).args(filter))?;
    let tools = [
        "test",
        "--no-fail-fast",
        "--profile",
        "xtask",
        "-p",
        "xtask",
        "-p",
        "site",
    ];
    tally += count(cargo(&tools).args(filter))?;
    Ok(tally)
}

fn wasm(filter: Option<&str>) -> Result<Tally> {
    ensure_wasm_target()?;
    let browser = Browser::ensure()?;
    let runner = std::env::current_exe().context("this program has no path")?;
    let runner = serde_json::json!([runner.to_string_lossy(), "wasm-runner"]);
    let mut command = cargo_for_wasm(&["test", "--no-fail-fast", "--lib", "--tests"]);
    command
        .arg("--config")
        .arg(format!("target.wasm32-unknown-unknown.runner={runner}"))
        .args(filter)
        .envs(browser.environment()?)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    count(&mut command)
}

/// Runs one compiled wasm test file in the browser, as cargo's runner.
pub fn run_wasm_file(args: Vec<String>) -> Result<()> {
    let name = "wasm-bindgen-test-runner".to_owned();
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(name).chain(args))
}

fn page(filter: Option<&str>) -> Result<Tally> {
    let mut command = page_tests()?;
    count(command.args(filter))
}

fn scripts(filter: Option<&str>) -> Result<Tally> {
    let (mut command, skipped) = scripts::tests(filter)?;
    let tally = count(&mut command)?;
    for what in skipped {
        eprintln!(
            "*** SKIPPED: scripts for {what}, which is not here and could not be installed ***"
        );
    }
    Ok(tally)
}

/// Takes the screenshots: tests that are ignored otherwise.
pub fn shots() -> Result<()> {
    succeed(page_tests()?.args(["--test", "shots", "--", "--ignored"]))
}

/// Measures the page under load: a test that is ignored otherwise.
pub fn measure() -> Result<()> {
    let test = [
        "--test",
        "measure",
        "--",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    succeed(page_tests()?.args(test))
}

/// A `cargo test` of the page tests, the page built.
pub fn page_tests() -> Result<Command> {
    page::build(false)?;
    let browser = Browser::ensure()?;
    let mut command = cargo(&["test", "--no-fail-fast", "--profile", "xtask", "-p", "e2e"]);
    command.envs(browser.environment()?);
    Ok(command)
}

/// Runs a `cargo test`, shows what it prints, and counts its results.
fn count(command: &mut Command) -> Result<Tally> {
    let line = describe(command);
    // One pipe for both, so that what is shown keeps its order.
    let (output, sink) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(sink.try_clone()?).stderr(sink);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    // The command holds the pipe open, and with it the loop below.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tally = Tally::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally += Tally::read(&line).unwrap_or_default();
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // It did not compile, or it ended before it could say what failed.
        eprintln!("error: `{line}` failed ({status})");
        tally += Tally::broken();
    }
    Ok(tally)
}
