//! What could not be done, and what to do about it; what is being worked on.

use leptos::prelude::*;

use super::closures::{part, press};
use super::state::use_desk;

/// The message, over the map, until it is dismissed.
#[component]
pub fn ProblemAlert() -> impl IntoView {
    let desk = use_desk();
    part(move || {
        desk.problem.get().map(|problem| {
            view! {
                <div class="problem" role="alert" aria-label="Problem">
                    <div class="problem-words">
                        <p class="problem-what">{problem.what}</p>
                        <p>{problem.remedy}</p>
                    </div>
                    <button class="quiet square" aria-label="Dismiss" title="Dismiss (Esc)"
                        on:click=press(move || desk.problem.set(None))>"×"</button>
                </div>
            }
        })
    })
}

/// A line while the worker reads a file or starts; shown only if it takes a while.
#[component]
pub fn BusyNote() -> impl IntoView {
    let desk = use_desk();
    part(move || {
        let what = if desk.awake.get() {
            desk.busy.get()
        } else {
            "Starting …".to_owned()
        };
        (!what.is_empty())
            .then(|| view! { <p class="busy" role="status" aria-label="Working">{what}</p> })
    })
}
