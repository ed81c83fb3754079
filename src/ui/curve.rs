//! The objective by iteration, with the iteration shown marked; a press jumps there.

use leptos::prelude::*;

use super::closures::{part, words};
use super::format;
use super::past;
use super::stage::Layer;
use super::state::use_desk;
use super::surface::use_surface;
use crate::fit::Objective;
use crate::plot::Climb;

/// The curve under its heading.
#[component]
pub fn Curve() -> impl IntoView {
    let desk = use_desk();
    let canvas = use_surface(desk, Layer::Curve);
    let alternative = move || {
        desk.view.with(|v| {
            format!(
                "The {} by iteration; {} at iteration {}",
                v.objective_kind.words(),
                format::fixed(v.objective, 3),
                v.iteration
            )
        })
    };
    // One that is not the large number above it says its value here.
    let heading = Memo::new(move |_| {
        desk.view.with(|v| match v.objective_kind {
            Objective::LogLikelihood => "Objective: log-likelihood".to_owned(),
            kind => format!(
                "Objective: {} {}",
                kind.words(),
                format::fixed(v.objective, 3)
            ),
        })
    });
    // What the run's past is shown with is here.
    let there = move || desk.past.get() > 0;
    view! {
        <section class="part">
            <h2>
                {words(move || heading.get())}
                {part(move || there().then(past::looks))}
            </h2>
            <div class="curve">
                <canvas
                    node_ref=canvas
                    role="img"
                    aria-label=words(alternative)
                    on:click=move |event| desk.stage().seek_on_curve(desk, f64::from(event.offset_x()))
                ></canvas>
            </div>
            {part(move || (there() && desk.climb.get() == Some(Climb::Bound)).then(past::explained))}
        </section>
    }
}
