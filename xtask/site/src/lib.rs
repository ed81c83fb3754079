//! Serves a folder on loopback, as a static host would: by file name, from a chosen
//! sub-path, and with nothing kept in a cache.
//!
//! ```no_run
//! let site = site::Site::serve("dist".as_ref(), "/some/where/", 0)?;
//! println!("{}", site.url());
//! # Ok::<(), anyhow::Error>(())
//! ```

mod files;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, ensure};
use files::Found;
use tiny_http::{Method, Request, Server};

/// How many ports after the wanted one are tried.
const PORTS: u16 = 100;
/// A browser asks for several files at once and keeps its connections open.
const THREADS: usize = 4;

/// A folder being served until this is dropped.
pub struct Site {
    server: Arc<Server>,
    threads: Vec<JoinHandle<()>>,
    folder: Arc<Folder>,
    port: u16,
}

struct Folder {
    root: PathBuf,
    base: String,
    missing: Mutex<Vec<String>>,
}

impl Site {
    /// Serves `root` under the path `base` (which starts and ends with `/`) on `port` of
    /// 127.0.0.1, or on the next free port; port 0 lets the system choose.
    ///
    /// # Errors
    /// If `root` is not a folder, or no port is free.
    pub fn serve(root: &Path, base: &str, port: u16) -> Result<Self> {
        ensure!(root.is_dir(), "{} is not a folder", root.display());
        ensure!(
            base.starts_with('/') && base.ends_with('/'),
            "the path {base:?} must start and end with a slash"
        );
        let server = Arc::new(bind(port)?);
        let port = server
            .server_addr()
            .to_ip()
            .context("the server has no port")?
            .port();
        let folder = Arc::new(Folder {
            root: root.to_owned(),
            base: base.to_owned(),
            missing: Mutex::default(),
        });
        let threads = (0..THREADS)
            .map(|_| {
                let (server, folder) = (Arc::clone(&server), Arc::clone(&folder));
                std::thread::spawn(move || {
                    while let Ok(request) = server.recv() {
                        folder.answer(request);
                    }
                })
            })
            .collect();
        Ok(Self {
            server,
            threads,
            folder,
            port,
        })
    }

    /// The address of the served folder.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.folder.base)
    }

    /// The requests so far that asked for something which is not there.
    pub fn missing(&self) -> Vec<String> {
        self.folder
            .missing
            .lock()
            .map(|urls| urls.clone())
            .unwrap_or_default()
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Each call wakes one thread, which then ends.
        for _ in &self.threads {
            self.server.unblock();
        }
    }
}

impl Folder {
    fn answer(&self, request: Request) {
        let asked = matches!(request.method(), Method::Get | Method::Head);
        let found = match asked {
            true => files::find(&self.root, &self.base, request.url()),
            false => return send(request, "405 Method Not Allowed", &[], b""),
        };
        match found {
            Found::File(path) => match std::fs::read(&path) {
                Ok(bytes) => {
                    let headers = [
                        ("Content-Type", files::content_type(&path)),
                        ("X-Content-Type-Options", "nosniff"),
                        ("Cache-Control", "no-store"),
                    ];
                    send(request, "200 OK", &headers, &bytes);
                }
                Err(error) => {
                    let why = format!("cannot read it: {error}\n");
                    send(request, "500 Internal Server Error", &[], why.as_bytes());
                }
            },
            Found::Elsewhere(url) => {
                send(
                    request,
                    "308 Permanent Redirect",
                    &[("Location", &url)],
                    b"",
                );
            }
            Found::Nothing => {
                if let Ok(mut missing) = self.missing.lock() {
                    missing.push(request.url().to_owned());
                }
                send(request, "404 Not Found", &[], b"not here\n");
            }
        }
    }
}

/// Answers and asks the browser to close the connection: kept open, half a dozen of them
/// occupy every thread that the server crate has, and a seventh request waits for ever.
/// The crate's own responses cannot say so, hence the lines by hand.
fn send(request: Request, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    let head_only = *request.method() == Method::Head;
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str("\r\n");
    let mut bytes = answer.into_bytes();
    if !head_only {
        bytes.extend_from_slice(body);
    }
    let mut writer = request.into_writer();
    // A browser that has left does not want the answer.
    let _ = writer.write_all(&bytes).and_then(|()| writer.flush());
}

fn bind(port: u16) -> Result<Server> {
    if port == 0 {
        return Server::http(("127.0.0.1", 0)).map_err(|e| anyhow!("no port is free: {e}"));
    }
    let last = port.saturating_add(PORTS);
    (port..=last)
        .find_map(|port| Server::http(("127.0.0.1", port)).ok())
        .with_context(|| format!("none of the ports {port} to {last} is free"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpStream;

    fn ask(site: &Site, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", site.port)).expect("the site listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .expect("the request is sent");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the answer is text");
        answer
    }

    fn source() -> Site {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        Site::serve(&root, "/some/where/", 0).expect("a port is free")
    }

    #[test]
    fn a_file_is_served_from_the_sub_path_and_not_cached() {
        let answer = ask(&source(), "/some/where/lib.rs?v=1");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("Cache-Control: no-store"), "{answer}");
        assert!(answer.contains("Serves a folder on loopback"));
    }

    #[test]
    fn what_is_missing_is_remembered() {
        let site = source();
        assert!(ask(&site, "/some/where/none.js").starts_with("HTTP/1.1 404"));
        assert!(ask(&site, "/lib.rs").starts_with("HTTP/1.1 404"));
        assert_eq!(site.missing(), ["/some/where/none.js", "/lib.rs"]);
    }

    #[test]
    fn a_taken_port_means_the_next_one() {
        let first = source();
        let root = first.folder.root.clone();
        let second = Site::serve(&root, "/", first.port).expect("a port is free");
        assert!(second.port > first.port);
    }
}
