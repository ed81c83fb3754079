//! Links, the worker's part: what following one takes, and the one of what is shown.

use super::messages::Reply;
use super::parts;
use super::server::Server;
use crate::later::{Part, later};
use crate::session::link;

later! { Link 20:
    fn goes_beyond(text: &str) -> bool {
        link::read(text).0.goes_beyond()
    }
}

later! { Link 21:
    fn write(server: &Server) -> String {
        link::write(&server.session.link())
    }
}

/// Loads what it takes to follow a link.
///
/// # Errors
/// Says what did not arrive.
pub(super) fn prepare(text: &str) -> Result<(), String> {
    parts::load(Part::Link)?;
    match goes_beyond(text) {
        true => parts::load(Part::Methods),
        false => Ok(()),
    }
}

/// Tells the page the link of what is shown. If what writes it does not arrive, the page's address
/// stays as it is.
pub(super) fn tell(server: &Server) {
    if parts::load(Part::Steps)
        .and_then(|()| parts::load(Part::Link))
        .is_ok()
    {
        server.reply(&Reply::Link(write(server)));
    }
}
