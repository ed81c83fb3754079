//! Large data: several workers make a run together, and it is the run of one alone.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use e2e::{Page, Reading, Setup};
use mixscope::session::{Command, Session, View};

const N: usize = 40_000;

/// From so many rows on pictures are shared out.
const MANY: usize = 280_000;

/// Five groups that overlap, from a formula.
fn rows(n: usize) -> Vec<u8> {
    let mut text = "x,y\n".to_owned();
    for i in 0..n {
        let unit = |factor: usize, modulus: usize| (i * factor % modulus) as f64 / modulus as f64;
        let (u, v) = (unit(7919, 10_007), unit(104_729, 20_011));
        let (a, b) = ((i % 5) as f64, (i * i % 5) as f64);
        let (x, y) = (u + u * v + a, v - u * v + 0.7 * b);
        text.push_str(&format!("{x:.6},{y:.6}\n"));
    }
    text.into_bytes()
}

/// The run of one program alone, to its end.
fn alone(rows: &[u8]) -> View {
    let mut session = Session::new();
    session.open_csv("many.csv", rows);
    session.handle(Command::SetComponents(12));
    session.handle(Command::RunToConvergence);
    while session.is_running() {
        session.advance();
    }
    session.view()
}

async fn run(page: &Page, rows: &[u8]) -> Result<Reading> {
    page.upload("many.csv", rows).await?;
    page.read_when(|now| now.data == "many.csv").await?;
    page.set_number("Components (K)", 12).await?;
    page.read_when(|now| now.components.len() == 13).await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await
}

fn assert_same(page: &Reading, alone: &View) {
    assert_eq!(page.iteration, format!("{} after M-step", alone.iteration));
    assert_eq!(
        page.log_likelihood.replace('\u{2212}', "-"),
        format!("{:.3}", alone.log_likelihood)
    );
    assert_eq!(page.status, alone.status.words());
}

#[tokio::test]
async fn several_workers_come_to_what_one_program_alone_does() -> Result<()> {
    let rows = rows(N);
    let expected = alone(&rows);
    assert!(expected.iteration > 20, "{}", expected.iteration);
    let page = Page::open(&Setup::default()).await?;
    assert_same(&run(&page, &rows).await?, &expected);
    let processors = page
        .run("return navigator.hardwareConcurrency", vec![])
        .await?;
    let effort = page.status("Time of an iteration").await?;
    assert!(effort.contains("ms an iteration"), "{effort}");
    assert_eq!(
        effort.contains("workers"),
        processors.as_u64() > Some(1),
        "{effort}"
    );

    // Other rows need other shards; asking for something in the middle of it loses nothing.
    page.click("New start").await?;
    page.click("Run to convergence").await?;
    page.read_when(|now| now.status == "running").await?;
    page.choose("Data set", "Old Faithful").await?;
    page.read_when(|now| now.data.contains("Faithful") && now.iteration == "0 at the start")
        .await?;
    page.click("Undo").await?;
    page.read_when(|now| now.data == "many.csv").await?;
    page.set_number("Seed", 1).await?;
    page.read_when(|now| now.caption.contains("seed 1")).await?;
    page.click("Run to convergence").await?;
    assert_same(&page.read_at_rest().await?, &expected);
    page.close().await
}

#[tokio::test]
async fn without_what_shares_work_out_one_worker_does_it_alone() -> Result<()> {
    let folder = e2e::copy_of_page("alone")?;
    fs::remove_file(folder.join("later_shards.wasm"))?;
    let rows = rows(N);
    let page = Page::open_from(&folder, &Setup::default()).await?;
    assert_same(&run(&page, &rows).await?, &alone(&rows));
    assert!(
        !page
            .status("Time of an iteration")
            .await?
            .contains("workers")
    );
    page.close().await
}

/// A number made of the pixels of the points, once they are those of this iteration.
const PIXELS: &str = "
    const canvas = document.querySelectorAll('.map-stack canvas')[1];
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let hash = 0, seen = 0;
    for (let i = 0; i < data.length; i++) {
        hash = (Math.imul(hash, 31) + data[i]) | 0;
        seen += data[i] > 0;
    }
    return [hash, seen];";

/// Pixels after each of the first iterations: the first are drawn before others take part.
async fn pictures(page: &Page, rows: &[u8]) -> Result<Vec<serde_json::Value>> {
    page.upload("many.csv", rows).await?;
    page.read_when(|now| now.data == "many.csv").await?;
    let mut pictures = Vec::new();
    for iteration in 1..6 {
        page.click("Step").await?;
        page.read_at(&format!("{iteration} after M-step")).await?;
        // A picture comes after what it shows.
        let mut pixels = page.run(PIXELS, vec![]).await?;
        loop {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let now = page.run(PIXELS, vec![]).await?;
            if std::mem::replace(&mut pixels, now.clone()) == now {
                break;
            }
        }
        pictures.push(pixels);
    }
    Ok(pictures)
}

#[tokio::test]
async fn a_picture_that_workers_share_is_the_one_made_alone() -> Result<()> {
    let rows = rows(MANY);
    let page = Page::open(&Setup::default()).await?;
    let shared = pictures(&page, &rows).await?;
    page.close().await?;
    let folder = e2e::copy_of_page("drawn_alone")?;
    fs::remove_file(folder.join("later_shards.wasm"))?;
    let page = Page::open_from(&folder, &Setup::default()).await?;
    assert_eq!(pictures(&page, &rows).await?, shared);
    assert!(
        shared
            .iter()
            .all(|pixels| pixels[1].as_u64() > Some(10_000))
    );
    assert_ne!(shared[0], shared[4]);
    page.close().await
}
