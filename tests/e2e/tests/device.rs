//! Measuring the device, from the dialog with the keys.

use anyhow::Result;
use e2e::{Page, Setup};

#[tokio::test]
async fn the_device_is_measured_row_by_row_and_the_run_is_left_as_it_was() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    page.click("Step").await?;
    let before = page.read_at("1 after M-step").await?;

    page.press("?").await?;
    page.click("Measure this device").await?;
    let rows = "return document.querySelectorAll('.device-table tbody tr').length > 1";
    page.wait_until("two rows are there", rows).await?;
    assert_eq!(page.audit().await?, Vec::<String>::new());
    let cells = "return Array.from(document.querySelector('.device-table tbody tr').cells, cell => cell.innerText)";
    let cells: Vec<String> = serde_json::from_value(page.run(cells, vec![]).await?)?;
    let first = ["a", "10\u{202f}000 × 2", "3", "full", "Exact", "1"];
    assert_eq!(cells[..6], first);
    assert!(
        e2e::number(&cells[6]).is_some_and(|ms| ms > 0.0),
        "{cells:?}"
    );
    assert!(
        e2e::number(&cells[7]).is_some_and(|ns| ns > 0.0),
        "{cells:?}"
    );

    page.click("Stop measuring").await?;
    page.wait_until(
        "it can be measured again",
        "return document.querySelector('.device button').innerText === 'Measure this device'",
    )
    .await?;
    page.click("Close").await?;
    assert_eq!(page.read().await?, before);
    page.click("Step").await?;
    page.read_at("2 after M-step").await?;
    page.close().await
}
