//! The past of the run, sent to the page when it has changed.

use super::messages::Reply;
use super::server::Server;
use crate::later::later;

later! { Steps 70:
    /// Sends it, unless the page has it as it is.
    pub(super) fn send(server: &mut Server) {
        let start = server.now();
        // A free run does not wait for it: it takes a quarter of the time at most.
        if server.hurries() && start < server.next_past {
            return;
        }
        if let Some(past) = server.session.new_past() {
            let bytes = postcard::to_allocvec(&past).unwrap_or_default();
            server.reply(&Reply::Past(bytes));
        }
        let end = server.now();
        server.next_past = end + 3.0 * (end - start);
    }
}
