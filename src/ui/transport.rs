//! The transport bar: where in the run we are, and every way to move.

use leptos::prelude::*;

use super::closures::{flag, mark, press, typed, words};
use super::controls::{Field, Icon, Kind};
use super::format;
use super::state::{Desk, use_desk};
use crate::digits::Brief;
use crate::mixture::elementary::ln;
use crate::session::{Command, Phase, Status};

const FIRST: &str = "M2 3h2v10H2zM14 3v10L5 8z";
const BACK: &str = "M12 3v10L4 8z";
const LAST: &str = "M12 3h2v10h-2zM2 3v10l9-5z";
const PLAY: &str = "M4 2.5v11L13.5 8z";
const PAUSE: &str = "M4 3h3v10H4zM9 3h3v10H9z";

/// The bar. On a phone its keys are pinned to the lower edge; the rest flows under the map.
#[component]
pub fn Transport() -> impl IntoView {
    view! {
        <section class="transport" aria-label="Transport">
            <Keys />
            <Speed />
            <Readout />
            <Starts />
        </section>
    }
}

#[component]
fn Keys() -> impl IntoView {
    let desk = use_desk();
    let playing = move || desk.view.with(|v| v.status == Status::Running);
    let play_or_pause = move || if playing() { "Pause" } else { "Play" };
    let at_start = move || desk.view.with(|v| v.position == 0);
    let at_end = move || desk.view.with(|v| v.position == v.last);
    let e_is_due = move || desk.view.with(|v| v.phase != Phase::E);
    view! {
        <div class="keys">
            <div class="group">
                <button aria-label="First" title="To the start (Home)" aria-disabled=mark(at_start)
                    on:click=press(move || desk.send(Command::First))>
                    <Icon d=FIRST />
                </button>
                <button aria-label="Back" title="Back a half-step (←)" aria-disabled=mark(at_start)
                    on:click=press(move || desk.send(Command::Back))>
                    <Icon d=BACK />
                </button>
                <button aria-label="Last" title="To the newest half-step (End)" aria-disabled=mark(at_end)
                    on:click=press(move || desk.send(Command::Last))>
                    <Icon d=LAST />
                </button>
            </div>
            <button
                class="primary play"
                aria-label=words(play_or_pause)
                title="Play or pause (Space)"
                on:click=press(move || desk.play_or_pause())
            >
                <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                    <path d=words(move || if playing() { PAUSE } else { PLAY }) />
                </svg>
                <span class="wide">{words(play_or_pause)}</span>
            </button>
            <div class="group">
                <button aria-label="E-step" title="Share the points out (E)" class:next=flag(e_is_due)
                    on:click=press(move || desk.send(Command::EStep))>
                    <span class="wide">"E-step"</span><span class="narrow">"E"</span>
                </button>
                <button aria-label="M-step" title="Move the components (M)"
                    class:next=flag(move || !e_is_due())
                    on:click=press(move || desk.send(Command::MStep))>
                    <span class="wide">"M-step"</span><span class="narrow">"M"</span>
                </button>
                <button aria-label="Step" title="A full iteration (Shift+→)"
                    on:click=press(move || desk.send(Command::Step))>
                    "Step"
                </button>
            </div>
            <button aria-label="Run to convergence" class="run"
                on:click=press(move || desk.send(Command::RunToConvergence))>
                <span class="wide">"Run to convergence"</span><span class="narrow">"Run"</span>
            </button>
        </div>
    }
}

/// Speeds double from stop to stop; the last one is as fast as they come.
const STOPS: u32 = 8;

fn speed_at(stop: u32) -> f64 {
    if stop >= STOPS {
        0.0
    } else {
        0.5 * f64::from(1 << stop)
    }
}

fn stop_of(speed: f64) -> u32 {
    if speed <= 0.0 {
        return STOPS;
    }
    let stop = (ln(speed / 0.5) * std::f64::consts::LOG2_E).round();
    stop.clamp(0.0, f64::from(STOPS - 1)) as u32
}

#[component]
fn Speed() -> impl IntoView {
    let desk = use_desk();
    let speed = move || desk.view.with(|v| v.speed);
    let long = move || match speed() {
        s if s <= 0.0 => "as fast as they come".to_owned(),
        1.0 => "1 half-step a second".to_owned(),
        s => format!("{} half-steps a second", Brief(s)),
    };
    let short = move || match speed() {
        s if s <= 0.0 => "max".to_owned(),
        s => format!("{}/s", Brief(s)),
    };
    view! {
        <div class="speed">
            <label for="speed">"Speed"</label>
            <input
                id="speed"
                type="range"
                min="0"
                max=STOPS.to_string()
                step="1"
                prop:value=words(move || stop_of(speed()).to_string())
                aria-valuetext=words(long)
                on:input=typed(move |stop| {
                    if let Ok(stop) = stop.parse() {
                        desk.send(Command::SetSpeed(speed_at(stop)));
                    }
                })
            />
            <span class="speed-words" aria-hidden="true">{words(short)}</span>
        </div>
    }
}

/// What follows the number of the iteration.
pub fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Start => "at the start",
        Phase::E => "after E-step",
        Phase::M => "after M-step",
    }
}

#[component]
fn Readout() -> impl IntoView {
    let desk = use_desk();
    view! {
        <p class="readout">
            <b>"Iteration "</b>
            <output aria-label="Iteration" aria-live="off">
                <b>{words(move || desk.view.with(|v| format::count(v.iteration)))}</b>
                " "
                <span>{words(move || desk.view.with(|v| phase_words(v.phase)))}</span>
            </output>
        </p>
    }
}

#[component]
fn Starts() -> impl IntoView {
    let desk = use_desk();
    view! {
        <div class="starts">
            <label for="seed">"Seed"</label>
            <Field
                id="seed"
                kind=Kind::Whole("0", "9007199254740991")
                value=Signal::derive(move || desk.settings.with(|s| s.seed.to_string()))
                on_commit=move |typed: String| commit_seed(desk, &typed)
            />
            <div class="group">
                <button title="Again from this seed (R)" on:click=press(move || desk.send(Command::SameStart))>
                    "Same start"
                </button>
                <button title="Again from the next seed (N)" on:click=press(move || desk.send(Command::NewStart))>
                    "New start"
                </button>
            </div>
        </div>
    }
}

fn commit_seed(desk: Desk, typed: &str) -> bool {
    match typed.parse() {
        Ok(seed) => {
            desk.send(Command::SetSeed(seed));
            true
        }
        Err(_) => {
            desk.report(
                format!("Seed: “{typed}” is not a whole number from 0 on."),
                "Any whole number will do; the same one gives the same start.",
            );
            false
        }
    }
}
