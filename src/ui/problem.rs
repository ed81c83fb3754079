//! What could not be done, and what to do about it; what is being worked on.

use leptos::prelude::*;

use super::state::use_desk;

/// The message, over the map, until it is dismissed.
#[component]
pub fn ProblemAlert() -> impl IntoView {
    let desk = use_desk();
    move || {
        desk.problem.get().map(|problem| {
            view! {
                <div class="problem" role="alert" aria-label="Problem">
                    <div class="problem-words">
                        <p class="problem-what">{problem.what}</p>
                        <p>{problem.remedy}</p>
                    </div>
                    <button class="quiet square" aria-label="Dismiss" title="Dismiss (Esc)"
                        on:click=move |_| desk.problem.set(None)>"×"</button>
                </div>
            }
        })
    }
}

/// A line while the worker reads a file or starts; shown only if it takes a while.
#[component]
pub fn BusyNote() -> impl IntoView {
    let desk = use_desk();
    let words = Memo::new(move |_| {
        if desk.awake.get() {
            desk.busy.get()
        } else {
            "Starting …".to_owned()
        }
    });
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| view! { <p class="busy" role="status" aria-label="Working">{words}</p> })
    }
}
