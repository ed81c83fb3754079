//! Pictures of the page for people to look at: `cargo xtask shots`.

use anyhow::Result;
use e2e::{Page, Setup, Viewport};

#[tokio::test]
#[ignore = "takes pictures and checks nothing: cargo xtask shots"]
async fn pictures_of_the_first_view() -> Result<()> {
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
            let path = page.screenshot(&name).await?;
            println!("{}", path.display());
            page.close().await?;
        }
    }
    Ok(())
}
