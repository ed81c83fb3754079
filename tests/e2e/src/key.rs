//! Keys that have no letter, as a driver takes them.

/// On to the next control.
pub const TAB: &str = "\u{e004}";
/// Commits.
pub const ENTER: &str = "\u{e007}";
/// Held down, see [`with`].
pub const SHIFT: &str = "\u{e008}";
/// Held down, see [`with`].
pub const CONTROL: &str = "\u{e009}";
/// Closes.
pub const ESCAPE: &str = "\u{e00c}";
/// The space bar.
pub const SPACE: &str = " ";
/// To the end.
pub const END: &str = "\u{e010}";
/// To the start.
pub const HOME: &str = "\u{e011}";
/// An arrow.
pub const LEFT: &str = "\u{e012}";
/// An arrow.
pub const RIGHT: &str = "\u{e014}";

/// A key pressed while another one is held down.
pub fn with(held: &str, key: &str) -> String {
    format!("{held}{key}\u{e000}")
}
