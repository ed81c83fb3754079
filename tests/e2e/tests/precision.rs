//! The choice of single precision: offered where it helps, and finished to the digits of the
//! exact fit.

use anyhow::Result;
use e2e::{Page, Reading, Role, Setup};

/// Three groups that touch, from a formula.
fn rows(n: usize) -> Vec<u8> {
    let mut text = "x,y\n".to_owned();
    for i in 0..n {
        let unit = |factor: usize, modulus: usize| (i * factor % modulus) as f64 / modulus as f64;
        let (u, v) = (unit(7919, 10_007), unit(104_729, 20_011));
        let group = (i % 3) as f64;
        let (x, y) = (u + u * v + 1.2 * group, v - u * v + 0.9 * group * group);
        text.push_str(&format!("{x:.6},{y:.6}\n"));
    }
    text.into_bytes()
}

const FAST: &str = "Fast (single, finished in double)";

async fn fit(page: &Page, precision: &str) -> Result<Reading> {
    page.choose("Precision", precision).await?;
    page.click("Same start").await?;
    page.read_when(|now| now.iteration == "0 at the start")
        .await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await
}

#[tokio::test]
async fn a_fast_fit_ends_with_the_digits_of_an_exact_one() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.upload("rows.csv", &rows(60_000)).await?;
    page.read_when(|now| now.data == "rows.csv").await?;
    let unfold = "document.querySelectorAll('details').forEach(d => d.open = true)";
    page.run(unfold, vec![]).await?;
    page.fill(Role::Textbox, "Tolerance", "1e-10").await?;
    let exact = fit(&page, "Exact (double)").await?;
    assert_eq!(exact.status, "converged");
    let fast = fit(&page, FAST).await?;
    assert_eq!(fast.status, "converged");
    assert_eq!(
        (&fast.log_likelihood, &fast.bic, &fast.components),
        (&exact.log_likelihood, &exact.bic, &exact.components)
    );
    // On its way the curve says what it shows.
    page.click("First").await?;
    page.read_at("0 at the start").await?;
    let text = page.text().await?.to_lowercase();
    assert!(text.contains("(single precision)"), "{text}");
    assert_eq!(page.audit().await?, Vec::<String>::new());
    page.close().await
}

#[tokio::test]
async fn single_precision_is_offered_where_iterations_are_long_and_there_is_a_way() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    assert!(page.find_now(Role::Button, "Use Fast").await?.is_none());
    // So many that they are long on any device.
    page.upload("rows.csv", &rows(1_000_000)).await?;
    page.read_when(|now| now.data == "rows.csv").await?;
    page.set_number("Components (K)", 16).await?;
    page.read_when(|now| now.components.len() == 17).await?;
    page.click("Play").await?;
    page.wait_until(
        "Fast is offered",
        "return Array.from(document.querySelectorAll('.status button')).some(b => b.innerText === 'Use Fast')",
    )
    .await?;
    page.click("Pause").await?;
    page.click("Use Fast").await?;
    page.wait_until(
        "Fast is chosen",
        "return document.querySelector('#precision').selectedOptions[0].innerText.startsWith('Fast')",
    )
    .await?;
    assert!(page.find_now(Role::Button, "Use Fast").await?.is_none());
    page.close().await
}
