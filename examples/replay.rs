//! Makes a run again that the page has exported as an experiment, and prints its trajectory.
//!
//! ```sh
//! cargo run --release --example replay -- EXPERIMENT.json [DATA.csv]
//! ```
//!
//! The data are needed unless they are a built-in set. Prints a line for each half-step; ends
//! with an error if the objective is not, to the last bit, the one in the file.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use mixscope::data::{builtin, csv};
use mixscope::export::ExperimentFile;
use mixscope::session::{Run, Selection, Source};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        [file] => replay(file, None),
        [file, data] => replay(file, Some(data)),
        _ => Err("usage: replay EXPERIMENT.json [DATA.csv]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn replay(path: &str, data: Option<&String>) -> Result<(), Box<dyn Error>> {
    let file = ExperimentFile::read(&fs::read_to_string(path)?)?;
    let source = match (data, &file.built_in) {
        (Some(data), _) => {
            let name = Path::new(data).file_name().unwrap_or_default();
            let read = csv::read(&name.to_string_lossy(), &fs::read(data)?)?;
            Source::own(read.table, String::new(), Vec::new())
        }
        (None, Some(id)) => {
            Source::builtin(id, builtin::embedded).map_err(|problem| problem.what)?
        }
        (None, None) => return Err(format!("give the data too: {}", file.data.name).into()),
    };
    let roles = file.roles(source.table())?;
    let selection = Selection::with_roles(Rc::new(source), roles);
    let selection = selection.map_err(|problem| problem.what)?;
    println!("half-step\titeration\tphase\tobjective\tlog-likelihood");
    let run = file.replay(&selection, &mut print)?;
    match file.first_difference(&run) {
        None => {
            let n = file.objective.len();
            eprintln!("All {n} objectives are those of the file, to the last bit.");
            Ok(())
        }
        Some(t) => Err(format!("the objective differs from the file at iteration {t}").into()),
    }
}

fn print(run: &Run) {
    let half_step = run.last();
    let phase = match half_step {
        0 => "start",
        p if p % 2 == 1 => "E",
        _ => "M",
    };
    if let Some(iterate) = run.iterates().last() {
        println!(
            "{half_step}\t{}\t{phase}\t{:?}\t{:?}",
            half_step.div_ceil(2),
            iterate.objective,
            iterate.log_likelihood
        );
    }
}
