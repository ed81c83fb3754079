//! Format, lints and documentation, with every warning an error.

use anyhow::Result;

use crate::cargo::{cargo, cargo_for_wasm, ensure_component, ensure_wasm_target, succeed};
use crate::steps::Steps;

const DENY: [&str; 3] = ["--", "-D", "warnings"];

/// Runs every check that needs no test.
///
/// # Errors
/// With the first check that fails.
pub fn check() -> Result<()> {
    let mut steps = Steps::new(6);
    steps.run("tools", || {
        ensure_component("rustfmt", "fmt")?;
        ensure_component("clippy", "clippy")?;
        ensure_wasm_target()
    })?;
    steps.run("format", || {
        succeed(&mut cargo(&["fmt", "--all", "--check"]))
    })?;
    steps.run("clippy, this machine", || {
        succeed(cargo(&["clippy", "--workspace", "--all-targets"]).args(DENY))
    })?;
    steps.run("clippy, wasm", || {
        succeed(cargo_for_wasm(&["clippy", "--all-targets"]).args(DENY))
    })?;
    // Warnings of rustdoc are denied by its own variable: RUSTFLAGS would hide the
    // flags of .cargo/config.toml.
    steps.run("documentation, this machine", || {
        let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
        succeed(command.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    steps.run("documentation, wasm", || {
        let mut command = cargo_for_wasm(&["doc", "--no-deps", "--document-private-items"]);
        succeed(command.env("RUSTDOCFLAGS", "-D warnings"))
    })
}
