//! The page and its workers run this same file: see `mixscope::start`.

#[cfg(target_arch = "wasm32")]
fn main() {
    mixscope::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    println!("Mixscope is a web page. `cargo xtask serve` builds it and shows its address.");
}
