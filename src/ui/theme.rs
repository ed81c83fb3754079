//! Light or dark: as the system says, until a person says otherwise.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::closures::follow;
use crate::plot;

const STORED_AS: &str = "mixscope.theme";

/// What was chosen with the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Follow the system.
    Auto,
    /// Paper.
    Light,
    /// A dark room.
    Dark,
}

impl Choice {
    /// The word on the switch.
    pub fn word(self) -> &'static str {
        match self {
            Choice::Auto => "auto",
            Choice::Light => "light",
            Choice::Dark => "dark",
        }
    }

    fn next(self) -> Choice {
        match self {
            Choice::Auto => Choice::Light,
            Choice::Light => Choice::Dark,
            Choice::Dark => Choice::Auto,
        }
    }
}

/// The theme of the page: the choice and what it comes to.
#[derive(Clone, Copy)]
pub struct Theme {
    /// What was chosen.
    pub choice: RwSignal<Choice>,
    system_dark: RwSignal<bool>,
}

impl Theme {
    /// Reads the stored choice and follows the system from here on.
    pub fn start() -> Theme {
        let stored = storage().and_then(|s| s.get_item(STORED_AS).ok().flatten());
        let choice = match stored.as_deref() {
            Some("light") => Choice::Light,
            Some("dark") => Choice::Dark,
            _ => Choice::Auto,
        };
        let query = window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten();
        let theme = Theme {
            choice: RwSignal::new(choice),
            system_dark: RwSignal::new(query.as_ref().is_some_and(|q| q.matches())),
        };
        if let Some(query) = query {
            let followed = query.clone();
            let on_change = Closure::<dyn Fn()>::new(move || {
                theme.system_dark.try_set(followed.matches());
            });
            let _ = query
                .add_event_listener_with_callback("change", on_change.as_ref().unchecked_ref());
            on_change.forget(); // listens as long as the page lives
        }
        // The style sheets know the attribute; without it they follow the system themselves.
        follow(move || {
            let Some(root) = document().document_element() else {
                return;
            };
            let _ = match theme.choice.get() {
                Choice::Auto => root.remove_attribute("data-theme"),
                chosen => root.set_attribute("data-theme", chosen.word()),
            };
        });
        theme
    }

    /// What it comes to now, as the canvases know it. Tracked.
    pub fn plot(self) -> plot::Theme {
        let dark = match self.choice.get() {
            Choice::Auto => self.system_dark.get(),
            chosen => chosen == Choice::Dark,
        };
        if dark {
            plot::Theme::Dark
        } else {
            plot::Theme::Light
        }
    }

    /// What was chosen: dark, light, or as the system says.
    pub fn chosen(self) -> Option<bool> {
        match self.choice.get_untracked() {
            Choice::Auto => None,
            chosen => Some(chosen == Choice::Dark),
        }
    }

    /// As a link says, as long as this page lasts.
    pub fn choose(self, dark: bool) {
        self.choice.set(match dark {
            true => Choice::Dark,
            false => Choice::Light,
        });
    }

    /// On to the next choice, and remembers it.
    pub fn turn(self) {
        let next = self.choice.get_untracked().next();
        self.choice.set(next);
        if let Some(storage) = storage() {
            let _ = match next {
                Choice::Auto => storage.remove_item(STORED_AS),
                chosen => storage.set_item(STORED_AS, chosen.word()),
            };
        }
    }
}

/// Storage may be denied; then the choice lasts as long as the page.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
