//! Closures behind one type each.
//!
//! Every closure has a type of its own, and for every type that a view holds the
//! compiler makes another copy of the framework's code. Boxed, they share
//! one copy, and the page is some 15 kB lighter to download.

use leptos::prelude::*;
use web_sys::{Event, MouseEvent};

/// Text that follows what it reads.
pub type Words = Box<dyn FnMut() -> String + Send>;
/// An attribute that is there or not.
pub type Mark = Box<dyn FnMut() -> Option<&'static str> + Send>;
/// A class that is on or off.
pub type Flag = Box<dyn FnMut() -> bool + Send>;
/// A part of the page that follows what it reads.
pub type Part = Box<dyn FnMut() -> AnyView + Send>;

/// Text, for a child or an attribute.
pub fn words<T: Into<String>>(read: impl Fn() -> T + Send + 'static) -> Words {
    Box::new(move || read().into())
}

/// `"true"` while it holds, no attribute otherwise.
pub fn mark(holds: impl Fn() -> bool + Send + 'static) -> Mark {
    Box::new(move || holds().then_some("true"))
}

/// For a class.
pub fn flag(holds: impl Fn() -> bool + Send + 'static) -> Flag {
    Box::new(holds)
}

/// Something, or nothing.
pub fn part<V: IntoAny>(make: impl Fn() -> Option<V> + Send + 'static) -> Part {
    Box::new(move || make().map_or_else(|| ().into_any(), IntoAny::into_any))
}

/// For `on:click`.
pub fn press(mut act: impl FnMut() + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(move |_| act())
}

/// For `on:input` and `on:change`: with the value of the control.
pub fn typed(mut act: impl FnMut(String) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(move |event| act(event_target_value(&event)))
}

/// Runs now and whenever something that it reads has changed.
pub fn follow(act: impl Fn() + 'static) {
    let act: Box<dyn Fn()> = Box::new(act);
    Effect::new(act);
}
