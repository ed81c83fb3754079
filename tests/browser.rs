//! Runs in a real browser: the library as the page has it.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_engine_is_built_with_simd() {
    assert!(cfg!(target_feature = "simd128"));
}
