//! The page in its browser, driven as a person would.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use site::Site;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::driver::{self, Driver};
use crate::key;
use crate::role::Role;
use crate::setup::Setup;
use crate::wire::Command;

/// Where the page is served: deep in a host, to prove that every address is relative.
const BASE: &str = "/some/where/";
/// How long a person would wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// One page at a time: two browsers on a small machine disturb each other's timing.
static TURN: Semaphore = Semaphore::const_new(1);

/// The folder of the built page.
pub fn built() -> PathBuf {
    root().join("dist")
}

/// A copy of the built page for a test to spoil, without the sets.
pub fn copy_of_page(name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("mixscope-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    for entry in std::fs::read_dir(built())? {
        let entry = entry?;
        if entry.path().is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(folder)
}

/// The page in a browser of its own, until this is dropped.
pub struct Page {
    // Dropped in this order: the session, its driver, what it loads, its turn.
    client: Client,
    _driver: Driver,
    site: Site,
    _turn: SemaphorePermit<'static>,
}

impl Page {
    /// Opens the built page and waits until it has started.
    ///
    /// # Errors
    /// If there is no built page or no browser, or if the page says it cannot start.
    pub async fn open(setup: &Setup) -> Result<Self> {
        Self::open_from(&built(), setup).await
    }

    /// The same with another folder than the built page's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_from(dist: &Path, setup: &Setup) -> Result<Self> {
        let turn = TURN.acquire().await?;
        ensure!(
            dist.join("index.html").is_file(),
            "there is no built page in dist/: run `cargo xtask test`, which builds it first"
        );
        let site = Site::serve(dist, BASE, 0)?;
        let driver = Driver::start()?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(driver::capabilities()?)
            .connect(&driver.url())
            .await
            .context("the driver cannot start the browser")?;
        let page = Self {
            client,
            _driver: driver,
            site,
            _turn: turn,
        };
        page.emulate(setup).await?;
        page.client.goto(&(page.site.url() + &setup.link)).await?;
        page.wait_until_started().await?;
        Ok(page)
    }

    /// Loads the page once more, as a person would who presses reload.
    pub async fn reload(&self) -> Result<()> {
        self.client.refresh().await?;
        self.wait_until_started().await
    }

    /// Closes the browser. A page that is only dropped closes too, but says no error.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await?;
        Ok(())
    }

    /// The connection to the browser, for what has no method here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The address at which the page is served.
    pub fn url(&self) -> String {
        self.site.url()
    }

    /// Requests for files of the page that are not there.
    pub fn missing(&self) -> Vec<String> {
        self.site.missing()
    }

    /// The element of this role with this accessible name, waited for.
    pub async fn find(&self, role: Role, name: &str) -> Result<Element> {
        eventually(async || self.find_now(role, name).await)
            .await
            .with_context(|| format!("there is no {role:?} {name:?} on the page"))
    }

    /// The element of this role with this accessible name, if it is there now.
    pub async fn find_now(&self, role: Role, name: &str) -> Result<Option<Element>> {
        let candidates = self.client.find_all(Locator::Css(role.selector())).await?;
        for element in candidates {
            // An element that went away between two questions is not the one.
            let label = self.name_of(&element).await;
            if label.is_ok_and(|label| label == name) {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// The name that assistive technology reads for an element.
    pub async fn name_of(&self, element: &Element) -> Result<String> {
        let name = Command::accessible_name(element);
        let name = self.client.issue_cmd(name).await?;
        Ok(name.as_str().unwrap_or_default().to_owned())
    }

    /// Presses the button of this name.
    pub async fn click(&self, name: &str) -> Result<()> {
        self.find(Role::Button, name).await?.click().await?;
        Ok(())
    }

    /// Chooses the entry that reads `option` in the combobox of this name.
    pub async fn choose(&self, name: &str, option: &str) -> Result<()> {
        let select = self.find(Role::Combobox, name).await?;
        select
            .select_by_label(option)
            .await
            .with_context(|| format!("{name:?} has no entry {option:?}"))
    }

    /// Types a number into the field of this name, in place of what is there.
    pub async fn set_number(&self, name: &str, number: impl ToString) -> Result<()> {
        self.fill(Role::Spinbutton, name, &number.to_string()).await
    }

    /// Types a text into the field of this name, in place of what is there.
    pub async fn fill(&self, role: Role, name: &str, text: &str) -> Result<()> {
        let field = self.find(role, name).await?;
        let select_all = key::with(key::CONTROL, "a");
        field
            .send_keys(&format!("{select_all}{text}{}", key::ENTER))
            .await?;
        Ok(())
    }

    /// Chooses or leaves what the checkbox of this name stands for.
    pub async fn tick(&self, name: &str) -> Result<()> {
        self.find(Role::Checkbox, name).await?.click().await?;
        Ok(())
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let focused = self.client.active_element().await?;
        focused.send_keys(keys).await?;
        Ok(())
    }

    /// The text of the status element of this name.
    pub async fn status(&self, name: &str) -> Result<String> {
        Ok(self.find(Role::Status, name).await?.text().await?)
    }

    /// The text of the status element of this name, once it is as wanted.
    pub async fn wait_for_status(
        &self,
        name: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let mut last = String::new();
        let found = eventually(async || {
            last = self.status(name).await?;
            Ok(wanted(&last).then(|| last.clone()))
        })
        .await;
        found.with_context(|| format!("the status {name:?} still reads {last:?}"))
    }

    /// The texts of the table of this name: rows of cells, the first row its head.
    pub async fn table(&self, name: &str) -> Result<Vec<Vec<String>>> {
        let table = self.find(Role::Table, name).await?;
        let script = "return Array.from(arguments[0].rows ?? [], row => \
                      Array.from(row.cells, cell => cell.innerText.trim()))";
        let rows = self
            .run(script, vec![serde_json::to_value(&table)?])
            .await?;
        Ok(serde_json::from_value(rows)?)
    }

    /// Gives a file of this name and content to the page, as its file dialogue would.
    pub async fn upload(&self, name: &str, content: &[u8]) -> Result<()> {
        let folder = std::env::temp_dir().join(format!("mixscope-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        fs::write(&path, content)?;
        let input = Locator::Css("input[type=file]");
        let input = self
            .client
            .find(input)
            .await
            .context("there is no file input")?;
        input.send_keys(&path.to_string_lossy()).await?;
        Ok(())
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn run(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, args).await?)
    }

    /// Writes a picture of the window to target/screenshots/ and returns its path.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let folder = root().join("target").join("screenshots");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.png"));
        fs::write(&path, self.client.screenshot().await?)?;
        Ok(path)
    }

    /// Sends a command of the DevTools protocol.
    pub async fn devtools(&self, name: &str, params: Value) -> Result<Value> {
        Ok(self
            .client
            .issue_cmd(Command::devtools(name, params))
            .await?)
    }

    /// Looks at the page in another way from here on.
    pub async fn emulate(&self, setup: &Setup) -> Result<()> {
        let viewport = setup.viewport;
        let metrics = json!({
            "width": viewport.width,
            "height": viewport.height,
            "deviceScaleFactor": viewport.pixel_ratio,
            "mobile": viewport.mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        let touch = json!({ "enabled": viewport.mobile });
        self.devtools("Emulation.setTouchEmulationEnabled", touch)
            .await?;
        let scheme = if setup.dark { "dark" } else { "light" };
        let motion = if setup.reduced_motion {
            "reduce"
        } else {
            "no-preference"
        };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]});
        self.devtools("Emulation.setEmulatedMedia", features)
            .await?;
        Ok(())
    }

    /// Waits until the first paint has given way to the page.
    async fn wait_until_started(&self) -> Result<()> {
        let script = "const boot = document.getElementById('boot'); \
                      return boot && (boot.querySelector('[role=alert]')?.textContent ?? '')";
        let problem = eventually(async || {
            Ok(match self.run(script, vec![]).await? {
                Value::Null => Some(None),
                Value::String(problem) if !problem.is_empty() => Some(Some(problem)),
                _ => None,
            })
        })
        .await
        .context("the page has not started")?;
        match problem {
            Some(problem) => bail!("the page says: {problem}"),
            None => Ok(()),
        }
    }
}

/// Asks again until there is an answer.
pub(crate) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        ensure!(start.elapsed() < PATIENCE, "waited for {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
