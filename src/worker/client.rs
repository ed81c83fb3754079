//! Temporary stand-in with the real client's signature: answers from `ui::fixture`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::plot::{Picture, PictureRequest};
use crate::session::{Command, View};
use crate::ui::fixture::Fixture;

/// What the worker says.
pub enum FromWorker {
    /// It stands.
    Ready,
    /// A half-step to show.
    View(Box<View>),
    /// Pixels.
    Picture {
        /// Without its points.
        picture: Picture,
        /// Width * height * 4 RGBA.
        points: js_sys::Uint8ClampedArray,
    },
    /// A long job.
    Busy(String),
    /// Died and was replaced.
    Restarted(String),
}

/// The page's end.
#[derive(Clone)]
pub struct Client {
    fixture: Rc<RefCell<Fixture>>,
    on_message: Rc<dyn Fn(FromWorker)>,
}

impl Client {
    /// Connects.
    pub fn connect(on_message: impl Fn(FromWorker) + 'static) -> Client {
        let client = Client {
            fixture: Rc::new(RefCell::new(Fixture::new())),
            on_message: Rc::new(on_message),
        };
        let later = client.clone();
        leptos::prelude::set_timeout(
            move || {
                (later.on_message)(FromWorker::Ready);
                let view = later.fixture.borrow_mut().view();
                (later.on_message)(FromWorker::View(Box::new(view)));
            },
            std::time::Duration::from_millis(30),
        );
        let ticking = client.clone();
        leptos::prelude::set_interval(
            move || {
                let view = ticking.fixture.borrow_mut().tick();
                if let Some(view) = view {
                    (ticking.on_message)(FromWorker::View(Box::new(view)));
                }
            },
            std::time::Duration::from_millis(200),
        );
        client
    }

    /// Sends.
    pub fn send(&self, command: Command) {
        let view = self.fixture.borrow_mut().command(command);
        let later = self.clone();
        leptos::prelude::set_timeout(
            move || (later.on_message)(FromWorker::View(Box::new(view))),
            std::time::Duration::from_millis(2),
        );
    }

    /// Opens.
    pub fn open_file(&self, file: web_sys::File) {
        let view = self.fixture.borrow_mut().file(&file.name());
        (self.on_message)(FromWorker::View(Box::new(view)));
    }

    /// Draws.
    pub fn request_picture(&self, request: PictureRequest) {
        let (picture, points) = self.fixture.borrow().picture(&request);
        let points = js_sys::Uint8ClampedArray::from(points.as_slice());
        let later = self.clone();
        leptos::prelude::set_timeout(
            move || (later.on_message)(FromWorker::Picture { picture, points }),
            std::time::Duration::from_millis(5),
        );
    }
}
