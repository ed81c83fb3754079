//! Measures this device as a person does, for `cargo xtask bench`.

use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result};
use e2e::{Page, Setup};

/// Keeps what is copied where a test can reach it.
const KEEP_COPY: &str =
    "navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }";

/// Half-minutes that a slow device may take.
const MOST: u32 = 40;

#[tokio::test]
#[ignore = "measures and checks nothing: cargo xtask bench"]
async fn measure_this_device() -> Result<()> {
    let to = env::var("MIXSCOPE_BENCH").context("MIXSCOPE_BENCH says where to write")?;
    let page = Page::open(&Setup::default()).await?;
    page.run(KEEP_COPY, vec![]).await?;
    page.press("?").await?;
    page.click("Measure this device").await?;
    let done = "return document.querySelector('.device output').innerText.startsWith('Measured')";
    for _ in 0..MOST * 30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if page.run(done, vec![]).await? == true {
            break;
        }
    }
    page.click("Copy as JSON").await?;
    let copied = page.run("return window.copied", vec![]).await?;
    fs::write(to, copied.as_str().context("nothing was copied")?)?;
    page.close().await
}
