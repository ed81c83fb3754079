//! Build, serve and test Mixscope.
fn main() {}
