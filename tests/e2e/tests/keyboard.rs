//! The page by keyboard alone.

use anyhow::{Context, Result, ensure};
use e2e::{Page, Role, Setup, key};
use serde_json::{Value, json};

/// What can take the focus and is shown, in the order of the document.
const CONTROLS: &str = "
    window.controls = Array.from(document.querySelectorAll('button, select, input, summary'))
        .filter(e => !e.disabled && e.checkVisibility() && e.getClientRects().length > 0);
    return window.controls.length";

/// Which of them has the focus, and whether a person sees that it has.
const FOCUS: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        index: window.controls.indexOf(e),
        what: e.outerHTML.slice(0, 120),
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.top >= 0 && box.bottom <= innerHeight && box.left >= 0
            && box.right <= innerWidth && (e === at || e.contains(at) || at?.contains(e)),
    }";

async fn open() -> Result<Page> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    Ok(page)
}

/// Tab until the control of this name has the focus.
async fn tab_to(page: &Page, name: &str) -> Result<()> {
    for _ in 0..80 {
        page.press(key::TAB).await?;
        if page.focused().await? == name {
            return Ok(());
        }
    }
    anyhow::bail!("Tab never came to {name:?}")
}

async fn every_control_in_turn(setup: &Setup) -> Result<()> {
    let page = Page::open(setup).await?;
    page.read_at("0 at the start").await?;
    page.press(&key::with(key::SHIFT, key::RIGHT)).await?;
    page.read_at("1 after M-step").await?;
    // The box beside the curve comes with the first iteration.
    let tools = "return !!document.getElementById('looks')";
    page.wait_until("the curve can be looked at otherwise", tools)
        .await?;
    let n = page.run(CONTROLS, vec![]).await?;
    let n = n.as_u64().context("a number of controls")?;
    ensure!(n > 30, "only {n} controls");
    for i in 0..n {
        page.press(key::TAB).await?;
        let focus = page.run(FOCUS, vec![]).await?;
        assert_eq!(focus["index"], i, "{focus}");
        assert_eq!(focus["ring"], true, "the focus cannot be seen: {focus}");
        assert_eq!(focus["seen"], true, "out of sight: {focus}");
    }
    page.close().await
}

#[tokio::test]
async fn tab_reaches_every_control_in_order_and_shows_where_it_is() -> Result<()> {
    every_control_in_turn(&Setup::default()).await
}

#[tokio::test]
async fn tab_is_seen_on_an_old_projector_too() -> Result<()> {
    let viewport = e2e::Viewport::PROJECTOR;
    every_control_in_turn(&Setup {
        viewport,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn space_plays_and_pauses() -> Result<()> {
    let page = open().await?;
    page.press(key::SPACE).await?;
    page.read_when(|now| now.status == "running" && now.iteration != "0 at the start")
        .await?;
    page.press(key::SPACE).await?;
    page.read_when(|now| now.status == "paused").await?;
    page.close().await
}

#[tokio::test]
async fn arrows_home_and_end_move_along_the_run() -> Result<()> {
    let page = open().await?;
    for (keys, iteration) in [
        (key::RIGHT.to_owned(), "1 after E-step"),
        (key::RIGHT.to_owned(), "1 after M-step"),
        (key::with(key::SHIFT, key::RIGHT), "2 after M-step"),
        (key::LEFT.to_owned(), "2 after E-step"),
        (key::HOME.to_owned(), "0 at the start"),
        (key::END.to_owned(), "2 after M-step"),
    ] {
        page.press(&keys).await?;
        page.read_at(iteration).await?;
    }
    page.close().await
}

#[tokio::test]
async fn e_and_m_are_the_two_half_steps() -> Result<()> {
    let page = open().await?;
    page.press("e").await?;
    page.read_at("1 after E-step").await?;
    page.press("m").await?;
    page.read_at("1 after M-step").await?;
    page.press("m").await?;
    page.read_at("2 after M-step").await?;
    page.close().await
}

#[tokio::test]
async fn plus_and_minus_change_k_and_are_undone_and_redone() -> Result<()> {
    let page = open().await?;
    let k = async |k: usize| page.read_when(|now| now.components.len() == k + 1).await;
    let before = k(3).await?;
    page.press("+").await?;
    k(4).await?;
    page.press("-").await?;
    k(3).await?;
    page.press("-").await?;
    let after = k(2).await?;
    let (undo, redo) = (key::with(key::CONTROL, "z"), key::with(key::CONTROL, "y"));
    for step in [3, 4, 3] {
        page.press(&undo).await?;
        k(step).await?;
    }
    assert_eq!(page.read().await?, before);
    for step in [4, 3, 2] {
        page.press(&redo).await?;
        k(step).await?;
    }
    assert_eq!(page.read().await?, after);
    page.close().await
}

#[tokio::test]
async fn r_and_n_start_again() -> Result<()> {
    let page = open().await?;
    let start = page.read().await?;
    page.press("e").await?;
    page.read_at("1 after E-step").await?;
    page.press("r").await?;
    assert_eq!(page.read_at("0 at the start").await?, start);
    page.press("n").await?;
    let other = page
        .read_when(|now| now.caption != start.caption && now.iteration == "0 at the start")
        .await?;
    assert!(other.caption.contains("seed 2"), "{}", other.caption);
    page.close().await
}

#[tokio::test]
async fn a_digit_points_a_component_out() -> Result<()> {
    let page = open().await?;
    let pressed = "return Array.from(document.querySelectorAll('.badge'), b => b.ariaPressed)";
    page.press("2").await?;
    let now = page.run(pressed, vec![]).await?;
    assert_eq!(now, json!(["false", "true", "false"]));
    page.press(key::ESCAPE).await?;
    let now = page.run(pressed, vec![]).await?;
    assert_eq!(now, json!(["false", "false", "false"]));
    page.close().await
}

#[tokio::test]
async fn help_opens_closes_and_gives_the_focus_back() -> Result<()> {
    let page = open().await?;
    let open = "return document.querySelector('dialog').open";
    tab_to(&page, "E-step").await?;
    page.press("?").await?;
    page.wait_until("help is open", open).await?;
    assert_eq!(page.focused().await?, "Close");
    // The page's keys are off while it is open.
    page.press("e").await?;
    page.press(key::ESCAPE).await?;
    page.wait_until("help is closed", &format!("{open} === false"))
        .await?;
    assert_eq!(page.focused().await?, "E-step");
    assert_eq!(page.read().await?.iteration, "0 at the start");
    page.close().await
}

#[tokio::test]
async fn keys_are_off_while_a_field_has_the_focus() -> Result<()> {
    let page = open().await?;
    let selected = "return document.querySelectorAll('.badge[aria-pressed=true]').length";
    tab_to(&page, "Components (K)").await?;
    page.press("3").await?;
    assert_eq!(page.run(selected, vec![]).await?, 0);
    page.press(key::SPACE).await?;
    tab_to(&page, "Floor").await?;
    page.press("emrn+").await?;
    page.press(key::RIGHT).await?;
    page.press(key::ESCAPE).await?;
    let now = page.read().await?;
    assert_eq!(now.iteration, "0 at the start");
    assert_eq!(now.status, "ready");
    assert_eq!(now.components.len(), 4);
    page.close().await
}

#[tokio::test]
async fn a_fit_needs_no_mouse() -> Result<()> {
    let page = open().await?;
    tab_to(&page, "Components (K)").await?;
    page.press(&format!("2{}", key::ENTER)).await?;
    page.read_when(|now| now.components.len() == 3).await?;
    // A letter chooses in a list that has the focus.
    tab_to(&page, "Covariance").await?;
    page.press("t").await?;
    let shown = "return document.activeElement.selectedOptions[0].text === 'tied'";
    page.wait_until("tied is chosen", shown).await?;
    page.run("document.activeElement.blur()", vec![]).await?;
    tab_to(&page, "Run to convergence").await?;
    page.press(key::SPACE).await?;
    let end = page.read_at_rest().await?;
    assert!(end.objective().is_finite(), "{end:?}");
    tab_to(&page, "Timeline").await?;
    page.press(key::HOME).await?;
    page.read_at("0 at the start").await?;
    page.close().await
}

#[tokio::test]
async fn speed_is_a_slider_of_the_keyboard() -> Result<()> {
    let page = open().await?;
    tab_to(&page, "Speed").await?;
    page.press(key::END).await?;
    let words = "return document.activeElement.ariaValueText === 'as fast as they come'";
    page.wait_until("the speed is the highest", words).await?;
    let speed = page.find(Role::Slider, "Speed").await?;
    let value = page
        .run(
            "return arguments[0].value",
            vec![serde_json::to_value(&speed)?],
        )
        .await?;
    assert_eq!(value, Value::from("8"));
    page.close().await
}
