//! Writing files for the page, a piece at a time, and opening models and experiments again.

use std::cell::RefCell;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag, File, FileReaderSync};

use super::messages::{Reply, pack};
use super::server::Server;
use crate::export::{self, Outgoing, Wanted};
use crate::later::later;
use crate::session::{Problem, not_opened};

/// No model is larger; what is can only be something else.
const LARGEST_MODEL: f64 = 256e6;

/// Milliseconds between two words of progress.
const BREATH: f64 = 100.0;

thread_local! {
    /// The file that is being written.
    static UNDER_WAY: RefCell<Option<Writing>> = const { RefCell::new(None) };
}

struct Writing {
    file: Outgoing,
    /// Blobs of what is written: the browser keeps them, on its disk if they are large.
    written: Array,
    told: f64,
}

later! { Export 1:
    /// Begins to write the file that the page asks for, in place of one that is being written.
    pub fn begin(server: &mut Server, wanted: &[u8]) {
        let Ok(wanted) = postcard::from_bytes::<Wanted>(wanted) else {
            return;
        };
        let experiment = server.session.experiment().clone();
        match wanted.write(&experiment, server.times.of(&experiment)) {
            Ok(file) => {
                let (written, told) = (Array::new(), js_sys::Date::now());
                UNDER_WAY.set(Some(Writing { file, written, told }));
                server.write_soon();
            }
            Err(e) => {
                server.session.tell(Problem {
                    what: format!("This file was not written: {e}."),
                    remedy: e.remedy().to_owned(),
                });
                server.show();
            }
        }
    }
}

later! { Export 2:
    /// Writes the next piece, and at the end hands the file over.
    pub fn write_on(server: &mut Server) {
        server.writes = false;
        let Some(mut writing) = UNDER_WAY.take() else {
            return server.reply(&Reply::Busy(String::new()));
        };
        let mut piece = Vec::new();
        let goes_on = writing.file.pieces.next(&mut piece);
        let parts = Array::of1(&Uint8Array::new_from_slice(&piece));
        let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) else {
            return server.cannot_write();
        };
        writing.written.push(&blob);
        if !goes_on {
            return server.hand_over(&writing);
        }
        let now = js_sys::Date::now();
        if now - writing.told > BREATH {
            writing.told = now;
            let percent = (100.0 * writing.file.pieces.progress()) as u32;
            let words = format!("Writing {}: {percent} %.", writing.file.name);
            server.reply(&Reply::Busy(words));
        }
        UNDER_WAY.set(Some(writing));
        server.write_soon();
    }
}

later! { Export 3:
    /// Leaves the file that is being written.
    pub fn cancel() {
        UNDER_WAY.set(None);
    }
}

later! { Export 4:
    /// Opens a model or an experiment on the data at hand.
    pub fn open(server: &mut Server, file: &File) {
        let name = file.name();
        let text = match file.size() <= LARGEST_MODEL {
            true => FileReaderSync::new().and_then(|reader| reader.read_as_text(file)).map_err(|_| "The browser could not read it."),
            false => Err("It is too large to be a model."),
        };
        match text {
            Ok(text) => export::open(&mut server.session, &name, &text),
            Err(why) => server.session.tell(not_opened(&name, why, "Choose it again.")),
        }
        server.reply(&Reply::Busy(String::new()));
        server.show();
    }
}

impl Server {
    /// The next piece comes after the messages that wait already.
    fn write_soon(&mut self) {
        self.writes = self.writes || self.again.post_message(&JsValue::from(1)).is_ok();
    }

    fn hand_over(&mut self, writing: &Writing) {
        let options = BlobPropertyBag::new();
        options.set_type(writing.file.media_type);
        let whole = Blob::new_with_blob_sequence_and_options(&writing.written, &options);
        let Ok(whole) = whole else {
            return self.cannot_write();
        };
        self.reply(&Reply::Busy(String::new()));
        let message = pack(&Reply::File(writing.file.name.clone()), Some(&whole));
        let _ = self.scope.post_message(&message);
    }

    fn cannot_write(&mut self) {
        self.session.tell(Problem {
            what: "The browser has no room for this file.".to_owned(),
            remedy: "Close other tabs, or free some space on the disk.".to_owned(),
        });
        self.reply(&Reply::Busy(String::new()));
        self.show();
    }
}
