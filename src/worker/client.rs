//! The page's end: it starts the worker, speaks to it, and replaces it if it dies.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Uint8ClampedArray;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use super::connection::Connection;
use super::messages::{Effort, FAILED, READY, Reply, Request, pack, unpack};
use crate::plot::{Picture, PictureRequest};
use crate::session::{Command, View};

/// A worker that dies this often in a row is not replaced again.
const MOST_DEATHS: u32 = 3;

/// Milliseconds after which a death is no longer one in a row.
const LONG_LIFE: f64 = 30_000.0;

/// What the worker says.
pub enum FromWorker {
    /// It stands and takes requests.
    Ready,
    /// The half-step to show.
    View(Box<View>, Effort),
    /// Pixels.
    Picture {
        /// Everything but the points.
        picture: Picture,
        /// Width x height x 4 numbers, straight to image data.
        points: Uint8ClampedArray,
    },
    /// What the past of the run is now, packed: [`Past`](crate::session::Past).
    Past(Vec<u8>),
    /// The link of what is shown, without the page's own keys.
    Link(String),
    /// What was measured of this device so far, packed: see [`Measured`](super::Measured).
    Measured(Vec<u8>),
    /// A long job has begun; empty when it is over.
    Busy(String),
    /// A file that was asked for: its name and its blob.
    File(String, JsValue),
    /// The worker died for the reason given; another one has taken its place, if it could.
    Restarted(String),
}

/// The page's end of the connection. Clones share it.
#[derive(Clone)]
pub struct Client(Rc<RefCell<Link>>);

struct Link {
    worker: Option<Connection>,
    ready: bool,
    /// What was sent before the worker stood.
    waiting: Vec<js_sys::Array>,
    picture_in_flight: bool,
    next_picture: Option<PictureRequest>,
    deaths: u32,
    /// When the worker was started, in milliseconds.
    born: f64,
    /// Is the worker dead and not yet replaced? It may say so more than once.
    dying: bool,
    /// The last view, and the file it was read from if it was: what a new worker is given.
    last_view: Option<Box<View>>,
    file: Option<File>,
    /// The link that the first worker begins with.
    first: Option<String>,
    /// A file that was handed over and is not in a view yet.
    opening: Option<File>,
    on_message: Rc<dyn Fn(FromWorker)>,
}

impl Link {
    fn remember(&mut self, view: &View) {
        if view.data.builtin.is_some() {
            self.file = None;
        } else if self.last_view.as_ref().map(|v| v.data.version) != Some(view.data.version)
            && (self.opening.as_ref()).is_some_and(|f| f.name() == view.data.name)
        {
            self.file = self.opening.take();
        }
        self.last_view = Some(Box::new(View {
            trace: Vec::new(),
            ..view.clone()
        }));
    }
}

impl Client {
    /// Starts the worker; `on_message` is called with everything it says.
    pub fn connect(on_message: impl Fn(FromWorker) + 'static) -> Client {
        let client = Client(Rc::new(RefCell::new(Link {
            worker: None,
            ready: false,
            waiting: Vec::new(),
            picture_in_flight: false,
            next_picture: None,
            deaths: 0,
            born: 0.0,
            dying: false,
            last_view: None,
            file: None,
            first: None,
            opening: None,
            on_message: Rc::new(on_message),
        })));
        client.spawn();
        client
    }

    /// Asks for something.
    pub fn send(&self, command: Command) {
        self.post(pack(&Request::Command(command), None));
    }

    /// Hands over a file to be read and opened, in place of one that is being read; or none.
    pub fn open_file(&self, file: Option<File>) {
        let beside = file.as_ref().map(AsRef::as_ref);
        self.post(pack(&Request::Open, beside));
        self.0.borrow_mut().opening = file;
    }

    /// Begins to measure this device, or ends it.
    pub fn measure(&self, begin: bool) {
        self.post(pack(&Request::Measure(begin), None));
    }

    /// Asks for a file: a packed [`Wanted`](crate::export::Wanted).
    pub fn export(&self, wanted: Vec<u8>) {
        self.post(pack(&Request::Export(wanted), None));
    }

    /// Goes where a link leads; if the worker has not begun yet, it begins there.
    pub fn open_link(&self, text: String) {
        let ready = self.0.borrow().ready;
        match ready {
            true => self.send(Command::OpenLink(text)),
            false => self.0.borrow_mut().first = Some(text),
        }
    }

    /// Asks for the link of what is shown.
    pub fn ask_for_link(&self) {
        self.post(pack(&Request::Link, None));
    }

    /// Asks for pixels. One request is under way at a time; of those made meanwhile only
    /// the newest is kept.
    pub fn request_picture(&self, request: PictureRequest) {
        {
            let mut link = self.0.borrow_mut();
            if link.picture_in_flight {
                link.next_picture = Some(request);
                return;
            }
            link.picture_in_flight = true;
        }
        self.post(pack(&Request::Picture(request), None));
    }

    fn post(&self, message: js_sys::Array) {
        let mut link = self.0.borrow_mut();
        match (&link.worker, link.ready) {
            (Some(connection), true) => connection.post(&message),
            (Some(_), false) => link.waiting.push(message),
            // It cannot be replaced; the page has been told.
            (None, _) => {}
        }
    }

    fn spawn(&self) {
        let client = self.clone();
        let hear = move |said: Result<JsValue, String>| match said {
            Ok(data) => client.hear(&data),
            Err(why) => client.died(&why),
        };
        match Connection::start("", Rc::new(hear)) {
            Ok(connection) => {
                let mut link = self.0.borrow_mut();
                link.worker = Some(connection);
                link.dying = false;
                link.born = js_sys::Date::now();
            }
            Err(e) => self.say(FromWorker::Restarted(format!("{e:?}"))),
        }
    }

    fn hear(&self, data: &JsValue) {
        if let Some(word) = data.as_string() {
            if word == READY {
                self.ready();
            } else if let Some(reason) = word.strip_prefix(FAILED) {
                self.died(reason);
            }
            return;
        }
        match unpack::<Reply>(data) {
            Some((Reply::View(view, effort), _)) => {
                self.0.borrow_mut().remember(&view);
                self.say(FromWorker::View(view, effort));
                self.post(pack(&Request::Seen, None));
            }
            Some((Reply::Picture(picture), points)) => {
                let next = {
                    let mut link = self.0.borrow_mut();
                    link.picture_in_flight = false;
                    link.next_picture.take()
                };
                if let Ok(points) = points.dyn_into() {
                    self.say(FromWorker::Picture { picture, points });
                }
                if let Some(request) = next {
                    self.request_picture(request);
                }
            }
            Some((Reply::Past(bytes), _)) => self.say(FromWorker::Past(bytes)),
            Some((Reply::Link(text), _)) => self.say(FromWorker::Link(text)),
            Some((Reply::Measured(bytes), _)) => self.say(FromWorker::Measured(bytes)),
            Some((Reply::Busy(what), _)) => self.say(FromWorker::Busy(what)),
            Some((Reply::File(name), blob)) => self.say(FromWorker::File(name, blob)),
            None => {}
        }
    }

    /// The worker stands: it is given what the one before it had, if it replaces one.
    fn ready(&self) {
        let (waiting, lost, file) = {
            let mut link = self.0.borrow_mut();
            link.ready = true;
            // Data that ended two workers in a row are not given to a third.
            let lost = link.last_view.take().filter(|_| link.deaths == 1);
            let file = link.file.take().filter(|_| lost.is_some());
            link.opening = file.clone();
            (std::mem::take(&mut link.waiting), lost, file)
        };
        self.say(FromWorker::Ready);
        let first = self.0.borrow_mut().first.take().map(Command::OpenLink);
        let mut commands = lost.map_or_else(Vec::new, |view| view.choices());
        commands.extend(first);
        self.post(pack(
            &Request::Begin(commands),
            file.as_ref().map(AsRef::as_ref),
        ));
        for message in waiting {
            self.post(message);
        }
    }

    /// The instance cannot be used any more: its memory may be exhausted or half-written.
    fn died(&self, reason: &str) {
        let again = {
            let mut link = self.0.borrow_mut();
            if std::mem::replace(&mut link.dying, true) {
                return;
            }
            link.ready = false;
            link.waiting.clear();
            link.picture_in_flight = false;
            link.next_picture = None;
            let lived = js_sys::Date::now() - link.born;
            link.deaths = if lived > LONG_LIFE {
                1
            } else {
                link.deaths + 1
            };
            link.deaths < MOST_DEATHS
        };
        // The connection's own error handler is running: it is dropped in a task of its own.
        let client = self.clone();
        let replace = Closure::once_into_js(move || {
            let old = client.0.borrow_mut().worker.take();
            drop(old);
            if again {
                client.spawn();
            }
        });
        if let Some(window) = web_sys::window() {
            let _ = window.set_timeout_with_callback(replace.unchecked_ref());
        }
        let last = if again {
            ""
        } else {
            " It died too often to be replaced."
        };
        self.say(FromWorker::Restarted(format!("{reason}.{last}")));
    }

    fn say(&self, message: FromWorker) {
        let on_message = self.0.borrow().on_message.clone();
        on_message(message);
    }
}
