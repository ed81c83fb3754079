//! The components in numbers: with the caption, the accessible twin of the map.

use leptos::prelude::*;

use super::format;
use super::state::{Desk, use_desk};
use crate::plot::{Rgba, identity, letter};
use crate::session::ComponentView;
use crate::study::Health;

/// The table under its heading. A press on a letter points the component out.
#[component]
pub fn ComponentTable() -> impl IntoView {
    let desk = use_desk();
    view! {
        <section class="part">
            <h2 id="components-title">"Components"</h2>
            <table class="components" aria-labelledby="components-title">
                <thead>
                    <tr>
                        <th scope="col"><span class="unseen">"Component"</span></th>
                        <th scope="col">"Weight"</th>
                        <th scope="col">"Mean"</th>
                        <th scope="col" title="Standard deviations; correlation ρ of the two axes of the map">"Covariance"</th>
                        <th scope="col">"Points"</th>
                        <th scope="col">"Health"</th>
                    </tr>
                </thead>
                <tbody>
                    {move || (0..desk.n_components.get()).map(|i| view! { <ComponentRow i=i /> }).collect_view()}
                </tbody>
            </table>
            <p class="fine health-detail">{move || detail(desk)}</p>
        </section>
    }
}

#[component]
fn ComponentRow(
    /// Which component.
    i: usize,
) -> impl IntoView {
    let desk = use_desk();
    let cell = move |words: fn(&ComponentView) -> String| {
        move || {
            desk.view
                .with(|v| v.components.get(i).map(words).unwrap_or_default())
        }
    };
    let health = Memo::new(move |_| {
        desk.view
            .with(|v| v.components.get(i).map_or(Health::Good, |c| c.health))
    });
    let selected = move || desk.selected.get() == Some(i);
    let look = move || identity(i, desk.theme.plot());
    view! {
        <tr class:selected=selected>
            <th scope="row">
                <button
                    class="badge"
                    style:background-color=move || Rgba::from(look().fill).css()
                    style:color=move || Rgba::from(look().on_fill).css()
                    aria-pressed=move || selected().to_string()
                    on:click=move |_| desk.toggle_selected(i)
                >
                    {letter(i)}
                </button>
            </th>
            <td>{cell(|c| format::fixed(c.weight, 3))}</td>
            <td>{cell(|c| format::list(&c.mean, 3))}</td>
            <td>
                {cell(|c| format!("σ\u{a0}{}", format::list(&c.std, 3)))}
                <span class="rho">{cell(correlation)}</span>
            </td>
            <td>{cell(|c| points(c.points))}</td>
            <td class=move || match health.get() {
                Health::Good => "health",
                Health::Thin | Health::Flat => "health warn",
                Health::Collapsed | Health::Empty => "health bad",
            }>{move || health.get().word()}</td>
        </tr>
    }
}

/// Of the two axes of the map, where it says something.
fn correlation(component: &ComponentView) -> String {
    let [xx, xy, yy] = component.map_covariance;
    let rho = xy / (xx * yy).sqrt();
    // Diagonal families have none, and a map of one column has it with itself.
    if !rho.is_finite() || xy == 0.0 || component.std.len() < 2 {
        return String::new();
    }
    format!("ρ\u{a0}{}", format::fixed(rho.clamp(-1.0, 1.0), 2))
}

fn points(n: f64) -> String {
    if n.is_finite() && n >= 1e3 {
        format::count(n.round() as usize)
    } else {
        format::fixed(n, 1)
    }
}

/// Why a component is not well: the one pointed out, or else the first that is not.
fn detail(desk: Desk) -> String {
    let selected = desk.selected.get();
    desk.view.with(|v| {
        let ailing = |i: &usize| v.components.get(*i).is_some_and(|c| !c.health_detail.is_empty());
        selected
            .filter(ailing)
            .or_else(|| (0..v.components.len()).find(ailing))
            .and_then(|i| Some(format!("{}: {}", letter(i), v.components.get(i)?.health_detail)))
            .unwrap_or_default()
    })
}
