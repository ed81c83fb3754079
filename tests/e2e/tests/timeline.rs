//! The past on the timeline: events, branches, undo.

use anyhow::{Context, Result};
use e2e::{Page, Role, Setup, key};
use fantoccini::Locator;
use fantoccini::elements::Element;

/// Sixty iterations of a run that has not converged, from random points.
async fn long_run() -> Result<Page> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    page.choose("Start", "random points").await?;
    page.set_number("Components (K)", 5).await?;
    page.read_when(|now| now.components.len() == 6).await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    Ok(page)
}

/// The buttons of this class on the timeline, with their names.
async fn marks(page: &Page, class: &str) -> Result<Vec<(String, Element)>> {
    let found = page
        .client()
        .find_all(Locator::Css(&format!(".past .{class}")))
        .await?;
    let mut marks = Vec::new();
    for element in found {
        marks.push((page.name_of(&element).await?, element));
    }
    Ok(marks)
}

#[tokio::test]
async fn a_change_in_the_past_leaves_a_branch_and_a_press_goes_back_to_it() -> Result<()> {
    let page = long_run().await?;
    let old = page.read().await?;
    page.run("document.activeElement.blur()", vec![]).await?;
    page.press(key::HOME).await?;
    page.read_at("0 at the start").await?;
    for _ in 0..6 {
        page.press(key::RIGHT).await?;
    }
    let fork = page.read_at("3 after M-step").await?;
    page.fill(Role::Textbox, "Floor", "0.1").await?;
    let branch = "return document.querySelectorAll('.past .branch').length === 1";
    page.wait_until("there is a branch", branch).await?;
    page.click("Step").await?;
    let new = page.read_at("4 after M-step").await?;
    let (name, _) = marks(&page, "branch").await?.remove(0);
    assert!(
        name.starts_with("Branch from iteration 3, after M-step to iteration "),
        "{name}"
    );
    // By keyboard: a button among others.
    page.run("document.querySelector('.past .branch').focus()", vec![])
        .await?;
    page.press(key::ENTER).await?;
    let again = page.read_at(&old.iteration).await?;
    assert_eq!(
        (&again.log_likelihood, &again.components),
        (&old.log_likelihood, &old.components)
    );
    assert_eq!(page.focused().await?, "Timeline");
    page.press(&key::with(key::CONTROL, "z")).await?;
    assert_eq!(page.read_at("4 after M-step").await?, new);
    page.press(&key::with(key::CONTROL, "z")).await?;
    assert_eq!(
        page.read_at("3 after M-step").await?.components,
        fork.components
    );
    page.press(&key::with(key::CONTROL, "y")).await?;
    assert_eq!(page.read_at("4 after M-step").await?, new);
    page.press(&key::with(key::CONTROL, "y")).await?;
    page.read_at(&old.iteration).await?;
    page.close().await
}

#[tokio::test]
async fn events_have_names_and_lead_to_their_half_steps() -> Result<()> {
    let page = long_run().await?;
    let end = page.read().await?;
    page.click("First").await?;
    page.read_at("0 at the start").await?;
    page.wait_until(
        "there are events",
        "return !!document.querySelector('.past .good')",
    )
    .await?;
    let (name, mark) = marks(&page, "good").await?.pop().context("a mark")?;
    let iteration = end.iteration.split(' ').next().unwrap_or_default();
    assert!(
        name.starts_with(&format!("Converged, iteration {iteration}, after M-step: ")),
        "{name}"
    );
    mark.click().await?;
    assert_eq!(
        page.read_at(&end.iteration).await?.log_likelihood,
        end.log_likelihood
    );
    // A change of settings is one, at the half-step where it acts.
    page.fill(Role::Textbox, "Floor", "0.01").await?;
    let changed = "return [...document.querySelectorAll('.past .event')]
        .some(e => e.ariaLabel.startsWith('Change of settings, iteration'))";
    page.wait_until("the change is pinned", changed).await?;
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn undo_and_redo_take_axes_back_and_forth() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    let across = "return document.getElementById('across').selectedOptions[0].text";
    page.choose("Data set", "Iris").await?;
    page.read_when(|now| now.data == "Iris").await?;
    let before = page.run(across, vec![]).await?;
    let third = "const s = document.getElementById('across'); s.selectedIndex = 2;
        s.dispatchEvent(new Event('change', { bubbles: true }))";
    page.run(third, vec![]).await?;
    let is = |text: &serde_json::Value| format!("{across} === {text}");
    let differs = format!("{across} !== {before}");
    page.wait_until("the axis is another", &differs).await?;
    page.run("document.activeElement.blur()", vec![]).await?;
    let after = page.run(across, vec![]).await?;
    page.press(&key::with(key::CONTROL, "z")).await?;
    page.wait_until("the axis is as before", &is(&before))
        .await?;
    page.press(&key::with(key::CONTROL, "y")).await?;
    page.wait_until("the axis is the other one again", &is(&after))
        .await?;
    page.close().await
}

#[tokio::test]
async fn the_climb_is_shown_otherwise_and_every_look_takes_a_press() -> Result<()> {
    let page = long_run().await?;
    let end = page.read().await?;
    let canvas = page.client().find(Locator::Css(".curve canvas")).await?;
    let mut pictures = Vec::new();
    for look in [
        "by iteration",
        "by time",
        "to its limit",
        "bound and gap",
        "parameters",
    ] {
        page.choose("Curve", look).await?;
        page.wait_until_drawn().await?;
        let picture = page
            .run(
                "return document.querySelector('.curve canvas').toDataURL()",
                vec![],
            )
            .await?;
        assert!(!pictures.contains(&picture), "{look} looks like another");
        pictures.push(picture);
        // The left edge is the earliest half-step that the look shows.
        let press = "const c = arguments[0], r = c.getBoundingClientRect();
            c.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: r.left + 50, clientY: r.top + 9 }))";
        page.run(press, vec![serde_json::to_value(&canvas)?])
            .await?;
        page.read_when(|now| now.iteration != end.iteration).await?;
        page.click("Last").await?;
        page.read_at(&end.iteration).await?;
    }
    page.close().await
}

#[tokio::test]
async fn bound_and_gap_are_told_half_step_by_half_step() -> Result<()> {
    let page = long_run().await?;
    page.click("First").await?;
    page.read_at("0 at the start").await?;
    page.choose("Curve", "bound and gap").await?;
    page.wait_for_status("Bound and gap", |text| {
        text.starts_with("Before the first E-step")
    })
    .await?;
    page.click("E-step").await?;
    page.wait_for_status("Bound and gap", |text| {
        text.starts_with("The E-step made the lower bound touch")
    })
    .await?;
    page.click("M-step").await?;
    let m = page
        .wait_for_status("Bound and gap", |text| {
            text.starts_with("The M-step lifted the bound by ")
        })
        .await?;
    let now = page.read().await?;
    // log-likelihood L = lower bound B + gap G.
    let numbers = m.split(": ").nth(1).context("an equation")?;
    let parts: Vec<f64> = numbers
        .trim_end_matches('.')
        .replace('\u{2212}', "-")
        .split([' '])
        .filter_map(|word| word.parse().ok())
        .collect();
    let [log_likelihood, bound, gap] = parts[..] else {
        anyhow::bail!("three numbers in {m:?}");
    };
    assert!((log_likelihood - now.objective()).abs() < 1e-9);
    assert!((bound + gap - log_likelihood).abs() < 2e-3, "{m}");
    assert!(gap > 0.0);
    page.click("E-step").await?;
    page.wait_for_status("Bound and gap", |text| {
        text.starts_with("The E-step closed a gap of ")
    })
    .await?;
    page.close().await
}
