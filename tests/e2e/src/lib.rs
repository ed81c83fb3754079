//! Tests of the built page in a real browser: the harness.
//!
//! A test opens a [`Page`] and drives it as a person would, by role and accessible name:
//!
//! ```ignore
//! #[tokio::test]
//! async fn a_step_moves_the_iteration() -> anyhow::Result<()> {
//!     let page = Page::open(&Setup::default()).await?;
//!     page.click("Step").await?;
//!     page.wait_for_status("Iteration", |text| text.contains('1')).await?;
//!     page.close().await
//! }
//! ```
//!
//! Each page has a browser, a driver and a server of its own, so that no test sees
//! another's; only one page is open at a time, so that none slows another down.

mod audit;
mod driver;
pub mod key;
mod log;
mod page;
mod reading;
mod role;
mod setup;
mod wire;

pub use page::{Page, built, copy_of_page};
pub use reading::Reading;
pub use role::Role;
pub use setup::{Setup, Viewport};

/// The number that a text of the page shows: it may have a typographic minus and thin
/// spaces between its digits.
///
/// ```
/// assert_eq!(e2e::number("−1 130.264"), Some(-1130.264));
/// ```
pub fn number(text: &str) -> Option<f64> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_read_as_they_are_shown() {
        assert_eq!(number("\u{2212}1\u{2009}130.264"), Some(-1130.264));
        assert_eq!(number("0.5"), Some(0.5));
        assert_eq!(number("not a number"), None);
    }
}
