//! Reading a file a piece at a time, so that the worker answers in between.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{File, FileReaderSync};

use super::messages::Reply;
use super::server::Server;
use crate::data::DEFAULT_COLUMNS;
use crate::data::csv::{CsvError, Fed, Options, Outlook, Reader};
use crate::digits::fixed;
use crate::later::later;
use crate::session::{Need, Opening, Problem, SMALLER, Session, not_opened};

/// Bytes of a piece: some 25 ms of work.
const PIECE: f64 = 4e6;

/// Milliseconds between two words of progress.
const BREATH: f64 = 100.0;

thread_local! {
    /// The file that is being read. It is here and not in the server so that all that knows of
    /// it comes with the part that reads files.
    static UNDER_WAY: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

struct Reading {
    file: File,
    reader: Reader,
    /// Bytes read so far.
    at: f64,
    /// The bytes of a piece.
    piece: Vec<u8>,
    /// Milliseconds since 1970.
    began: f64,
    told: f64,
    /// Is it read once more?
    again: bool,
    /// What has been made of what was read, once all is.
    opening: Option<Opening>,
    /// What was told of all that was read.
    in_all: String,
}

later! { Files 1:
    /// Begins to read a file, in place of one that is being read.
    pub fn begin(server: &mut Server, file: &File) {
        let now = js_sys::Date::now();
        UNDER_WAY.set(Some(Reading {
            reader: Reader::new(&file.name(), &Options::default()),
            file: file.clone(),
            at: 0.0,
            piece: Vec::new(),
            began: now,
            told: now,
            again: false,
            opening: None,
            in_all: String::new(),
        }));
        server.read_soon();
    }
}

later! { Files 2:
    /// Reads the next piece, and at the end opens what was read, or tells why it cannot be.
    pub fn read_on(server: &mut Server) {
        server.reads = false;
        if server.read_piece() {
            return server.read_soon();
        }
        server.reply(&Reply::Busy(String::new()));
        server.show();
    }
}

later! { Files 4:
    /// Reads all there is at once, and shows nothing.
    pub fn read_all(server: &mut Server) {
        while server.read_piece() {}
    }
}

later! { Files 3:
    /// Leaves the file that is being read.
    pub fn cancel() {
        UNDER_WAY.set(None);
    }
}

impl Server {
    /// The next piece comes after the messages that wait already.
    fn read_soon(&mut self) {
        self.reads = self.reads || self.again.post_message(&JsValue::TRUE).is_ok();
    }

    /// Reads a piece; false if it was the last, or there is no file to read.
    fn read_piece(&mut self) -> bool {
        let Some(mut reading) = UNDER_WAY.take() else {
            return false;
        };
        match reading.go_on(&mut self.session) {
            Ok(true) => {
                if let Some(words) = reading.progress() {
                    self.reply(&Reply::Busy(words));
                }
                UNDER_WAY.set(Some(reading));
                return true;
            }
            Ok(false) => {}
            Err(problem) => self.session.tell(problem),
        }
        false
    }
}

impl Reading {
    /// The next piece, and after the last one what is made of them; false once that is shown.
    fn go_on(&mut self, session: &mut Session) -> Result<bool, Problem> {
        if let Some(opening) = self.opening.take() {
            self.opening = session.go_on_opening(opening)?;
            return Ok(self.opening.is_some());
        }
        let (name, size) = (self.file.name(), self.file.size());
        let refused = |e: CsvError| not_opened(&name, &e.what(), e.remedy());
        if self.at < size {
            let end = (self.at + PIECE).min(size);
            self.take(self.at, end).ok_or_else(|| {
                not_opened(
                    &name,
                    "The browser could not read it.",
                    "Is it a folder, or was it moved or changed? Choose it again.",
                )
            })?;
            self.at = end;
            if self.reader.feed(&self.piece).map_err(refused)? == Fed::Again {
                self.start_again();
                return Ok(true);
            }
            if let Some(need) = self.need() {
                session
                    .make_room(&need)
                    .map_err(|why| not_opened(&name, &why, SMALLER))?;
                self.reader.reserve(size);
            }
            return Ok(true);
        }
        self.piece = Vec::new();
        match self.reader.finish().map_err(refused)? {
            None => self.start_again(),
            Some(read) => self.opening = Some(session.begin_to_open(&name, read)?),
        }
        Ok(true)
    }

    /// From the first byte again, with what the reader has found out.
    fn start_again(&mut self) {
        self.at = 0.0;
        self.again = true;
        self.began = js_sys::Date::now();
    }

    /// The bytes from one offset to another.
    fn take(&mut self, from: f64, to: f64) -> Option<()> {
        let slice = self.file.slice_with_f64_and_f64(from, to).ok()?;
        let reader = FileReaderSync::new().ok()?;
        let bytes = Uint8Array::new(&reader.read_as_array_buffer(&slice).ok()?.into());
        self.piece.resize(bytes.length() as usize, 0);
        bytes.copy_to(&mut self.piece);
        Some(())
    }

    /// What the whole file will take.
    fn need(&self) -> Option<Need> {
        let Outlook {
            rows,
            numeric,
            table,
            largest,
        } = self.reader.outlook(self.file.size())?;
        Some(Need {
            rows,
            table,
            largest,
            fitted: numeric.min(DEFAULT_COLUMNS),
        })
    }

    /// How far it has come; `None` if that was told a moment ago.
    fn progress(&mut self) -> Option<String> {
        let now = js_sys::Date::now();
        let size = self.file.size();
        // Of what is made of a large file at the end each thing is told: it takes long.
        let last = self.at == size && now - self.began > BREATH;
        if now - self.told < BREATH && !last {
            return None;
        }
        self.told = now;
        let megabytes = |bytes: f64| fixed(bytes / 1e6, 0);
        let millions = |rows: f64| fixed(rows / 1e6, 2);
        if let Some(opening) = &self.opening {
            let next = opening.words();
            return Some(format!("{} Making them ready: {next} …", self.in_all));
        }
        let rows = self.reader.n_rows() as f64;
        let mut words = format!(
            "Reading {}{}: {} of {} MB, {} million rows, {} million a second.",
            self.file.name(),
            if self.again { " once more" } else { "" },
            megabytes(self.at),
            megabytes(size),
            millions(rows),
            millions(1e3 * rows / (now - self.began).max(1.0)),
        );
        let need = self.need().map(|need| need.words()).unwrap_or_default();
        if !need.is_empty() {
            words += &format!(" {need} This tab can hold it.");
        }
        self.in_all = words.clone();
        Some(words)
    }
}
