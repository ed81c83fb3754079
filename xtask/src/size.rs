//! Weighs what the first view downloads.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::page;

/// The budget for everything the first view needs, compressed, in bytes.
const BUDGET: usize = 250_000;

/// Builds the page and compares its compressed size with the budget.
///
/// # Errors
/// If the page is over its budget.
pub fn check() -> Result<()> {
    page::build(false)?;
    let dist = page::dist();
    let mut files = Vec::new();
    list(&dist, &mut files)?;
    files.sort();

    println!("{:>10} {:>10}  file", "bytes", "brotli");
    let (mut all, mut compressed) = (0, 0);
    // The sets are fetched one by one when they are chosen.
    files.retain(|path| !path.starts_with(dist.join("sets")));
    for path in &files {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let size = brotli_size(&bytes)?;
        let name = path.strip_prefix(&dist).unwrap_or(path).display();
        println!("{:>10} {size:>10}  {name}", bytes.len());
        all += bytes.len();
        compressed += size;
    }
    println!("{all:>10} {compressed:>10}  together, of {BUDGET}");
    if compressed > BUDGET {
        bail!("the page is {} bytes over its budget", compressed - BUDGET);
    }
    Ok(())
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
