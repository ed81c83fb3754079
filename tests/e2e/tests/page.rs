//! The page as a host serves it: from any folder, under its content policy, alone.

use anyhow::Result;
use e2e::{Page, Setup};
use fantoccini::Locator;
use serde_json::json;

#[tokio::test]
async fn it_loads_from_a_sub_path_without_a_complaint() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    assert_eq!(page.client().title().await?, "Mixscope");
    assert_eq!(page.console_problems().await?, [""; 0]);
    assert_eq!(page.missing(), [""; 0]);
    page.close().await
}

#[tokio::test]
async fn no_request_leaves_its_folder() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let requests = page.requests().await?;
    let foreign: Vec<_> = requests
        .iter()
        .filter(|url| !url.starts_with(&page.url()))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(
        requests.iter().any(|url| url.ends_with("mixscope_bg.wasm")),
        "the log of requests is not complete: {requests:?}"
    );
    page.close().await
}

#[tokio::test]
async fn the_content_policy_stops_foreign_code() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let script = "const script = document.createElement('script'); \
                  script.textContent = 'window.intruder = true'; \
                  document.head.append(script); \
                  return window.intruder ?? false";
    assert_eq!(page.run(script, vec![]).await?, false);
    page.close().await
}

/// What the page says when it is loaded once more and cannot start.
async fn refusal(page: &Page) -> Result<String> {
    page.client().refresh().await?;
    let alert = page
        .client()
        .wait()
        .for_element(Locator::Css("#boot [role=alert]"));
    Ok(alert.await?.text().await?)
}

#[tokio::test]
async fn a_browser_without_simd_gets_a_plain_sentence() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let script = json!({ "source": "WebAssembly.validate = () => false" });
    page.devtools("Page.addScriptToEvaluateOnNewDocument", script)
        .await?;
    let sentence = refusal(&page).await?;
    assert!(
        sentence.starts_with("Mixscope needs a browser with WebAssembly SIMD"),
        "{sentence}"
    );
    page.close().await
}

#[tokio::test]
async fn a_file_that_does_not_arrive_is_reported() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.devtools("Network.enable", json!({})).await?;
    page.devtools(
        "Network.setBlockedURLs",
        json!({ "urls": ["*mixscope_bg.wasm"] }),
    )
    .await?;
    let sentence = refusal(&page).await?;
    assert!(
        sentence.starts_with("Mixscope could not start."),
        "{sentence}"
    );
    page.close().await
}

#[tokio::test]
async fn a_worker_says_when_it_is_ready() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let script = "const done = arguments[arguments.length - 1]; \
                  const worker = new Worker(new URL('./worker.js', document.baseURI), { type: 'module' }); \
                  worker.onmessage = event => done(event.data); \
                  worker.onerror = event => done(`error: ${event.message}`);";
    assert_eq!(page.client().execute_async(script, vec![]).await?, "ready");
    page.close().await
}
