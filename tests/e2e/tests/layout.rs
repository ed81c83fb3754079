//! Where things are: nothing sticks out, wraps or is too small to touch.

use anyhow::Result;
use e2e::{Page, Role, Setup, Viewport};

/// How far the page is wider than its window, and what sticks out.
const TOO_WIDE: &str = "
    const root = document.documentElement;
    const out = Array.from(document.body.querySelectorAll('*'))
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > root.clientWidth + 1)
        .map(e => e.outerHTML.slice(0, 100));
    return root.scrollWidth <= root.clientWidth ? '' : `${root.scrollWidth}: ${out.join('\\n')}`";

async fn fits(viewport: Viewport) -> Result<()> {
    let page = Page::open(&Setup {
        viewport,
        ..Setup::default()
    })
    .await?;
    page.read_at("0 at the start").await?;
    let width = viewport.width;
    assert_eq!(page.run(TOO_WIDE, vec![]).await?, "", "{width}: first view");
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    assert_eq!(
        page.run(TOO_WIDE, vec![]).await?,
        "",
        "{width}: after a run"
    );
    let unfold = "document.querySelectorAll('details').forEach(d => d.open = true)";
    page.run(unfold, vec![]).await?;
    page.choose("Data set", "Iris").await?;
    page.read_when(|now| now.data == "Iris").await?;
    page.set_number("Components (K)", 9).await?;
    page.read_when(|now| now.components.len() == 10).await?;
    assert_eq!(page.run(TOO_WIDE, vec![]).await?, "", "{width}: iris");
    let name = format!("{}.csv", "a_name_without_end_".repeat(6));
    page.upload(&name, b"x,y\n1,\"2\n").await?;
    page.find(Role::Alert, "Problem").await?;
    assert_eq!(page.run(TOO_WIDE, vec![]).await?, "", "{width}: problem");
    let header = "a_column_with_a_name_without_end_".repeat(4);
    let table = format!("{header},{header}b\n1,2\n3,5\n-1e200,4\n8,7\n2e-9,3\n");
    let table = table.replace("-1e200", "-123456789.5");
    page.upload(&name, table.as_bytes()).await?;
    page.read_when(|now| now.data == name).await?;
    assert_eq!(page.run(TOO_WIDE, vec![]).await?, "", "{width}: long names");
    page.close().await
}

#[tokio::test]
async fn nothing_scrolls_sideways_on_a_desk() -> Result<()> {
    fits(Viewport::DESK).await?;
    fits(Viewport::window(1180, 800)).await
}

#[tokio::test]
async fn nothing_scrolls_sideways_on_an_old_projector() -> Result<()> {
    fits(Viewport::PROJECTOR).await?;
    fits(Viewport::window(760, 1024)).await
}

#[tokio::test]
async fn nothing_scrolls_sideways_in_a_narrow_window() -> Result<()> {
    fits(Viewport::window(390, 844)).await?;
    fits(Viewport::window(320, 640)).await
}

#[tokio::test]
async fn nothing_scrolls_sideways_on_a_phone() -> Result<()> {
    fits(Viewport::PHONE).await
}

#[tokio::test]
async fn the_transport_bar_is_one_line_on_a_desk() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    // The longest words that it can show: a large seed, many iterations.
    page.set_number("Seed", 4_294_967_295u32).await?;
    page.read_when(|now| now.caption.contains("4294967295"))
        .await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    let rows = "
        const bar = document.querySelector('.transport');
        const parts = bar.querySelectorAll('.keys, .speed, .readout, .starts, button, label, output');
        return Array.from(parts, part => {
            const box = part.getBoundingClientRect();
            return [part.className || part.textContent, Math.round(box.top + box.height / 2), box.height];
        })";
    let parts: Vec<(String, i64, f64)> = serde_json::from_value(page.run(rows, vec![]).await?)?;
    let line = parts[0].1;
    for (part, middle, height) in &parts {
        assert!(
            (middle - line).abs() <= 3,
            "{part} is on another line: {parts:?}"
        );
        assert!(*height < 36.0, "{part} wraps: {parts:?}");
    }
    page.close().await
}

#[tokio::test]
async fn the_keys_of_the_transport_can_be_touched() -> Result<()> {
    let page = Page::open(&Setup {
        viewport: Viewport::PHONE,
        ..Setup::default()
    })
    .await?;
    for name in [
        "First",
        "Back",
        "Last",
        "Play",
        "E-step",
        "M-step",
        "Step",
        "Run to convergence",
    ] {
        let button = page.find(Role::Button, name).await?;
        let (_, y, width, height) = button.rectangle().await?;
        assert!(height >= 44.0, "{name}: {height} high");
        assert!(width >= 24.0, "{name}: {width} wide");
        assert!(y + height <= 844.0, "{name} is below the screen");
    }
    page.close().await
}
