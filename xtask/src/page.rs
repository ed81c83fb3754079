//! Builds the page into dist/, and serves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use site::Site;
use wasm_bindgen_cli_support::Bindgen;

use crate::cargo::{cargo_for_wasm, describe, ensure_wasm_target, root, succeed, without_paths};
use crate::index::{self, Asset};
use crate::steps::Steps;

/// The folder of the built page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/.
pub fn build(dev: bool) -> Result<()> {
    let mut steps = Steps::new(4);
    steps.run("wasm target", ensure_wasm_target)?;
    let what = if dev {
        "compile (dev)"
    } else {
        "compile (release)"
    };
    let wasm = steps.run(what, || compile(dev))?;
    let mut glue = steps.run("wasm-bindgen", || {
        Bindgen::new()
            .input_path(&wasm)
            .web(true)?
            .typescript(false)
            // Names of functions: 15 kB of the download, of use only in a profiler.
            .remove_name_section(!dev)
            .remove_producers_section(true)
            .generate_output()
    })?;
    steps.run("dist/", || {
        let dist = dist();
        if dist.exists() {
            fs::remove_dir_all(&dist)
                .with_context(|| format!("cannot empty {}", dist.display()))?;
        }
        glue.emit(&dist)?;
        write_page(&dist)
    })
}

/// Builds the page and serves it until the process ends.
pub fn serve(dev: bool, port: u16, open: bool) -> Result<()> {
    build(dev)?;
    let site = Site::serve(&dist(), "/", port)?;
    eprintln!("Serving dist/ until Ctrl+C, at");
    println!("{}", site.url());
    if open && let Err(error) = open_in_browser(&site.url()) {
        eprintln!("The browser could not be opened: {error:#}");
    }
    site.wait();
    Ok(())
}

/// Compiles the page and returns the path of its wasm file.
fn compile(dev: bool) -> Result<PathBuf> {
    let mut command = cargo_for_wasm(&["build", "--bin", "mixscope"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    if !dev {
        command
            .arg("--release")
            .args(["--config", &without_paths()]);
    }
    let line = describe(&command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed");
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|message| serde_json::from_str::<Value>(message).ok())
        .filter(|message| message["target"]["name"] == "mixscope")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo does not say where it put the wasm file")
}

/// Writes index.html and what it asks for.
fn write_page(dist: &Path) -> Result<()> {
    let html = fs::read_to_string(root().join("index.html")).context("cannot read index.html")?;
    let (page, assets) = index::process(&html)?;
    for asset in &assets {
        match asset {
            Asset::File { from, to } => copy_file(&root().join(from), &dist.join(to))?,
            Asset::Folder { from, to } => copy_folder(&root().join(from), &dist.join(to))?,
        }
    }
    fs::write(dist.join("index.html"), page).context("cannot write index.html")
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            copy_file(&entry.path(), &to)?;
        }
    }
    Ok(())
}

fn open_in_browser(url: &str) -> Result<()> {
    let (program, args): (_, &[&str]) = match std::env::consts::OS {
        "windows" => ("cmd", &["/C", "start"]),
        "macos" => ("open", &[]),
        _ => ("xdg-open", &[]),
    };
    succeed(Command::new(program).args(args).arg(url))
}
