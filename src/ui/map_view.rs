//! The map: the ground, the points as pixels, and above them trails and ellipses.

use leptos::prelude::*;

use super::closures::{flag, words};
use super::paint::is_strip;
use super::problem::BusyNote;
use super::stage::Layer;
use super::state::use_desk;
use super::surface::use_surface;

/// The canvases and the legend.
#[component]
pub fn MapView() -> impl IntoView {
    let desk = use_desk();
    let ground = use_surface(desk, Layer::Ground);
    let points = use_surface(desk, Layer::Points);
    let overlay = use_surface(desk, Layer::Overlay);
    let alternative = move || {
        let k = desk.n_components.get();
        desk.data.with(|data| {
            let [x, y] = data.axes.map(|i| data.columns.get(i).map_or("", |c| &c.name));
            format!("Map: {y} over {x}, {k} components. The caption and the table Components say it in words.")
        })
    };
    view! {
        <section class="map" aria-label="Map">
            <div class="map-head">
                <h2>"Map"</h2>
                <Legend />
            </div>
            <div class="map-stack">
                <canvas node_ref=ground aria-hidden="true"></canvas>
                <canvas node_ref=points aria-hidden="true"></canvas>
                <canvas node_ref=overlay role="img" aria-label=words(alternative)></canvas>
                <BusyNote />
            </div>
        </section>
    }
}

#[component]
fn Legend() -> impl IntoView {
    let desk = use_desk();
    let strip = move || desk.data.with(is_strip);
    let holds = move |line: &'static str, plane: &'static str| {
        words(move || if strip() { line } else { plane })
    };
    view! {
        <p class="legend">
            <span class="legend-item">
                <span class="legend-line inner"></span>{holds("1σ holds 68.3 %", "1σ holds 39.3 %")}
            </span>
            <span class="legend-item">
                <span class="legend-line outer"></span>{holds("2σ holds 95.4 %", "2σ holds 86.5 %")}
            </span>
            <span class="legend-item" hidden=flag(move || strip() || !desk.stretched.get())>
                "axes not to the same scale"
            </span>
        </p>
    }
}
