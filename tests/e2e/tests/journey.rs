//! From a file to a fit, and back and forth along it.

use anyhow::{Context, Result};
use e2e::{Page, Role, Setup, key, number};
use serde_json::json;

const FAITHFUL: &[u8] = include_bytes!("../../../assets/sets/faithful.csv");

#[tokio::test]
async fn old_faithful_from_a_file_reaches_the_published_fit() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    page.set_number("Components (K)", 2).await?;
    page.choose("Covariance", "full").await?;
    page.click("Run to convergence").await?;
    let fit = page.read_at_rest().await?;
    assert_eq!(fit.status, "converged");
    let log_likelihood = number(&page.status("Log-likelihood").await?);
    let log_likelihood = log_likelihood.context("the log-likelihood is a number")?;
    assert!((log_likelihood - -1130.264).abs() < 1e-3, "{fit:?}");
    assert_eq!(page.status("BIC").await?, "2322.19");
    page.close().await
}

#[tokio::test]
async fn back_finds_the_same_numbers() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.click("E-step").await?;
    page.read_at("1 after E-step").await?;
    page.click("M-step").await?;
    let before = page.read_at("1 after M-step").await?;
    page.click("E-step").await?;
    let beyond = page.read_at("2 after E-step").await?;
    assert_ne!(before.caption, beyond.caption);
    page.click("Back").await?;
    let after = page.read_at("1 after M-step").await?;
    assert_eq!(before, after);
    page.close().await
}

#[tokio::test]
async fn first_and_last_are_the_ends_of_what_was_recorded() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let start = page.read_at("0 at the start").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    page.click("Step").await?;
    let end = page.read_at("2 after M-step").await?;
    page.click("First").await?;
    assert_eq!(page.read_at("0 at the start").await?, start);
    page.click("Last").await?;
    assert_eq!(page.read_at("2 after M-step").await?, end);
    page.close().await
}

#[tokio::test]
async fn the_timeline_goes_to_any_half_step_and_back() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    for step in 1..=4 {
        page.click("Step").await?;
        page.read_at(&format!("{step} after M-step")).await?;
    }
    let timeline = page.find(Role::Slider, "Timeline").await?;
    let on_the_way = [
        "0 at the start",
        "1 after E-step",
        "1 after M-step",
        "2 after E-step",
        "2 after M-step",
        "3 after E-step",
        "3 after M-step",
        "4 after E-step",
        "4 after M-step",
    ];
    let mut there = Vec::new();
    timeline.send_keys(key::HOME).await?;
    for (i, iteration) in on_the_way.iter().enumerate() {
        if i > 0 {
            timeline.send_keys(key::RIGHT).await?;
        }
        there.push(page.read_at(iteration).await?);
    }
    for (iteration, there) in on_the_way.iter().zip(&there).rev() {
        assert_eq!(&page.read_at(iteration).await?, there);
        timeline.send_keys(key::LEFT).await?;
    }
    page.close().await
}

#[tokio::test]
async fn dragging_the_timeline_shows_the_half_step_under_the_thumb() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.click("Run to convergence").await?;
    let end = page.read_at_rest().await?;
    let timeline = page.find(Role::Slider, "Timeline").await?;
    let (x, y, width, height) = timeline.rectangle().await?;
    let mouse = async |kind: &str, x: f64| {
        let at = json!({
            "type": kind, "x": x, "y": y + height / 2.0, "button": "left", "buttons": 1, "clickCount": 1,
        });
        page.devtools("Input.dispatchMouseEvent", at).await
    };
    let (left, right) = (x + 8.0, x + width - 8.0);
    mouse("mousePressed", right).await?;
    mouse("mouseMoved", (left + right) / 2.0).await?;
    let middle = page.read_when(|now| now.iteration != end.iteration).await?;
    assert_ne!(middle.iteration, "0 at the start");
    mouse("mouseMoved", left).await?;
    page.read_at("0 at the start").await?;
    mouse("mouseMoved", right).await?;
    mouse("mouseReleased", right).await?;
    assert_eq!(page.read_at(&end.iteration).await?, end);
    page.close().await
}

#[tokio::test]
async fn every_built_in_set_opens_and_runs_to_an_end() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let script = "return Array.from(document.getElementById('data-set').options, o => o.text)";
    let sets: Vec<String> = serde_json::from_value(page.run(script, vec![]).await?)?;
    assert!(sets.len() >= 7, "{sets:?}");
    for set in sets {
        page.choose("Data set", &set).await?;
        page.read_when(|now| now.data == set).await?;
        page.click("Run to convergence").await?;
        let end = page.read_at_rest().await?;
        assert!(end.objective().is_finite(), "{set}: {end:?}");
        assert_eq!(page.console_problems().await?, [""; 0], "{set}");
    }
    page.close().await
}

#[tokio::test]
async fn every_number_of_components_can_be_typed_and_stepped() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    for k in 1..=32 {
        page.set_number("Components (K)", k).await?;
        page.read_when(|now| now.components.len() == k + 1 && now.iteration == "0 at the start")
            .await?;
        page.click("Step").await?;
        let stepped = page
            .read_when(|now| now.iteration == "1 after M-step" || now.status == "collapsed")
            .await?;
        assert!(stepped.objective().is_finite(), "K = {k}: {stepped:?}");
    }
    page.close().await
}

#[tokio::test]
async fn every_covariance_goes_with_every_start() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    for covariance in ["full", "tied", "diagonal", "spherical"] {
        page.choose("Covariance", covariance).await?;
        page.read_at("0 at the start").await?;
        for start in [
            "k-means++ then k-means",
            "k-means++ points",
            "random points",
            "random responsibilities",
        ] {
            page.choose("Start", start).await?;
            page.read_at("0 at the start").await?;
            page.click("Step").await?;
            let stepped = page.read_at("1 after M-step").await?;
            assert!(
                stepped.objective().is_finite(),
                "{covariance}, {start}: {stepped:?}"
            );
            let shown = "return ['covariance', 'start'].map(id => document.getElementById(id).selectedOptions[0].text)";
            assert_eq!(
                page.run(shown, vec![]).await?,
                json!([covariance, start]),
                "what the lists show"
            );
        }
    }
    page.close().await
}

#[tokio::test]
async fn a_component_that_collapses_has_a_name_and_a_way_back() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let mut table = String::from("x,y\n");
    for i in 0..40 {
        table += &format!("{},{}\n", (i * 7) % 11, (i * 5) % 13);
    }
    table += &"1000,1000\n".repeat(5);
    page.upload("far.csv", table.as_bytes()).await?;
    page.read_when(|now| now.data == "far.csv").await?;
    page.choose("Start", "k-means++ points").await?;
    page.set_number("Components (K)", 2).await?;
    page.fill(Role::Textbox, "Floor", "0").await?;
    page.click("Run to convergence").await?;
    let end = page.read_at_rest().await?;
    assert_eq!(end.status, "collapsed");
    page.click("Back").await?;
    let back = page.read_when(|now| now.status != "collapsed").await?;
    assert_ne!(back.iteration, end.iteration);
    page.click("First").await?;
    page.read_at("0 at the start").await?;
    page.click("E-step").await?;
    page.read_at("1 after E-step").await?;
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}
