//! What is shown, for others: a link, a code for the camera, a frame for a page, and what a class is
//! not to touch.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

use super::address::looks;
use super::closures::{follow, part, press, typed, words};
use super::help::dialog;
use super::state::use_desk;
use crate::later::{Part, later};
use crate::session::link::{Controls, GROUPS, read, write_looks};

/// Letters of a link of which a code can still be read from a projector.
const MOST_LETTERS: usize = 900;

/// The dialog.
#[component]
pub fn Share() -> impl IntoView {
    dialog(use_desk().share, "Share", Part::Link, share)
}

/// The address with this after its `#`.
fn address(text: &str) -> String {
    let here = window().location().href().unwrap_or_default();
    let page = here.split('#').next().unwrap_or_default();
    format!("{page}#{text}")
}

fn copy(text: &str) {
    let _ = window().navigator().clipboard().write_text(text);
}

/// What becomes of a group of controls for a class.
#[derive(Clone, Copy, PartialEq)]
struct Class {
    hide: Controls,
    lock: Controls,
}

later! { Link 50:
    fn share() -> AnyView {
        let desk = use_desk();
        // Asked for anew whenever it is opened: nothing may have been asked before.
        follow(move || {
            if desk.share.get() {
                desk.with_client(|client| client.ask_for_link());
            }
        });
        let own = looks(desk);
        let class = RwSignal::new_local(Class { hide: own.hide, lock: own.lock });
        let link = move || {
            let text = desk.link.get();
            let Class { hide, lock } = class.get();
            // The page's own keys come last, as it wrote them.
            let mut looks = read(&text).0.looks;
            let worn = write_looks(&looks);
            (looks.hide, looks.lock) = (hide, lock);
            let bare = text.strip_suffix(&worn).unwrap_or(&text);
            address(&(bare.to_owned() + &write_looks(&looks)))
        };
        let copied = RwSignal::new(String::new());
        let copy_link = move || {
            copy(&untrack(link));
            copied.set("The link is copied.".to_owned());
        };
        follow(move || {
            if desk.copy.get() && !desk.link.get().is_empty() {
                desk.copy.set(false);
                copy_link();
            }
        });
        follow(move || {
            if !desk.share.get() {
                copied.set(String::new());
            }
        });
        let frame = move || {
            let source = link() + if link().contains("&ui=embed") { "" } else { "&ui=embed" };
            let source = source.replace('&', "&amp;");
            format!("<iframe src=\"{source}\" title=\"Mixscope\" width=\"960\" height=\"640\" loading=\"lazy\"></iframe>")
        };
        let copy_frame = move || {
            copy(&untrack(frame));
            copied.set("The frame is copied.".to_owned());
        };
        view! {
            <div class="share">
                <p class="fine">"The link leads to exactly this half-step, with the same numbers on every device. It holds the settings and, up to 300 rows, your own data; a larger file is named and asked for. Nothing is sent anywhere."</p>
                <div class="share-row">
                    <input type="text" readonly aria-label="Link" prop:value=words(link) />
                    <button class="primary" on:click=press(copy_link)>"Copy link"</button>
                </div>
                <output class="fine" aria-label="Copied" aria-live="polite">{words(move || copied.get())}</output>
                {part(move || Some(code(&link())))}
                <h2>"In a page of your own"</h2>
                <div class="share-row">
                    <input type="text" readonly aria-label="Frame" prop:value=words(frame) />
                    <button on:click=press(copy_frame)>"Copy frame"</button>
                </div>
                <h2>"For a class"</h2>
                <p class="fine">"What whoever follows the link can see and use."</p>
                <div class="share-groups">
                    {GROUPS.iter().enumerate().map(|(group, name)| choice(class, group, name)).collect_view()}
                </div>
            </div>
        }
        .into_any()
    }
}

fn choice(class: RwSignal<Class, LocalStorage>, group: usize, name: &'static str) -> AnyView {
    let pick = move |word: String| {
        class.update(|class| {
            let without = |controls: Controls| {
                let others = (0..GROUPS.len()).filter(|g| *g != group && controls.has(*g));
                others.fold(Controls::default(), Controls::with)
            };
            (class.hide, class.lock) = (without(class.hide), without(class.lock));
            match word.as_str() {
                "hidden" => class.hide = class.hide.with(group),
                "locked" => class.lock = class.lock.with(group),
                _ => {}
            }
        });
    };
    let now = class.with_untracked(
        |class| match (class.hide.has(group), class.lock.has(group)) {
            (true, _) => "hidden",
            (_, true) => "locked",
            _ => "as usual",
        },
    );
    let option = |word: &'static str| view! { <option selected=word == now>{word}</option> };
    view! {
        <label>
            <span>{name}</span>
            <select aria-label=format!("Class: {name}") on:change=typed(pick)>
                {["as usual", "locked", "hidden"].map(option).collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// A code for cameras, drawn as one path of squares; or why there is none.
fn code(link: &str) -> AnyView {
    let code = match link.len() <= MOST_LETTERS {
        true => QrCode::encode_text(link, QrCodeEcc::Low).ok(),
        false => None,
    };
    let Some(code) = code else {
        return view! { <p class="fine">"The link is too long for a code that a camera reads well."</p> }
            .into_any();
    };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|&x| code.get_module(x, y)) {
            path += &format!("M{x} {y}h1v1h-1z");
        }
    }
    // Four squares of quiet around it, as the standard asks.
    let frame = format!("-4 -4 {} {}", size + 8, size + 8);
    view! {
        <svg class="code" viewBox=frame role="img" aria-label="QR code of the link">
            <rect x="-4" y="-4" width="100%" height="100%" fill="#fff"></rect>
            <path d=path fill="#000" shape-rendering="crispEdges"></path>
        </svg>
    }
    .into_any()
}
