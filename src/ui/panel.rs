//! A part of the page under a small heading, folded away by a press on it.

use leptos::prelude::*;

/// Below this width the panels start folded: the map comes first.
const PHONE: &str = "(max-width: 759px)";

/// A section with its heading.
#[component]
pub fn Panel(
    /// The heading.
    title: &'static str,
    /// Open on a phone too?
    #[prop(optional)]
    always_open: bool,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="panel" open=always_open || !is_phone()>
            <summary><h2>{title}</h2></summary>
            <div class="panel-body">{children()}</div>
        </details>
    }
}

/// Is the page as narrow as a phone?
pub fn is_phone() -> bool {
    window()
        .match_media(PHONE)
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}
