//! The list of keys.

use leptos::prelude::*;

use super::device::device;
use super::dialog::dialog;
use super::state::use_desk;
use crate::later::{Part, later};

const KEYS: [(&str, &str); 13] = [
    ("Space", "play or pause"),
    ("→", "a half-step on"),
    ("Shift →", "an iteration on"),
    ("←", "a half-step back"),
    ("Home, End", "to the start, to the newest half-step"),
    ("E, M", "E-step, M-step"),
    ("R", "same start"),
    ("N", "new start"),
    ("+, −", "one component more, one fewer"),
    ("1 – 9", "point a component out"),
    ("Ctrl Z, Ctrl Y", "undo, redo"),
    ("?", "this list"),
    ("Esc", "close, dismiss, cancel a file, point nothing out"),
];

/// The dialog.
#[component]
pub fn Help() -> impl IntoView {
    dialog(use_desk().help, "Keys", Part::Help, keys)
}

later! { Help 1:
    fn keys() -> AnyView {
        view! {
            <dl>
                {KEYS
                    .map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> })
                    .collect_view()}
            </dl>
            {device()}
            <p class="fine">"The E-step shares every point out among the components; the M-step moves each component to the points it holds. Two half-steps make an iteration."</p>
        }
        .into_any()
    }
}
