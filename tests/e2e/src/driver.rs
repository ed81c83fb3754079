//! The driver of the browser, as a process of ours.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

/// How long the driver may take to close its browser.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running driver; dropping it closes its browser too.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts the driver that the variable CHROMEDRIVER names, or else the one on the
    /// PATH, on a free port.
    pub fn start() -> Result<Self> {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = child
            .stdout
            .take()
            .context("the driver's output is piped")?;
        // Until the port is known this is a child to end all the same.
        let mut driver = Self { child, port: 0 };
        let mut lines = BufReader::new(output).lines();
        driver.port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| port(&line))
            .context("the driver ended before it named its port")?;
        // Read on, or the driver stops once the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(driver)
    }

    /// The address that a session is asked of.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked to, the driver closes its browser; killed, it leaves it behind.
        let deadline = Instant::now() + PATIENCE;
        if self.port != 0 && self.shut_down().is_ok() {
            while Instant::now() < deadline {
                if let Ok(Some(_)) = self.child.try_wait() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in "ChromeDriver was started successfully on port 1234."
fn port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("started successfully on port ")?;
    rest.trim_end_matches('.').parse().ok()
}

/// What a browser is asked to be: the flags of webdriver.json, and logs to read.
pub fn capabilities() -> Result<Capabilities> {
    let text = match env::var_os("WASM_BINDGEN_TEST_WEBDRIVER_JSON") {
        Some(path) => std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?,
        None => include_str!("../../../webdriver.json").to_owned(),
    };
    let mut capabilities: serde_json::Map<String, Value> =
        serde_json::from_str(&text).context("webdriver.json is not JSON")?;
    capabilities.insert(
        "goog:loggingPrefs".into(),
        json!({ "browser": "ALL", "performance": "ALL" }),
    );
    Ok(capabilities)
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn the_port_is_read_from_the_drivers_greeting() {
        let line = "ChromeDriver was started successfully on port 40123.";
        assert_eq!(port(line), Some(40123));
        assert_eq!(port("Starting ChromeDriver 156.0 on port 0"), None);
    }
}
