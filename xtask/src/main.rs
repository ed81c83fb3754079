//! Builds, serves and tests Mixscope with nothing but Rust installed: `cargo xtask help`.

mod bench;
mod browser;
mod cargo;
mod index;
mod lint;
mod page;
mod parts;
mod peers;
mod scripts;
mod size;
mod steps;
mod suite;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Builds, serves and tests Mixscope",
    version
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the page to dist/, ready for any folder of a static host
    Build {
        /// Compile faster, run slower
        #[arg(long)]
        dev: bool,
    },
    /// Build the page and serve it on this machine
    Serve {
        /// The port to use, or the next free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Open the page in the browser
        #[arg(long)]
        open: bool,
        /// Compile faster, run slower
        #[arg(long)]
        dev: bool,
    },
    /// Run every test there is, or those of one suite
    Test {
        /// host, wasm, page or scripts; all four when none is named
        #[arg(value_enum)]
        suite: Option<suite::Suite>,
        /// Run only tests whose name contains this
        #[arg(requires = "suite")]
        filter: Option<String>,
    },
    /// Take screenshots of the page at three sizes, light and dark
    Shots,
    /// Measure how busy the page's own thread is while it plays many points
    Measure,
    /// Race the page against scikit-learn, and other programs that are installed, on the standard cells
    Bench {
        /// How often each is measured, by turns
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Against scikit-learn alone
        #[arg(long)]
        alone: bool,
    },
    /// Weigh the compressed page against its budget
    Size,
    /// Check format, lints and documentation, for this machine and for wasm
    Lint,
    /// Run one compiled wasm test file in the browser (cargo calls this)
    #[command(hide = true, disable_help_flag = true)]
    WasmRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Build { dev } => page::build(dev)?,
        Task::Serve { port, open, dev } => page::serve(dev, port, open)?,
        Task::Test { suite, filter } => return suite::run(suite, filter.as_deref()),
        Task::Shots => suite::shots()?,
        Task::Measure => suite::measure()?,
        Task::Bench { rounds, alone } => bench::run(rounds, alone)?,
        Task::Size => size::check()?,
        Task::Lint => lint::check()?,
        Task::WasmRunner { args } => suite::run_wasm_file(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
