//! Pictures of the page for people to look at: `cargo xtask shots`.

use anyhow::Result;
use e2e::{Page, Setup, Viewport};

#[tokio::test]
#[ignore = "takes pictures and checks nothing: cargo xtask shots"]
async fn pictures_of_the_first_view_and_of_a_fit_on_its_way() -> Result<()> {
    for viewport in [Viewport::DESK, Viewport::PROJECTOR, Viewport::PHONE] {
        for dark in [false, true] {
            let setup = Setup {
                viewport,
                dark,
                ..Setup::default()
            };
            let page = Page::open(&setup).await?;
            let scheme = if dark { "dark" } else { "light" };
            let name = format!("{}x{}-{scheme}", viewport.width, viewport.height);
            page.wait_until_drawn().await?;
            let start = page.screenshot(&name).await?;
            for iteration in 1..=3 {
                page.click("Step").await?;
                page.read_at(&format!("{iteration} after M-step")).await?;
            }
            page.click("E-step").await?;
            page.read_at("4 after E-step").await?;
            page.wait_until_drawn().await?;
            let later = page.screenshot(&format!("{name}-later")).await?;
            println!("{}\n{}", start.display(), later.display());
            page.close().await?;
        }
    }
    Ok(())
}
