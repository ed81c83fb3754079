//! Leptos components, one concept a file; they hold no mathematics.

mod painter;

use leptos::prelude::*;

/// Mounts the page.
pub fn mount() {
    mount_to_body(|| view! { <h1>"Mixscope"</h1> });
}
