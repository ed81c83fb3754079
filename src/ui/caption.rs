//! One sentence that says what just happened; the voice of the canvas.

use leptos::prelude::*;

use super::state::use_desk;
use crate::session::Status;

/// Announcements come no closer together than this while it plays.
const BREATH: f64 = 2500.0;

/// The sentence, shown at once and announced at a pace that can be listened to.
#[component]
pub fn Caption() -> impl IntoView {
    let desk = use_desk();
    let caption = Memo::new(move |_| desk.view.with(|v| v.caption.clone()));
    let running = Memo::new(move |_| desk.view.with(|v| v.status == Status::Running));
    let spoken = RwSignal::new(String::new());
    let spoken_at = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move || {
        let text = caption.get();
        let now = js_sys::Date::now();
        if running.get() && now - spoken_at.get_value() < BREATH {
            return;
        }
        spoken_at.set_value(now);
        if spoken.with_untracked(|s| *s != text) {
            spoken.set(text);
        }
    });
    // What kind of half-step it was stands out; the rest is the sentence.
    let parts = move || {
        caption.with(|text| {
            let head = ["Start.", "E-step:", "M-step:"]
                .into_iter()
                .find(|head| text.starts_with(head))
                .unwrap_or_default();
            (head, text[head.len()..].to_owned())
        })
    };
    view! {
        <div class="caption">
            <p><b>{move || parts().0}</b>{move || parts().1}</p>
            <p class="unseen" aria-live="polite" role="log" aria-label="What happened">{spoken}</p>
        </div>
    }
}
