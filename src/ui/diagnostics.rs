//! What the fit tells: the objective as one large number, its relatives, and the status in words.

use leptos::prelude::*;

use super::closures::{part, press, words};
use super::component_table::ComponentTable;
use super::curve::Curve;
use super::format;
use super::heat_map::HeatMap;
use super::state::use_desk;
use crate::fit::Precision;
use crate::session::{Command, Status, View};

/// Milliseconds an iteration that are worth a word.
const LONG: f64 = 8.0;

/// The right-hand column.
#[component]
pub fn Diagnostics() -> impl IntoView {
    view! {
        <section class="diagnostics" aria-label="Diagnostics">
            <Figures />
            <StatusLine />
            <Curve />
            <ComponentTable />
            <HeatMap />
        </section>
    }
}

#[component]
fn Figures() -> impl IntoView {
    view! {
        <div class="figures">
            <Figure name="Log-likelihood" large=true number=|v| format::fixed(v.log_likelihood, 3) />
            <Figure name="Log-likelihood per point" label="per point"
                number=|v| format::fixed(v.log_likelihood_per_point, 4) />
            <Figure name="BIC" number=|v| format::fixed(v.bic, 2) />
            <Figure name="AIC" number=|v| format::fixed(v.aic, 2) />
        </div>
    }
}

#[component]
fn Figure(
    /// Its accessible name.
    name: &'static str,
    /// What is shown above it, if not the name.
    #[prop(optional)]
    label: Option<&'static str>,
    /// Is it the one large number?
    #[prop(optional)]
    large: bool,
    /// Where it comes from.
    number: fn(&View) -> String,
) -> impl IntoView {
    let desk = use_desk();
    view! {
        <div class="figure" class:large=large>
            <span class="figure-label" aria-hidden="true">{label.unwrap_or(name)}</span>
            // Changes many times a second while it plays: the caption does the talking.
            <output aria-label=name aria-live="off">{words(move || desk.view.with(number))}</output>
        </div>
    }
}

/// What would make long iterations shorter.
#[component]
fn Offer() -> impl IntoView {
    let desk = use_desk();
    let helps = Memo::new(move |_| {
        let long = desk.effort.get().milliseconds > LONG;
        long && desk
            .view
            .with(|v| v.can_be_fast && v.settings.precision == Precision::Exact)
    });
    let offer = move || {
        view! {
            <p class="fine">
                "In single precision an iteration takes less than half as long; double precision then finishes the fit. "
                <button on:click=press(move || desk.send(Command::SetPrecision(Precision::Fast)))>
                    "Use Fast"
                </button>
            </p>
        }
    };
    part(move || helps.get().then(offer))
}

#[component]
fn StatusLine() -> impl IntoView {
    let desk = use_desk();
    let status = move || desk.view.with(|v| v.status);
    let detail = move || desk.view.with(|v| v.status_detail.clone());
    let effort = move || {
        let effort = desk.effort.get();
        format::effort(effort.milliseconds, effort.workers)
    };
    let class = move || match status() {
        Status::Ready | Status::Paused => "chip",
        Status::Running => "chip busy-chip",
        Status::Converged => "chip good",
        Status::StillClimbing | Status::Plateau | Status::FellByFloor | Status::IterationLimit => {
            "chip warn"
        }
        Status::Collapsed | Status::Spurious => "chip bad",
    };
    view! {
        <div class="status">
            <output class=words(class) aria-label="Status">{words(move || status().words())}</output>
            " "
            <output class="fine" aria-label="Time of an iteration" aria-live="off">{words(effort)}</output>
            <p class="status-detail">{words(detail)}</p>
            <Offer />
        </div>
    }
}
