//! Responsibilities, N x K, rows sorted by their strongest component.

use leptos::prelude::*;

use super::closures::words;
use super::format;
use super::stage::Layer;
use super::state::use_desk;
use super::surface::use_surface;

/// The heat map under its heading.
#[component]
pub fn HeatMap() -> impl IntoView {
    let desk = use_desk();
    let canvas = use_surface(desk, Layer::Heat);
    let size = move || {
        format!(
            "{} × {}",
            format::count(desk.data.with(|d| d.n_fitted)),
            desk.n_components.get()
        )
    };
    let note = move || match desk.view.with(|v| v.position) {
        0 => "none yet: the first E-step makes them",
        _ => "rows sorted by strongest component",
    };
    view! {
        <section class="part">
            <h2>"Responsibilities · " <span>{words(size)}</span></h2>
            <div
                class="heat"
                style:--bands=words(move || desk.n_components.get().max(1).to_string())
            >
                <canvas
                    node_ref=canvas
                    role="img"
                    aria-label=words(move || format!("Responsibilities, {} rows by components", size()))
                ></canvas>
            </div>
            <p class="fine">{words(note)}</p>
        </section>
    }
}
