//! The top line: whose page this is, and what concerns all of it.

use leptos::prelude::*;

use super::closures::{mark, press, words};
use super::controls::Icon;
use super::state::use_desk;
use crate::session::Command;

/// Mark and name; undo, redo, what goes out, theme and help.
#[component]
pub fn Header() -> impl IntoView {
    let desk = use_desk();
    let theme = desk.theme;
    view! {
        <header class="top">
            <svg class="mark" viewBox="0 0 32 24" aria-hidden="true">
                <ellipse class="mark-b" cx="20" cy="9.5" rx="9" ry="6.5" transform="rotate(28 20 9.5)" />
                <ellipse class="mark-a" cx="12" cy="13.5" rx="9.5" ry="6" transform="rotate(-24 12 13.5)" />
            </svg>
            <h1>"Mixscope"</h1>
            <p class="motto">"watch EM think"</p>
            <div class="top-tools">
                <button
                    class="quiet square"
                    aria-label="Undo"
                    title="Undo (Ctrl+Z)"
                    aria-disabled=mark(move || desk.view.with(|v| !v.can_undo))
                    on:click=press(move || desk.send(Command::Undo))
                >
                    <Icon d="M6 2v3h3.5a4.5 4.5 0 0 1 0 9H5v-1.6h4.5a2.9 2.9 0 0 0 0-5.8H6v3L1.5 5.8z" />
                </button>
                <button
                    class="quiet square"
                    aria-label="Redo"
                    title="Redo (Ctrl+Y)"
                    aria-disabled=mark(move || desk.view.with(|v| !v.can_redo))
                    on:click=press(move || desk.send(Command::Redo))
                >
                    <Icon d="M10 2v3H6.5a4.5 4.5 0 0 0 0 9H11v-1.6H6.5a2.9 2.9 0 0 1 0-5.8H10v3l4.5-3.8z" />
                </button>
                <button
                    class="quiet"
                    aria-label="Share"
                    title="A link to exactly this (U)"
                    on:click=press(move || desk.share.set(true))
                >
                    <Icon d="M10 1.5v3C4.5 5 2 8.5 1.5 13.5 3.5 10.5 6 9.5 10 9.5v3L15 7z" />
                    <span class="theme-word">"Share"</span>
                </button>
                <button
                    class="quiet"
                    aria-label="Export"
                    title="The model, the rows, scripts"
                    on:click=press(move || desk.export.set(true))
                >
                    <Icon d="M7.2 1.5h1.6v6.2l2.3-2.3 1.1 1.1L8 10.7 3.8 6.5l1.1-1.1 2.3 2.3zM2 12.4h12V14H2z" />
                    <span class="theme-word">"Export"</span>
                </button>
                <button
                    class="quiet"
                    aria-label=words(move || format!("Theme: {}", theme.choice.get().word()))
                    title="Light, dark, or as the system says"
                    on:click=press(move || theme.turn())
                >
                    <Icon d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 3v10A5 5 0 0 1 8 3z" />
                    <span class="theme-word">{words(move || theme.choice.get().word())}</span>
                </button>
                <button
                    class="quiet square"
                    aria-label="Help"
                    title="Keys (?)"
                    on:click=press(move || desk.help.set(true))
                >
                    "?"
                </button>
            </div>
        </header>
    }
}
