//! When the worker dies, and when the page itself does.

use anyhow::Result;
use e2e::{Page, Role, Setup};
use serde_json::json;

const FAITHFUL: &[u8] = include_bytes!("../../../assets/sets/faithful.csv");

/// Keeps the workers where a test can reach them.
const KEEP_WORKERS: &str = "window.workers = []; \
    window.Worker = class extends Worker { \
        constructor(...how) { super(...how); window.workers.push(this); } \
    }";
/// What a browser does when a worker ends by an error that nobody caught.
const KILL: &str = "const worker = window.workers.at(-1); worker.terminate(); \
    worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true }))";

async fn open() -> Result<Page> {
    let page = Page::open(&Setup::default()).await?;
    let script = json!({ "source": KEEP_WORKERS });
    page.devtools("Page.addScriptToEvaluateOnNewDocument", script)
        .await?;
    page.reload().await?;
    page.read_at("0 at the start").await?;
    Ok(page)
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_with_data_and_settings() -> Result<()> {
    let page = open().await?;
    page.upload("own.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "own.csv").await?;
    page.set_number("Components (K)", 4).await?;
    page.choose("Covariance", "tied").await?;
    page.choose("Start", "random points").await?;
    page.fill(Role::Textbox, "Floor", "0.01").await?;
    page.set_number("Seed", 9).await?;
    let start = page
        .read_when(|now| now.components.len() == 5 && now.caption.contains("seed 9"))
        .await?;
    page.click("Step").await?;
    let stepped = page.read_at("1 after M-step").await?;

    page.run(KILL, vec![]).await?;
    assert_eq!(page.read_at("0 at the start").await?, start);
    page.click("Step").await?;
    assert_eq!(page.read_at("1 after M-step").await?, stepped);
    assert_eq!(page.run("return window.workers.length", vec![]).await?, 2);
    page.close().await
}

#[tokio::test]
async fn a_worker_that_dies_is_told_of_until_dismissed() -> Result<()> {
    let page = open().await?;
    page.set_number("Components (K)", 5).await?;
    page.read_when(|now| now.components.len() == 6).await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    page.run(KILL, vec![]).await?;
    page.read_when(|now| now.iteration == "0 at the start" && now.components.len() == 6)
        .await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("out of memory"), "{alert}");
    assert!(alert.contains("replaced"), "{alert}");
    page.click("Dismiss").await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    page.close().await
}

#[tokio::test]
async fn a_worker_that_dies_while_it_plays_leaves_a_page_that_can_play() -> Result<()> {
    let page = open().await?;
    page.click("Play").await?;
    page.read_at("2 after E-step").await?;
    page.run(KILL, vec![]).await?;
    page.read_at("0 at the start").await?;
    page.click("Play").await?;
    page.read_at("2 after E-step").await?;
    page.close().await
}

#[tokio::test]
async fn a_panic_of_the_page_is_shown_with_a_line_to_report() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    // A browser that cannot make a node, once: the page does not reckon with that.
    let script = "const real = Node.prototype.cloneNode; \
                  Node.prototype.cloneNode = () => { \
                      Node.prototype.cloneNode = real; \
                      throw new Error('no more nodes'); \
                  }";
    page.run(script, vec![]).await?;
    page.upload("empty.csv", b"").await?;
    let stopped = "return document.body.innerText.includes('Mixscope has stopped')";
    page.wait_until("the page says that it has stopped", stopped)
        .await?;
    let alert = page.text().await?;
    assert!(alert.contains("please report this line"), "{alert}");
    assert!(
        alert.contains(concat!("Mixscope ", env!("CARGO_PKG_VERSION"), ":")),
        "{alert}"
    );
    assert!(alert.contains("no more nodes"), "{alert}");
    page.close().await
}
