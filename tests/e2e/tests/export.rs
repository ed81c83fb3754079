//! Everything out, and in again.

use anyhow::{Context, Result};
use e2e::{Page, Role, Setup, key};
use serde_json::json;

/// Keeps what would be saved: its name and its text.
const CATCH: &str = "
    window.saved = [];
    const blobs = new Map();
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
        const url = make.call(URL, blob);
        blobs.set(url, blob);
        return url;
    };
    HTMLAnchorElement.prototype.click = function () {
        const name = this.download;
        blobs.get(this.href).text().then((text) => window.saved.push([name, text]));
    };";

/// Opens the dialog and presses the button of a file; its name and text.
async fn export(page: &Page, button: &str) -> Result<(String, String)> {
    page.run("window.saved.length = 0", vec![]).await?;
    if page.find_now(Role::Dialog, "Export").await?.is_none() {
        page.click("Export").await?;
        page.find(Role::Dialog, "Export").await?;
    }
    page.click(button).await?;
    for _ in 0..600 {
        let saved = page.run("return window.saved[0] ?? null", vec![]).await?;
        if let Some(list) = saved.as_array() {
            let text = |i: usize| list[i].as_str().map(str::to_owned).context("it is a text");
            return Ok((text(0)?, text(1)?));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("{button} gave no file")
}

async fn close(page: &Page) -> Result<()> {
    page.press(key::ESCAPE).await?;
    let open = page.find_now(Role::Dialog, "Export").await?;
    assert!(open.is_none(), "Escape closes the dialog");
    Ok(())
}

#[tokio::test]
async fn a_model_that_is_exported_opened_and_exported_again_has_the_same_bytes() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.run(CATCH, vec![]).await?;
    for _ in 0..3 {
        page.click("Step").await?;
    }
    let before = page.read_at("3 after M-step").await?;
    let (name, text) = export(&page, "Model (JSON)").await?;
    assert_eq!(name, "three-blobs_gaussian_full_K3.model.json");
    close(&page).await?;
    let focus = page
        .run("return document.activeElement.textContent.trim()", vec![])
        .await?;
    assert_eq!(focus, json!("Export"), "the focus is back where it was");

    page.click("New start").await?;
    page.read_at("0 at the start").await?;
    page.upload("again.json", text.as_bytes()).await?;
    let log_likelihood = before.log_likelihood.clone();
    let opened = page
        .read_when(|now| now.log_likelihood == log_likelihood)
        .await?;
    assert!(opened.iteration.contains("0 at the start"), "{opened:?}");
    let (_, again) = export(&page, "Model (JSON)").await?;
    assert_eq!(again, text);
    close(&page).await?;

    // What was changed is refused, and what was there stays.
    let tampered = text.replacen("\"weights\": [0.", "\"weights\": [0.0", 1);
    page.upload("tampered.json", tampered.as_bytes()).await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("checksum"), "{alert}");
    assert_eq!(page.read().await?.log_likelihood, log_likelihood);
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn rows_are_all_there_without_a_formula_and_a_run_is_made_again() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.run(CATCH, vec![]).await?;
    let mut csv = String::from("x,y,\"=HYPERLINK(1)\"\n");
    for i in 0..5000 {
        csv += &format!("{},{},=1+{i}\n", (i * i) % 97, -((i * 7) % 41));
    }
    page.upload("rows.csv", csv.as_bytes()).await?;
    page.read_when(|now| now.data == "rows.csv").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    let (name, rows) = export(&page, "Rows (CSV)").await?;
    assert_eq!(name, "rows_gaussian_full_K3.rows.csv");
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 5001);
    assert!(lines[0].starts_with("x,y,\"'=HYPERLINK(1)\",label,responsibility_A"));
    assert!(lines[2].starts_with("1,-7,\"'=1+1\","), "{}", lines[2]);
    assert!(lines.iter().skip(1).all(|line| line.contains(",\"'=1+")));

    let (_, run) = export(&page, "Experiment (JSON)").await?;
    let (_, log) = export(&page, "Run log (JSON lines)").await?;
    assert_eq!(log.lines().count(), 3);
    let (_, samples) = export(&page, "Samples (CSV)").await?;
    assert_eq!(samples.lines().count(), 1001);
    let (name, script) = export(&page, "Python").await?;
    assert!(name.ends_with("_K3.py") && script.contains("GaussianMixture"));
    close(&page).await?;

    page.click("Same start").await?;
    page.read_at("0 at the start").await?;
    page.upload("run.json", run.as_bytes()).await?;
    page.read_at("1 after M-step").await?;
    let (_, again) = export(&page, "Experiment (JSON)").await?;
    assert_eq!(again, run);
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn what_a_model_has_no_script_for_says_what_to_take_instead() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.run(CATCH, vec![]).await?;
    page.choose("Algorithm", "Student-t mixture").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    page.click("Export").await?;
    let dialog = page.find(Role::Dialog, "Export").await?;
    page.find(Role::Button, "PySpark").await?;
    let text = dialog.text().await?;
    assert!(
        text.contains("Mclust has no such model: take the script for Python."),
        "{text}"
    );
    let (_, script) = export(&page, "Python").await?;
    assert!(script.contains("\"degrees\": ["));
    page.close().await
}
