//! Progress on the terminal: what is being done, and how long it took.

use std::time::Instant;

use anyhow::{Context, Result};

/// A task of a known number of steps.
pub struct Steps {
    total: usize,
    done: usize,
}

impl Steps {
    /// A task that will take `total` steps.
    pub fn new(total: usize) -> Self {
        Self { total, done: 0 }
    }

    /// Says `what` is being done, does it, and says how long that took.
    pub fn run<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        eprintln!("{}/{} {what}", self.done, self.total);
        let start = Instant::now();
        let result = work().with_context(|| what.to_owned())?;
        eprintln!("    {:.1} s", start.elapsed().as_secs_f64());
        Ok(result)
    }
}
