//! The page's address: it leads to what is shown, and a link in it is followed. It is replaced, never
//! added to the browser's history.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::closures::follow;
use super::state::Desk;
use crate::later::{Part, later};
use crate::plot::Climb;
use crate::session::link::{Controls, GROUPS, Looks, read, write_looks};
use crate::session::{Command, Status};
use crate::worker::load_then;

/// How long the address waits for the next change: browsers refuse more than a few a second.
const QUIET: Duration = Duration::from_millis(700);

/// Follows the address, and lets it follow the page.
pub fn listen(desk: Desk) {
    let heard = window_event_listener(leptos::ev::hashchange, move |_| open(desk));
    on_cleanup(move || heard.remove());
    open(desk);
    let waits = StoredValue::new(false);
    follow(move || {
        let running = desk.view.with(|v| v.status == Status::Running);
        desk.theme.choice.track();
        desk.climb.track();
        desk.selected.track();
        if desk.is_touched() && !running && !waits.get_value() {
            waits.set_value(true);
            set_timeout(
                move || {
                    waits.try_set_value(false);
                    desk.with_client(|client| client.ask_for_link());
                },
                QUIET,
            );
        }
    });
}

fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Goes where the address leads, if it leads anywhere.
fn open(desk: Desk) {
    let text = hash();
    let text = text.trim_start_matches('#').to_owned();
    if text.is_empty() || desk.link.with_untracked(|link| *link == text) {
        return;
    }
    // Whatever it takes away comes with it: nothing is taken away from the link itself.
    desk.off.set(Controls::default());
    desk.with_client(|client| client.open_link(text.clone()));
    load_then(Part::Link, move |loaded| {
        if loaded.is_ok() {
            look(desk, &text);
        }
    });
}

/// The link of what is shown is here.
pub fn arrived(desk: Desk, text: String) {
    load_then(Part::Link, move |loaded| {
        if loaded.is_ok() {
            follow_to(desk, text);
        }
    });
}

later! { Link 40:
    /// Writes the address, with the page's own keys.
    fn follow_to(desk: Desk, text: String) {
        let text = text + &write_looks(&looks(desk));
        if let Ok(history) = window().history() {
            let address = format!("#{text}");
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
        if desk.link.try_with_untracked(|link| *link != text) == Some(true) {
            desk.link.set(text);
        }
    }
}

/// How the page looks, for a link.
pub fn looks(desk: Desk) -> Looks {
    let asked = read(&hash()).0.looks;
    Looks {
        dark: desk.theme.chosen(),
        climb: match desk.climb.get_untracked() {
            None => 0,
            Some(climb) => 1 + climb as u8,
        },
        selected: desk.selected.get_untracked(),
        // A page that is embedded or locked stays so.
        embed: asked.embed,
        hide: asked.hide,
        lock: asked.lock,
    }
}

/// Where the groups of controls are, in the order of [`GROUPS`].
const PLACES: [&str; GROUPS.len()] = [
    ".setup > :nth-child(1)",
    ".setup > :nth-child(2)",
    ".setup > :nth-child(3)",
    ".starts",
    ".keys, .speed",
    ".timeline",
    ".diagnostics",
];

later! { Link 41:
    /// Makes the page look as a link says.
    fn look(desk: Desk, text: &str) {
        let looks = read(text).0.looks;
        if let Some(dark) = looks.dark {
            desk.theme.choose(dark);
        }
        if let Some(root) = document().document_element() {
            let _ = match looks.embed {
                true => root.set_attribute("data-ui", "embed"),
                false => root.remove_attribute("data-ui"),
            };
        }
        for (group, place) in PLACES.iter().enumerate() {
            let Ok(found) = document().query_selector_all(place) else { continue };
            for nth in 0..found.length() {
                let Some(element) = found.get(nth) else { continue };
                use wasm_bindgen::JsCast;
                let element: HtmlElement = element.unchecked_into();
                element.set_hidden(looks.hide.has(group));
                let _ = element.toggle_attribute_with_force("inert", looks.lock.has(group));
            }
        }
        desk.off.set(looks.hide.and(looks.lock));
        desk.selected.set(looks.selected);
        let climb = usize::from(looks.climb).checked_sub(1);
        let climb = climb.and_then(|nth| Climb::ALL.get(nth).copied());
        if climb.is_some() {
            load_then(Part::Past, move |loaded| {
                if loaded.is_ok() {
                    desk.look_at_climb(climb);
                    desk.past.update(|n| *n += 1);
                }
            });
        }
    }
}

later! { Link 42:
    /// Is a command of a group that was taken away?
    pub fn is_off(off: Controls, command: &Command) -> bool {
        let group = match command {
            Command::OpenBuiltin(_) => "data",
            Command::SetColumns(_)
            | Command::SetAxes { .. }
            | Command::SetMissing(_)
            | Command::SetWeights(_)
            | Command::SetLabels(_)
            | Command::SetSequences(_) => "columns",
            Command::SetComponents(_)
            | Command::SetCovariance(_)
            | Command::SetMethod(..)
            | Command::SetPrecision(_)
            | Command::SetKnob(..)
            | Command::SetInit(_)
            | Command::SetFloor(_)
            | Command::SetStopRule(_)
            | Command::SetTolerance(_)
            | Command::SetMaxIterations(_)
            | Command::FindBest(_)
            | Command::Split(_)
            | Command::Merge(..) => "model",
            Command::SetSeed(_) | Command::SameStart | Command::NewStart => "start",
            Command::EStep
            | Command::MStep
            | Command::Step
            | Command::Forward
            | Command::Back
            | Command::First
            | Command::Last
            | Command::Play
            | Command::Pause
            | Command::RunToConvergence
            | Command::SetSpeed(_) => "steps",
            Command::Seek(_) | Command::TakeBranch(_) => "timeline",
            Command::Undo | Command::Redo => "model",
            Command::Restore { .. } | Command::OpenLink(_) | Command::Explain(_) => return false,
        };
        let group = GROUPS.iter().position(|name| *name == group);
        group.is_some_and(|group| off.has(group))
    }
}
