//! A tick for each half-step; drag to go there.

use leptos::html;
use leptos::prelude::*;

use super::closures::{follow, part, typed, words};
use super::panel::is_phone;
use super::past;
use super::stage::Layer;
use super::state::use_desk;
use super::surface::use_surface;
use super::transport::phase_words;
use crate::digits::fixed;
use crate::session::Command;

/// The strip and the slider over it. The slider is as long as what has been recorded.
#[component]
pub fn Timeline() -> impl IntoView {
    let desk = use_desk();
    let canvas = use_surface(desk, Layer::Timeline);
    let slider = NodeRef::<html::Input>::new();
    let dragging = StoredValue::new(false);
    let place = move || desk.view.with(|v| (v.position, v.last));
    // The longest position first: a browser clamps the value to it.
    follow(move || {
        let (position, last) = place();
        let Some(slider) = slider.get() else { return };
        let _ = slider.set_attribute("max", &last.to_string());
        if !dragging.get_value() {
            slider.set_value(&position.to_string());
        }
    });
    view! {
        <section class="timeline" aria-label="Steps so far">
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <input
                node_ref=slider
                type="range"
                aria-label="Timeline"
                min="0"
                step="1"
                style:--recorded=words(move || {
                    let last = place().1;
                    desk.past.track();
                    fixed(last as f64 / desk.stage().end(last) as f64, 6)
                })
                aria-valuetext=words(move || {
                    desk.view.with(|v| format!("iteration {}, {}", v.iteration, phase_words(v.phase)))
                })
                on:input=typed(move |position| {
                    dragging.set_value(true);
                    if let Ok(position) = position.parse() {
                        desk.send(Command::Seek(position));
                    }
                })
                on:change=typed(move |_| dragging.set_value(false))
            />
            // There is one only if what shows it is here.
            {part(move || (desk.past.get() > 0).then(past::marks))}
        </section>
    }
}

/// Half the slider's thumb in CSS pixels, as the style sheet has it.
pub fn inset() -> f64 {
    if is_phone() { 12.0 } else { 8.0 }
}

/// How many half-steps the strip has room for: it grows by leaps, so that it mostly stands still.
pub fn capacity(last: usize) -> usize {
    let mut room = 24;
    while room < last {
        room *= 2;
    }
    room
}
