//! Splits the wasm file of the page: what `src/later.rs` declares goes to files of its own.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use walrus::{ConstExpr, Module, ModuleConfig, RawCustomSection, ValType, ir::Value};

/// The linker must leave in the file what it knew of addresses, and the program must know
/// that it will be split.
pub const FLAGS: [&str; 2] = ["--cfg=parts", "-Clink-arg=--emit-relocs"];

/// How the names of the files begin that the first view does not need.
pub const LATER: &str = "later_";

/// What shared things of the first file are called where a part imports them.
const MAIN: &str = "__wasm_split";

/// A split program.
pub struct Parts {
    /// What the page begins with, for wasm-bindgen to go on with.
    pub main: Module,
    /// Names and bytes of the other files.
    pub later: Vec<(String, Vec<u8>)>,
}

/// Splits a program that was compiled with [`FLAGS`], with `folder` as a place to work in.
pub fn split(wasm: &Path, folder: &Path) -> Result<Parts> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let input = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    // Parts of another build would write over this one's memory: a part asks for an export
    // that only its own build has.
    let build = format!("build_{:016x}", hash(&input));
    let path = folder.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &path;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|report| anyhow!("the wasm file cannot be split: {report:?}"))?;

    let mut main = config().parse_file(&path)?;
    let global =
        main.globals
            .add_local(ValType::I32, false, false, ConstExpr::Value(Value::I32(0)));
    main.exports.add(&build, global);

    // Files come after those that they need.
    let mut needs: BTreeMap<&String, &[String]> = BTreeMap::new();
    for files in split.prefetch_map.values() {
        if let [needed @ .., last] = &files[..] {
            needs.insert(last, needed);
        }
    }
    let mut later = Vec::new();
    for path in &split.split_modules {
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut part = config().parse_file(path)?;
        walrus::passes::gc::run(&mut part);
        part.add_import_global(MAIN, &build, ValType::I32, false, false);
        for file in needs.get(&stem).copied().unwrap_or_default() {
            part.customs.add(RawCustomSection {
                name: "needs".to_owned(),
                data: name(file).into_bytes(),
            });
        }
        later.push((name(&stem), part.emit_wasm()));
    }
    Ok(Parts { main, later })
}

/// Without names and producers: they are of use only in a profiler.
fn config() -> ModuleConfig {
    let mut config = ModuleConfig::new();
    config
        .generate_name_section(false)
        .generate_producers_section(false);
    config
}

/// The name of the file that the splitter calls `split_Files` or `chunk_2`.
fn name(stem: &str) -> String {
    let part = stem.strip_prefix("split_").unwrap_or(stem);
    format!("{LATER}{}.wasm", part.to_lowercase())
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_what_they_share_have_names_of_one_kind() {
        assert_eq!(name("split_Files"), "later_files.wasm");
        assert_eq!(name("chunk_2"), "later_chunk_2.wasm");
    }
}
