//! What axe-core says of the page, whatever it shows.

use anyhow::Result;
use e2e::{Page, Role, Setup, Viewport};

/// The audit in every state of the page that looks different.
async fn no_violation(viewport: Viewport, dark: bool) -> Result<()> {
    let page = Page::open(&Setup {
        viewport,
        dark,
        ..Setup::default()
    })
    .await?;
    page.read_at("0 at the start").await?;
    assert_eq!(page.audit().await?, [""; 0], "first view");

    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    assert_eq!(page.audit().await?, [""; 0], "after a run");

    page.press("?").await?;
    let open = "return document.querySelector('dialog').open";
    page.wait_until("help is open", open).await?;
    assert_eq!(page.audit().await?, [""; 0], "with help open");
    page.click("Close").await?;

    let unfold = "document.querySelectorAll('details').forEach(d => d.open = true)";
    page.run(unfold, vec![]).await?;
    page.upload("empty.csv", b"").await?;
    page.find(Role::Alert, "Problem").await?;
    assert_eq!(page.audit().await?, [""; 0], "with a problem, all unfolded");

    page.choose("Data set", "Iris").await?;
    page.read_when(|now| now.data == "Iris").await?;
    page.set_number("Components (K)", 12).await?;
    page.read_when(|now| now.components.len() == 13).await?;
    page.click("Step").await?;
    page.read_when(|now| now.iteration != "0 at the start")
        .await?;
    assert_eq!(page.audit().await?, [""; 0], "twelve components");
    page.close().await
}

#[tokio::test]
async fn a_light_desk_has_no_violation() -> Result<()> {
    no_violation(Viewport::DESK, false).await
}

#[tokio::test]
async fn a_dark_desk_has_no_violation() -> Result<()> {
    no_violation(Viewport::DESK, true).await
}

#[tokio::test]
async fn a_light_projector_has_no_violation() -> Result<()> {
    no_violation(Viewport::PROJECTOR, false).await
}

#[tokio::test]
async fn a_dark_projector_has_no_violation() -> Result<()> {
    no_violation(Viewport::PROJECTOR, true).await
}

#[tokio::test]
async fn a_light_phone_has_no_violation() -> Result<()> {
    no_violation(Viewport::PHONE, false).await
}

#[tokio::test]
async fn a_dark_phone_has_no_violation() -> Result<()> {
    no_violation(Viewport::PHONE, true).await
}
