//! Builds the page into dist/, and serves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use site::Site;
use wasm_bindgen_cli_support::Bindgen;

use crate::cargo::{cargo_for_wasm, describe, ensure_wasm_target, flags, root, succeed};
use crate::index::{self, Asset};
use crate::parts;
use crate::steps::Steps;

/// The folder of the built page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/: a release in parts, otherwise in one piece.
pub fn build(dev: bool) -> Result<()> {
    let mut steps = Steps::new(if dev { 4 } else { 5 });
    steps.run("wasm target", ensure_wasm_target)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .typescript(false)
        .out_name("mixscope")
        // Names of functions: 15 kB of the download, of use only in a profiler.
        .remove_name_section(!dev)
        .remove_producers_section(true);
    let mut later = Vec::new();
    if dev {
        let wasm = steps.run("compile (dev)", || compile(dev))?;
        bindgen.input_path(wasm);
    } else {
        let wasm = steps.run("compile (release)", || compile(dev))?;
        let parts = steps.run("split", || {
            parts::split(&wasm, &wasm.with_extension("parts"))
        })?;
        bindgen.input_module("mixscope", parts.main);
        // The parts import what the linker exports.
        bindgen.keep_lld_exports(true);
        later = parts.later;
    }
    let mut glue = steps.run("wasm-bindgen", || bindgen.generate_output())?;
    steps.run("dist/", || {
        let dist = dist();
        if dist.exists() {
            fs::remove_dir_all(&dist)
                .with_context(|| format!("cannot empty {}", dist.display()))?;
        }
        glue.emit(&dist)?;
        if !dev {
            let js = dist.join("mixscope.js");
            let text = fs::read_to_string(&js).context("cannot read the glue")?;
            fs::write(&js, without_comments(&text)).context("cannot write the glue")?;
        }
        for (name, bytes) in &later {
            fs::write(dist.join(name), bytes).with_context(|| format!("cannot write {name}"))?;
        }
        write_page(&dist)
    })
}

/// The bindgen tool's script without its comments and indentation, a tenth of it as it is sent.
/// No string or template of it spans lines.
fn without_comments(script: &str) -> String {
    let mut kept = String::with_capacity(script.len());
    let mut inside = false;
    for line in script.lines().map(str::trim) {
        inside |= line.starts_with("/*");
        if !inside && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= !line.ends_with("*/");
    }
    kept
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
            .args(["--config", &flags(&parts::FLAGS)]);
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

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn a_script_loses_its_comments_and_no_code() {
        let script = "/**\n * @param {any} x\n */\nf(x) {\n\n    // why\n    return 2\n    * x; /* kept */\n}\n";
        let kept = "f(x) {\nreturn 2\n* x; /* kept */\n}\n";
        assert_eq!(without_comments(script), kept);
        assert_eq!(without_comments("/* one */\na();"), "a();\n");
    }
}
