//! Finds Chromium and its driver, and installs them where that is possible.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cargo::{find_program, root, succeed};

const CHROMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVERS: [&str; 2] = ["chromedriver", "chromium.chromedriver"];
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-dejavu-core"];

/// A browser and the driver that tests talk to.
pub struct Browser {
    chrome: PathBuf,
    driver: PathBuf,
}

impl Browser {
    /// The browser named by the variables CHROME and CHROMEDRIVER or found on the PATH,
    /// installed first where this machine is a Debian and we are root.
    ///
    /// # Errors
    /// In one sentence that says what to install.
    pub fn ensure() -> Result<Self> {
        if let Some(browser) = Self::find()? {
            return Ok(browser);
        }
        if find_program("apt-get").is_none() || !is_root() {
            bail!(
                "the browser tests need Chromium and its driver: install both (on Debian as root: \
                 apt-get install {}), or set CHROME and CHROMEDRIVER to their paths",
                PACKAGES.join(" ")
            );
        }
        eprintln!("Installing {}", PACKAGES.join(", "));
        install(&PACKAGES).context("cannot install Chromium and its driver")?;
        Self::find()?.context("Chromium was installed but is not on the PATH")
    }

    fn find() -> Result<Option<Self>> {
        let chrome = named("CHROME", &CHROMES)?;
        let driver = named("CHROMEDRIVER", &DRIVERS)?;
        Ok(chrome
            .zip(driver)
            .map(|(chrome, driver)| Self { chrome, driver }))
    }

    /// The variables by which a test finds this browser: the driver, and a file of
    /// capabilities, which are those of webdriver.json and the browser's path.
    pub fn environment(&self) -> Result<[(&'static str, PathBuf); 2]> {
        let text = fs::read_to_string(root().join("webdriver.json"))
            .context("cannot read webdriver.json")?;
        let mut capabilities: Value =
            serde_json::from_str(&text).context("webdriver.json is not JSON")?;
        capabilities["goog:chromeOptions"]["binary"] = self.chrome.to_string_lossy().into();
        let file = env::current_exe()?.with_file_name("webdriver.json");
        fs::write(&file, capabilities.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok([
            ("CHROMEDRIVER", self.driver.clone()),
            ("WASM_BINDGEN_TEST_WEBDRIVER_JSON", file),
        ])
    }
}

/// The program that the variable names, or else the first of `names` on the PATH.
fn named(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    match env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.is_file() => Ok(Some(path)),
        Some(path) => bail!(
            "{variable} is set to {}, which is not there",
            path.display()
        ),
        None => Ok(names.iter().find_map(|name| find_program(name))),
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// Installs packages of Debian.
///
/// # Errors
/// If this machine is none, we are not root, or it does not succeed.
pub fn install(names: &[&str]) -> Result<()> {
    if find_program("apt-get").is_none() || !is_root() {
        bail!("only root of a Debian can install {}", names.join(" "));
    }
    let packages = || {
        let mut command = apt(&["install", "-y", "--no-install-recommends"]);
        succeed(command.args(names))
    };
    succeed(&mut apt(&["update"]))?;
    packages().or_else(|_| {
        // A half-done upgrade of a base library leaves apt unable to go on by itself.
        let dpkg = find_program("dpkg").unwrap_or_else(|| Path::new("dpkg").to_owned());
        succeed(Command::new(dpkg).args(["--configure", "-a"]))?;
        succeed(&mut apt(&["install", "-f", "-y"]))?;
        packages()
    })
}

fn apt(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Its progress is not the answer of this command.
        .stdout(std::io::stderr());
    command
}
