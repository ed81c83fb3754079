//! Calling cargo and rustup.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

/// The target of the page.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ lies in the workspace")
}

/// A call of the cargo that runs this, in the folder of the workspace.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(args);
    command
}

/// A call of cargo for the page. Flags of the environment would replace those of
/// `.cargo/config.toml`, SIMD among them, so this call does not see them.
pub fn cargo_for_wasm(args: &[&str]) -> Command {
    let mut command = cargo(args);
    command
        .args(["--target", WASM])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_RUSTFLAGS");
    command
}

/// Compiler flags for the page: those given, and what keeps the paths of this machine out of a program: places in the source, which
/// panics name, begin at the workspace or at a crate's own name.
pub fn flags(more: &[&str]) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(Path::new(&home).join(".cargo"))
    });
    let sources = home.map(|home| home.join("registry").join("src"));
    let registries = sources.and_then(|folder| fs::read_dir(folder).ok());
    let mut prefixes: Vec<PathBuf> = registries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    prefixes.push(root().to_owned());
    let flags: Vec<String> = prefixes
        .iter()
        .map(|prefix| format!("--remap-path-prefix={}=.", prefix.display()))
        .chain(more.iter().map(|&flag| flag.to_owned()))
        .map(|flag| format!("{flag:?}"))
        .collect();
    format!("target.{WASM}.rustflags=[{}]", flags.join(", "))
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started or does not succeed.
pub fn succeed(command: &mut Command) -> Result<()> {
    let line = describe(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// The command line, for messages.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Adds the wasm target where it is missing.
pub fn ensure_wasm_target() -> Result<()> {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .current_dir(root())
        .args(["--print", "target-libdir", "--target", WASM])
        .output()
        .context("cannot start rustc")?;
    let libraries = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    rustup(&["target", "add", WASM])
        .with_context(|| format!("the page needs Rust's {WASM} target, which is not installed"))
}

/// Adds a tool of the toolchain, such as `clippy`, where it is missing.
pub fn ensure_component(name: &str, subcommand: &str) -> Result<()> {
    let present = cargo(&[subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if present {
        return Ok(());
    }
    rustup(&["component", "add", name])
        .with_context(|| format!("`cargo {subcommand}` is not installed"))
}

fn rustup(args: &[&str]) -> Result<()> {
    if find_program("rustup").is_none() {
        bail!("there is no rustup to add it: install it in the way that Rust was installed");
    }
    succeed(Command::new("rustup").current_dir(root()).args(args))
}

/// The first program of this name on the PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
        .find(|path| path.is_file())
}
