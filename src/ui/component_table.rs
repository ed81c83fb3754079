//! The components in numbers: with the caption, the accessible twin of the map.

use leptos::prelude::*;
use web_sys::MouseEvent;

use super::closures::{Words, flag, part, press, words};
use super::format;
use super::state::{Desk, use_desk};
use crate::plot::{Rgba, identity, letter};
use crate::session::{Command, ComponentView};
use crate::study::Health;

/// Entries of a mean that a row shows unless its component is pointed out.
const FEW: usize = 4;

/// From so many rows on the counts of points are long.
const LARGE: usize = 10_000;

/// The table under its heading. A press on a letter points the component out.
#[component]
pub fn ComponentTable() -> impl IntoView {
    let desk = use_desk();
    let extra = Memo::new(move |_| desk.view.with(|v| v.extra.clone()));
    let many = move || desk.data.with(|d| d.fitted.len() > 2) || !extra.get().is_empty();
    let large = move || desk.data.with(|d| d.n_fitted >= LARGE);
    let noisy = Memo::new(move |_| desk.view.with(|v| v.noise.is_some()));
    view! {
        <section class="part">
            <h2 id="components-title">"Components"</h2>
            <table class="components" class:many=flag(many) class:large=flag(large)
                aria-labelledby="components-title">
                <thead>
                    <tr>
                        <th scope="col"><span class="unseen">"Component"</span></th>
                        <th scope="col">"Weight"</th>
                        <th scope="col">"Mean"</th>
                        <th scope="col" title="Standard deviations; correlation ρ of the two axes of the map">"Covariance"</th>
                        <th scope="col">"Points"</th>
                        {part(move || {
                            let extra = extra.get();
                            let (name, short) = (extra.clone(), symbol(&extra));
                            (!extra.is_empty()).then(|| view! {
                                <th scope="col" title=name>
                                    <span aria-hidden="true">{short}</span>
                                    <span class="unseen">{extra}</span>
                                </th>
                            })
                        })}
                        <th scope="col">"Health"</th>
                    </tr>
                </thead>
                <tbody>
                    {part(move || {
                        let rows = 0..desk.n_components.get();
                        let extra = !extra.get().is_empty();
                        let row = |i| view! { <ComponentRow i=i extra=extra /> }.into_any();
                        Some(rows.map(row).collect::<Vec<_>>())
                    })}
                    {part(move || noisy.get().then(|| view! { <NoiseRow /> }))}
                </tbody>
            </table>
            <p class="fine health-detail">{words(move || desk.view.with(|v| v.needed.clone()))}</p>
            <p class="fine health-detail">{words(move || detail(desk))}</p>
            <Edits />
        </section>
    }
}

#[component]
fn ComponentRow(
    /// Which component.
    i: usize,
    /// Has the model a column of its own?
    extra: bool,
) -> impl IntoView {
    let desk = use_desk();
    let selected = move || desk.selected.get() == Some(i);
    let cell = move |of: fn(&ComponentView, usize) -> String| {
        words(move || {
            let most = if selected() { usize::MAX } else { FEW };
            desk.view
                .with(|v| v.components.get(i).map(|c| of(c, most)).unwrap_or_default())
        })
    };
    let health = move || {
        desk.view
            .with(|v| v.components.get(i).map_or(Health::Good, |c| c.health))
    };
    let look = move || identity(i, desk.theme.plot());
    view! {
        <tr class:selected=flag(selected)>
            <th scope="row">
                <button
                    class="badge"
                    style:background-color=words(move || Rgba::from(look().fill).css())
                    style:color=words(move || Rgba::from(look().on_fill).css())
                    aria-pressed=words(move || selected().to_string())
                    on:click=press(move || desk.toggle_selected(i))
                >
                    {letter(i)}
                </button>
            </th>
            <td>{cell(|c, _| format::fixed(c.weight, 3))}</td>
            <td>{cell(means)}</td>
            <td>
                {cell(deviations)}
                <span class="rho">{cell(|c, _| correlation(c))}</span>
            </td>
            <td>{cell(|c, _| points(c.points))}</td>
            {extra.then(|| view! { <td>{cell(|c, _| extra_number(c))}</td> }.into_any())}
            <td class=words(move || health_class(health()))>{words(move || health().word())}</td>
        </tr>
    }
}

/// The component of constant density: weight and points are all it has.
#[component]
fn NoiseRow() -> impl IntoView {
    let desk = use_desk();
    let cell = move |of: fn([f64; 2]) -> String| {
        words(move || desk.view.with(|v| v.noise.map(of).unwrap_or_default()))
    };
    view! {
        <tr>
            <th scope="row">"noise"</th>
            <td>{cell(|[weight, _]| format::fixed(weight, 3))}</td>
            <td colspan="2"></td>
            <td>{cell(|[_, n]| points(n))}</td>
            <td></td>
        </tr>
    }
}

/// What can be done by hand to the component that is pointed out.
#[component]
fn Edits() -> impl IntoView {
    let desk = use_desk();
    // The component and its nearest.
    let pair = Memo::new(move |_| {
        let a = desk.selected.get()?;
        desk.view.with(|v| Some((a, v.components.get(a)?.nearest)))
    });
    // Other letters on the buttons leave them, and the focus on them, in place.
    let offered = Memo::new(move |_| {
        let (_, b) = pair.get()?;
        let can_split = desk.view.with(|v| v.can_split);
        (can_split || b.is_some()).then_some((can_split, b.is_some()))
    });
    let names = move || pair.get().map(|(a, b)| (letter(a), b.map(letter)));
    let split = move || {
        if let Some((a, _)) = pair.get_untracked() {
            desk.send(Command::Split(a));
        }
    };
    let merge = move || {
        if let Some((a, Some(b))) = pair.get_untracked() {
            desk.send(Command::Merge(a, b));
            desk.selected.set(Some(a.min(b)));
        }
    };
    let split_name = move || names().map_or_else(String::new, |(a, _)| ["Split ", &a].concat());
    let merge_name = move || match names() {
        Some((a, Some(b))) => ["Merge ", &a, " with ", &b].concat(),
        _ => String::new(),
    };
    let button = move |on_press: Box<dyn FnMut(MouseEvent)>, name: Words| {
        view! { <button on:click=on_press>{name}</button> }.into_any()
    };
    part(move || {
        let (splits, merges) = offered.get()?;
        Some(view! {
            <div class="edits">
                {splits.then(|| button(press(split), words(split_name)))}
                {merges.then(|| button(press(merge), words(merge_name)))}
            </div>
        })
    })
}

/// What a column of this name is headed with, for want of room.
fn symbol(extra: &str) -> &'static str {
    match extra {
        "Degrees of freedom" => "ν",
        "Concentration" => "α",
        "Stick" => "stick",
        _ => "stays",
    }
}

fn extra_number(component: &ComponentView) -> String {
    component
        .extra
        .map(|number| format::significant(number, 3))
        .unwrap_or_default()
}

fn means(component: &ComponentView, most: usize) -> String {
    let pairs = component.mean.iter().zip(&component.std).take(most);
    let each = pairs.map(|(&mean, &deviation)| format::beside(mean, deviation));
    format::list(each.chain(rest(component, most)))
}

/// Stands for the entries that are left out.
fn rest(component: &ComponentView, most: usize) -> Option<String> {
    (component.mean.len() > most).then(|| "…".to_owned())
}

fn deviations(component: &ComponentView, most: usize) -> String {
    let each = component.std.iter().take(most);
    let each = each.map(|&d| format::significant(d, 2));
    format!("σ\u{a0}{}", format::list(each.chain(rest(component, most))))
}

fn health_class(health: Health) -> &'static str {
    match health {
        Health::Good => "health",
        Health::Thin | Health::Flat => "health warn",
        Health::Collapsed | Health::Empty => "health bad",
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
        let ailing = |i: &usize| {
            v.components
                .get(*i)
                .is_some_and(|c| !c.health_detail.is_empty())
        };
        selected
            .filter(ailing)
            .or_else(|| (0..v.components.len()).find(ailing))
            .and_then(|i| {
                Some(format!(
                    "{}: {}",
                    letter(i),
                    v.components.get(i)?.health_detail
                ))
            })
            .unwrap_or_default()
    })
}
