//! How many tests passed and failed.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
}

impl Tally {
    /// What cannot even be run counts as one failure.
    pub fn broken() -> Self {
        Self {
            passed: 0,
            failed: 1,
        }
    }

    /// The tally of a `test result: ok. 3 passed; 0 failed; ...` line, which Rust's own
    /// harness and the one for wasm both print.
    pub fn read(line: &str) -> Option<Self> {
        let (_, counts) = line
            .trim()
            .strip_prefix("test result: ")?
            .split_once(". ")?;
        let number = |what: &str| {
            counts
                .split(';')
                .find_map(|part| part.trim().strip_suffix(what))
                .and_then(|number| number.trim().parse().ok())
        };
        Some(Self {
            passed: number("passed")?,
            failed: number("failed")?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_harnesses_are_understood() {
        let host = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let wasm =
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s";
        assert_eq!(
            Tally::read(host),
            Some(Tally {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(
            Tally::read(wasm),
            Some(Tally {
                passed: 2,
                failed: 0
            })
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(Tally::read("test result is 3 passed; 0 failed"), None);
        assert_eq!(Tally::read("test it_works ... ok"), None);
    }

    #[test]
    fn the_last_line_reads_as_promised() {
        let mut all = Tally {
            passed: 2,
            failed: 0,
        };
        all += Tally::broken();
        assert_eq!(all.to_string(), "2 passed, 1 failed");
    }
}
