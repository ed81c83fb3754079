//! The map: points as pixels below, the scene of ellipses and axes above.

use leptos::prelude::*;

use super::paint;
use super::problem::BusyNote;
use super::stage::Layer;
use super::state::use_desk;
use super::surface::use_surface;

/// Both canvases and the legend.
#[component]
pub fn MapView() -> impl IntoView {
    let desk = use_desk();
    let points = use_surface(desk, Layer::Points);
    let scene = use_surface(desk, Layer::Map);
    let names = Memo::new(move |_| {
        desk.data.with(|data| {
            data.axes
                .map(|i| data.columns.get(i).map(|c| c.name.clone()).unwrap_or_default())
        })
    });
    let words = move || {
        let [x, y] = names.get();
        format!(
            "Map: {y} over {x}, {} components; the table Components and the caption say the same in words",
            desk.n_components.get()
        )
    };
    view! {
        <section class="map" aria-label="Map">
            <div class="map-head">
                <h2>"Map"</h2>
                <p class="axes-names">{move || { let [x, y] = names.get(); format!("{x} × {y}") }}</p>
                <Legend />
            </div>
            <div class="map-stack">
                <canvas node_ref=points aria-hidden="true"></canvas>
                <canvas node_ref=scene role="img" aria-label=words></canvas>
                <BusyNote />
            </div>
        </section>
    }
}

#[component]
fn Legend() -> impl IntoView {
    let desk = use_desk();
    let stretched = Memo::new(move |_| desk.data.with(|d| !paint::axes_are_equal(d)));
    view! {
        <p class="legend">
            <span class="legend-item"><span class="legend-line inner"></span>"1σ holds 39.3 %"</span>
            <span class="legend-item"><span class="legend-line outer"></span>"2σ holds 86.5 %"</span>
            {move || stretched.get().then(|| view! {
                <span class="legend-item">"axes not to the same scale"</span>
            })}
        </p>
    }
}
