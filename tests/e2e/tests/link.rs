//! Links: the address follows, leads back, and survives whatever stands in it.

use anyhow::{Context, Result};
use e2e::{Page, Reading, Role, Setup, Viewport, key};

const HASH: &str = "return location.hash";

fn at(link: &str) -> Setup {
    Setup {
        link: link.to_owned(),
        ..Setup::default()
    }
}

async fn hash(page: &Page) -> Result<String> {
    let hash = page.run(HASH, vec![]).await?;
    Ok(hash.as_str().unwrap_or_default().to_owned())
}

/// What is read of a half-step, but for what led there.
fn numbers(reading: &Reading) -> Reading {
    Reading {
        status: String::new(),
        ..reading.clone()
    }
}

#[tokio::test]
async fn the_address_follows_and_leads_another_page_to_the_same_numbers() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    let entries = page.run("return history.length", vec![]).await?;
    assert_eq!(hash(&page).await?, "");
    page.choose("Data set", "Old Faithful").await?;
    page.read_when(|now| now.data == "Old Faithful").await?;
    page.choose("Start", "random points").await?;
    page.set_number("Components (K)", 4).await?;
    page.read_when(|now| now.components.len() == 5).await?;
    for step in 1..=3 {
        page.click("Step").await?;
        page.read_at(&format!("{step} after M-step")).await?;
    }
    page.fill(Role::Textbox, "Floor", "0.01").await?;
    page.click("Step").await?;
    page.read_at("4 after M-step").await?;
    page.click("E-step").await?;
    let there = page.read_at("5 after E-step").await?;
    let wanted = "return location.hash.includes('at=3&fl=') && location.hash.endsWith('it=5e')";
    page.wait_until("the address leads here", wanted).await?;
    assert_eq!(page.run("return history.length", vec![]).await?, entries);
    let link = hash(&page).await?;
    // Reloaded, and in another browser.
    page.reload().await?;
    let again = page.read_at("5 after E-step").await?;
    assert_eq!(numbers(&again), numbers(&there));
    page.close().await?;
    let other = Page::open(&at(&link)).await?;
    let again = other.read_at("5 after E-step").await?;
    assert_eq!(numbers(&again), numbers(&there));
    assert_eq!(other.console_problems().await?, [""; 0]);
    // Undo takes the whole link back.
    other.press(&key::with(key::CONTROL, "z")).await?;
    other.read_when(|now| now.data != "Old Faithful").await?;
    other.close().await
}

#[tokio::test]
async fn another_address_in_the_same_page_is_followed() -> Result<()> {
    let page = Page::open(&at("#v=1&d=faithful&it=2")).await?;
    page.read_when(|now| now.data == "Old Faithful" && now.iteration == "2 after M-step")
        .await?;
    page.run("location.hash = '#v=1&d=iris&k=2&it=3e'", vec![])
        .await?;
    let now = page
        .read_when(|now| now.data == "Iris" && now.iteration == "3 after E-step")
        .await?;
    assert_eq!(now.components.len(), 3);
    page.close().await
}

#[tokio::test]
async fn hostile_links_are_told_and_do_no_harm() -> Result<()> {
    for (link, told) in [
        ("#v=1&k=0&d=%00%ff%<script>alert(1)</script>", true),
        ("#v=9&own=x:1e999,2;y:3", true),
        (
            "#&&&===&&#%%%&it=99999999999999999999&at=1&do=split.-1",
            true,
        ),
        (
            "#d=faithful&at=1&do=split.31&at=999999&do=merge.0.0&it=1000000",
            true,
        ),
        ("#hide=<b>&lock=data&th=&ui=..&sel=31&cl=3", true),
        ("#unknown=1&colour=red", false),
        ("#", false),
    ] {
        let page = Page::open(&at(link)).await?;
        let alert = "return !!document.querySelector('.problem')?.checkVisibility()";
        if told {
            page.wait_until("the page says what it could not read", alert)
                .await?;
        }
        let now = page.read_when(|now| now.objective().is_finite()).await?;
        assert!(!now.data.is_empty(), "{link}: {now:?}");
        page.press(key::ESCAPE).await?;
        page.press("m").await?;
        page.read_when(|later| later.iteration != now.iteration)
            .await?;
        let script = page
            .run("return document.querySelector('script:not([src])')", vec![])
            .await?;
        assert!(script.is_null());
        page.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sharing_gives_a_link_a_code_and_a_frame() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    page.press("u").await?;
    page.wait_until(
        "the link is copied",
        "return document.querySelector('.share output')?.textContent === 'The link is copied.'",
    )
    .await?;
    let values = "return Array.from(document.querySelectorAll('.share input'), i => i.value)";
    let values: Vec<String> = serde_json::from_value(page.run(values, vec![]).await?)?;
    let here = page.run("return location.href", vec![]).await?;
    assert_eq!(values[0], here.as_str().unwrap_or_default());
    assert!(values[0].ends_with("#v=1&d=blobs&it=1"), "{values:?}");
    assert!(values[1].starts_with("<iframe src=\"") && values[1].contains("ui=embed"));
    let code =
        "const p = document.querySelector('.code path'); return p.getAttribute('d').length > 1000";
    page.wait_until("there is a code", code).await?;
    // For a class.
    page.choose("Class: model", "hidden").await?;
    page.choose("Class: data", "locked").await?;
    let link =
        "return document.querySelector('.share input').value.endsWith('&hide=model&lock=data')";
    page.wait_until("the link takes controls away", link)
        .await?;
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.press(key::ESCAPE).await?;
    page.press("e").await?;
    page.read_at("2 after E-step").await?;
    page.close().await
}

#[tokio::test]
async fn what_a_link_hides_or_locks_cannot_be_used_by_hand_or_key() -> Result<()> {
    let page = Page::open(&at(
        "#v=1&d=faithful&k=3&hide=model&lock=start.data&th=dark",
    ))
    .await?;
    let before = page.read_when(|now| now.data == "Old Faithful").await?;
    let looks = "
        const setup = document.querySelectorAll('.setup > *');
        return setup[0].inert && setup[2].hidden && document.querySelector('.starts').inert
            && !setup[1].inert && document.documentElement.dataset.theme === 'dark'";
    page.wait_until("controls are taken away", looks).await?;
    for key in ["+", "n", "-", "r"] {
        page.press(key).await?;
    }
    page.press("e").await?;
    let after = page.read_at("1 after E-step").await?;
    assert_eq!(after.components.len(), before.components.len());
    page.press(key::LEFT).await?;
    assert_eq!(page.read_at("0 at the start").await?, before);
    // The page's own link takes them away too.
    page.wait_until(
        "the address keeps them away",
        "return location.hash.includes('hide=model&lock=data.start')",
    )
    .await?;
    page.close().await
}

#[tokio::test]
async fn an_embedded_page_is_the_map_the_keys_and_the_curve() -> Result<()> {
    for viewport in [Viewport::window(960, 640), Viewport::PHONE] {
        let page = Page::open(&Setup {
            viewport,
            ..at("#v=1&d=faithful&it=3&ui=embed")
        })
        .await?;
        page.read_at("3 after M-step").await?;
        let seen = "
            const seen = name => !!document.querySelector(name)?.checkVisibility();
            return !seen('.top') && !seen('.setup') && seen('.map') && seen('.keys')
                && document.documentElement.scrollWidth <= innerWidth";
        page.wait_until("only these are there", seen).await?;
        page.wait_until_drawn().await?;
        page.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_ones_own_come_along() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let mut table = String::from("a b,c\n");
    for i in 0..60 {
        table += &format!(
            "{},{}\n",
            f64::from(i * 37 % 61) / 7.0,
            f64::from(i * 17 % 53) / 3.0
        );
    }
    page.upload("my rows.csv", table.as_bytes()).await?;
    page.read_when(|now| now.data == "my rows.csv").await?;
    page.click("Step").await?;
    let there = page.read_at("1 after M-step").await?;
    page.wait_until(
        "the address has the rows",
        "return /own=a%20b:.*it=1$/.test(location.hash)",
    )
    .await?;
    let link = hash(&page).await?;
    page.close().await?;
    let other = Page::open(&at(&link)).await?;
    let again = other.read_at("1 after M-step").await?;
    assert_eq!(numbers(&again), numbers(&there));
    let rows = other
        .run(
            "return document.querySelector('.data-size').innerText",
            vec![],
        )
        .await?;
    assert!(rows.as_str().context("text")?.contains("60 rows"));
    other.close().await
}
