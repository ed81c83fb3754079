//! The past on the timeline: what happened, and what else the start has led to.

use leptos::prelude::*;

use super::closures::{press, words};
use super::controls::Choice;
use super::paint::{self, Look};
use super::painter;
use super::state::{Desk, use_desk};
use super::surface::Surface;
use crate::digits::Brief;
use crate::later::later;
use crate::plot::{Chart, Climb, Progress, Trajectories};
use crate::session::{BranchView, Command, Event, EventKind, Past};

later! { Past 1:
    /// The past as the worker packed it.
    pub fn unpack(bytes: &[u8]) -> Option<Past> {
        postcard::from_bytes(bytes).ok()
    }
}

later! { Past 2:
    /// A mark for each event and a line for each branch, all of them buttons.
    pub fn marks() -> AnyView {
        let desk = use_desk();
        let stage = desk.stage();
        let past = stage.past();
        let branches = past.branches.iter().enumerate().map(|(row, b)| branch(desk, row, b));
        let events = past.events.iter().map(|e| event(desk, e));
        let end = move || {
            let last = desk.view.with(|v| v.last);
            desk.stage().end(last).to_string()
        };
        view! {
            <ul class="past" aria-label="Events and branches" style:--end=words(end)>
                {branches.collect_view()}
                {events.collect_view()}
            </ul>
        }
        .into_any()
    }
}

later! { Past 3:
    /// Paints the climb otherwise than as a curve by iteration.
    pub fn paint(surface: &Surface, look: &Look<'_>, climb: Climb) {
        let style = look.style(surface);
        let scene = match climb {
            Climb::Parameters => trajectories(look).scene(surface.width, surface.height, style),
            _ => chart(surface, look, climb).scene(),
        };
        painter::paint(&scene, &surface.context, surface.ratio);
    }
}

later! { Past 4:
    /// The half-step under a position on that picture.
    pub fn half_step_at(surface: &Surface, look: &Look<'_>, climb: Climb, x: f64) -> Option<usize> {
        let style = look.style(surface);
        match climb {
            Climb::Parameters => trajectories(look).half_step_at(x, surface.width, style),
            _ => chart(surface, look, climb).half_step_at(x),
        }
    }
}

fn trajectories<'a>(look: &'a Look) -> Trajectories<'a> {
    Trajectories {
        trace: look.trace,
        position: look.view.position,
        titles: paint::titles(&look.view.data),
    }
}

fn chart(surface: &Surface, look: &Look, climb: Climb) -> Chart {
    let progress = Progress {
        values: &paint::objective(look.trace),
        milliseconds: look.milliseconds,
        bounds: &look.past.bounds,
        position: look.view.position,
    };
    let style = look.style(surface);
    Chart::new(&progress, climb, surface.width, surface.height, style)
}

/// The words of the looks, and the looks.
const LOOKS: [(&str, Option<Climb>); 5] = [
    ("by iteration", None),
    ("by time", Some(Climb::Time)),
    ("to its limit", Some(Climb::Distance)),
    ("bound and gap", Some(Climb::Bound)),
    ("parameters", Some(Climb::Parameters)),
];

later! { Past 5:
    /// The box in which one chooses how to look at the climb.
    pub fn looks() -> AnyView {
        let desk = use_desk();
        let value = |nth: usize| nth.to_string();
        let options: Vec<(String, String)> = LOOKS
            .iter()
            .enumerate()
            .map(|(nth, (words, _))| (value(nth), (*words).to_owned()))
            .collect();
        let chosen = move || {
            let climb = desk.climb.get();
            LOOKS.iter().position(|(_, look)| *look == climb).unwrap_or(0)
        };
        let pick = move |nth: String| {
            let look = nth.parse().ok().and_then(|nth: usize| LOOKS.get(nth));
            let climb = look.and_then(|(_, climb)| *climb);
            desk.look_at_climb(climb);
        };
        view! {
            <span class="looks">
                <Choice id="looks" name="Curve" options=Signal::stored(options)
                    value=Signal::derive(move || value(chosen())) on_pick=pick />
            </span>
        }
        .into_any()
    }
}

later! { Past 6:
    /// What the half-step did to bound and gap, in words.
    pub fn explained() -> AnyView {
        let desk = use_desk();
        let text = move || {
            desk.bounds.track();
            desk.stage().past().explained.clone()
        };
        view! { <p class="fine"><output aria-label="Bound and gap" aria-live="off">{words(text)}</output></p> }
            .into_any()
    }
}

/// "iteration 7, after E-step" of a half-step.
fn place(half_step: usize) -> String {
    match (half_step, half_step.div_ceil(2)) {
        (0, _) => "start".to_owned(),
        (h, iteration) if h % 2 == 1 => format!("iteration {iteration}, after E-step"),
        (_, iteration) => format!("iteration {iteration}, after M-step"),
    }
}

fn event(desk: Desk, event: &Event) -> AnyView {
    let at = event.at;
    let kind = match event.kind {
        EventKind::Restart | EventKind::Change | EventKind::Reassignment => "event",
        EventKind::Fall | EventKind::Stop => "event warn",
        EventKind::Collapse | EventKind::Empty => "event bad",
        EventKind::Converged => "event good",
    };
    let name = format!("{}, {}: {}", event.kind.words(), place(at), event.words);
    view! {
        <li>
            <button
                class=kind
                style:--at=at.to_string()
                aria-label=name.clone()
                title=name
                on:click=press(move || desk.send(Command::Seek(at)))
            ></button>
        </li>
    }
    .into_any()
}

/// Lines of branches are drawn so many above one another before they begin anew.
const ROWS: usize = 3;

fn branch(desk: Desk, row: usize, branch: &BranchView) -> AnyView {
    let (nth, from, last) = (branch.nth, branch.from, branch.last);
    let objective = branch.objectives.last().copied().unwrap_or(f64::NAN);
    let name = format!(
        "Branch from {} to {}: {}; its objective is {}. Go back to it",
        place(from),
        place(last),
        branch.words,
        Brief(objective)
    );
    let take = move || {
        desk.send(Command::TakeBranch(nth));
        // The button goes away with the branch.
        if let Ok(Some(slider)) = document().query_selector(".timeline input") {
            use wasm_bindgen::JsCast;
            let _ = slider.unchecked_into::<web_sys::HtmlElement>().focus();
        }
    };
    view! {
        <li>
            <button
                class="branch"
                style:--at=from.to_string()
                style:--to=last.to_string()
                style:--row=(row % ROWS).to_string()
                aria-label=name.clone()
                title=name
                on:click=press(take)
            ></button>
        </li>
    }
    .into_any()
}
