//! Pictures: from a plain scene to pixels, without a browser.

mod request;

pub use request::{Picture, PictureRequest};
