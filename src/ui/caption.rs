//! One sentence that says what just happened; the voice of the canvas.

use leptos::prelude::*;

use super::closures::{follow, words};
use super::state::use_desk;
use crate::session::Status;

/// Announcements come no closer together than this while it plays.
const BREATH: f64 = 2500.0;

/// The sentence, shown at once and announced at a pace that can be listened to.
#[component]
pub fn Caption() -> impl IntoView {
    let desk = use_desk();
    let spoken = RwSignal::new(String::new());
    let spoken_at = StoredValue::new(f64::NEG_INFINITY);
    follow(move || {
        let (text, running) = desk
            .view
            .with(|v| (v.caption.clone(), v.status == Status::Running));
        let now = js_sys::Date::now();
        if running && now - spoken_at.get_value() < BREATH {
            return;
        }
        spoken_at.set_value(now);
        if spoken.with_untracked(|s| *s != text) {
            spoken.set(text);
        }
    });
    // What kind of half-step it was stands out; the rest is the sentence.
    let head = |text: &str| {
        let heads = ["Start.", "E-step:", "M-step:"];
        let found = heads.into_iter().find(|head| text.starts_with(head));
        found.unwrap_or_default()
    };
    let start = move || desk.view.with(|v| head(&v.caption));
    let rest = move || {
        desk.view
            .with(|v| v.caption[head(&v.caption).len()..].to_owned())
    };
    view! {
        <div class="caption">
            <p><b>{words(start)}</b>{words(rest)}</p>
            <p class="unseen" aria-live="polite" role="log" aria-label="What happened">{words(move || spoken.get())}</p>
        </div>
    }
}
