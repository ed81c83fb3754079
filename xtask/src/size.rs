//! Weighs what the first view downloads.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::page;
use crate::parts::LATER;

/// The budget for everything the first view needs, compressed, in bytes.
const BUDGET: usize = 250_000;

/// Builds the page and compares the compressed size of its first view with the budget.
///
/// # Errors
/// If the page is over its budget.
pub fn check() -> Result<()> {
    page::build(false)?;
    let dist = page::dist();
    let mut files = Vec::new();
    list(&dist, &mut files)?;
    files.sort();

    // The sets are fetched one by one when they are chosen.
    files.retain(|path| !path.starts_with(dist.join("sets")));
    let (later, first): (Vec<_>, Vec<_>) = files
        .into_iter()
        .map(|path| {
            path.strip_prefix(&dist)
                .unwrap_or(&path)
                .display()
                .to_string()
        })
        .partition(|name| name.starts_with(LATER));

    println!("{:>10} {:>10}  file", "bytes", "brotli");
    let (bytes, compressed) = weigh(&dist, &first)?;
    println!("{bytes:>10} {compressed:>10}  first view, of {BUDGET}");
    if !later.is_empty() {
        println!();
        let (bytes, compressed) = weigh(&dist, &later)?;
        println!("{bytes:>10} {compressed:>10}  later, when asked for");
    }
    if compressed > BUDGET {
        bail!("the page is {} bytes over its budget", compressed - BUDGET);
    }
    Ok(())
}

/// Prints the sizes of files and returns their sums, as they are and compressed.
fn weigh(folder: &Path, names: &[String]) -> Result<(usize, usize)> {
    let mut sums = (0, 0);
    for name in names {
        let bytes = fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        let size = brotli_size(&bytes)?;
        println!("{:>10} {size:>10}  {name}", bytes.len());
        sums = (sums.0 + bytes.len(), sums.1 + size);
    }
    Ok(sums)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The size of `bytes` as a static host with brotli at its best would send them.
fn brotli_size(bytes: &[u8]) -> Result<usize> {
    const QUALITY: u32 = 11;
    const WINDOW: u32 = 22;
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, QUALITY, WINDOW);
    writer.write_all(bytes)?;
    Ok(writer.into_inner().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_compresses_and_nothing_is_lost() {
        let size = brotli_size(&[7; 100_000]).expect("memory suffices");
        assert!((1..100).contains(&size), "{size}");
    }
}
