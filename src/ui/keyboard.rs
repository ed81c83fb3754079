//! The keys of the page; a field that has the focus keeps its own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::state::Desk;
use crate::session::Command;

/// Listens as long as the page lives.
pub fn listen(desk: Desk) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if press(desk, &event) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Who has the focus, as far as keys go.
#[derive(Clone, Copy, PartialEq)]
enum Focus {
    /// Letters, digits and arrows are its own.
    Field,
    /// Arrows, Home and End are its own.
    Slider,
    /// Space and Enter are its own.
    Pressable,
    /// Nothing that minds.
    Free,
}

fn focus(event: &KeyboardEvent) -> Focus {
    let element = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(element) = element else {
        return Focus::Free;
    };
    match element.tag_name().as_str() {
        "INPUT" => match element.get_attribute("type").as_deref() {
            Some("range") => Focus::Slider,
            Some("checkbox") => Focus::Pressable,
            _ => Focus::Field,
        },
        "SELECT" | "TEXTAREA" => Focus::Field,
        "BUTTON" | "SUMMARY" => Focus::Pressable,
        _ => Focus::Free,
    }
}

/// Did the key do something?
fn press(desk: Desk, event: &KeyboardEvent) -> bool {
    let key = event.key();
    let focus = focus(event);
    if key == "Escape" {
        return escape(desk);
    }
    let in_dialog = [desk.help, desk.share, desk.export].map(|open| open.get_untracked());
    if focus == Focus::Field || in_dialog.contains(&true) || event.alt_key() {
        return false;
    }
    if event.ctrl_key() || event.meta_key() {
        let command = match (key.to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => Command::Undo,
            ("y", false) | ("z", true) => Command::Redo,
            _ => return false,
        };
        desk.send(command);
        return true;
    }
    let taken = match key.as_str() {
        " " => focus == Focus::Pressable,
        "ArrowLeft" | "ArrowRight" | "Home" | "End" => focus == Focus::Slider,
        _ => false,
    };
    if taken {
        return false;
    }
    match key.as_str() {
        " " => desk.play_or_pause(),
        "ArrowRight" if event.shift_key() => desk.send(Command::Step),
        "ArrowRight" => desk.send(Command::Forward),
        "ArrowLeft" => desk.send(Command::Back),
        "Home" => desk.send(Command::First),
        "End" => desk.send(Command::Last),
        "e" | "E" => desk.send(Command::EStep),
        "m" | "M" => desk.send(Command::MStep),
        "r" | "R" => desk.send(Command::SameStart),
        "n" | "N" => desk.send(Command::NewStart),
        "+" => desk.add_components(1),
        "-" | "−" => desk.add_components(-1),
        "l" | "L" => desk.next_look(),
        "u" | "U" => {
            desk.copy.set(true);
            desk.share.set(true);
        }
        "?" => desk.help.set(true),
        _ => match key.parse::<usize>() {
            Ok(nth @ 1..=9) => desk.toggle_selected(nth - 1),
            _ => return false,
        },
    }
    true
}

fn escape(desk: Desk) -> bool {
    let dialogs = [desk.help, desk.share, desk.export];
    if dialogs.iter().any(|open| open.get_untracked()) {
        for open in dialogs {
            open.set(false);
        }
    } else if desk.problem.with_untracked(Option::is_some) {
        desk.problem.set(None);
    } else if desk.busy.with_untracked(|what| !what.is_empty()) {
        desk.open_file(None);
    } else if desk.selected.get_untracked().is_some() {
        desk.selected.set(None);
    } else {
        return false;
    }
    true
}
