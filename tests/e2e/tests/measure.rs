//! How busy the page's own thread is while it plays many points: `cargo xtask measure`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use e2e::{Page, Role, Setup, key};
use serde_json::{Value, json};

/// How long each kind of use is watched.
const WATCHED: Duration = Duration::from_secs(10);

/// Notes every long task of the page's thread and every frame, from here on.
const WATCH: &str = "
    window.seen = { tasks: [], frames: [] };
    new PerformanceObserver(list => window.seen.tasks.push(
        ...list.getEntries().map(e => [e.startTime, e.duration])
    )).observe({ type: 'longtask', buffered: true });
    const frame = now => { window.seen.frames.push(now); requestAnimationFrame(frame); };
    requestAnimationFrame(frame);";

/// What was noted since the moment given.
const SINCE: &str = "
    const from = arguments[0], to = performance.now();
    const tasks = window.seen.tasks.filter(([start]) => start >= from).map(task => task[1]);
    const frames = window.seen.frames.filter(at => at >= from);
    const gaps = frames.slice(1).map((at, i) => at - frames[i]);
    return [tasks.length, Math.max(0, ...tasks), 1000 * frames.length / (to - from),
        Math.max(0, ...gaps)]";

const NOW: &str = "return performance.now()";

/// Points of eight clusters that overlap, by a generator of a few lines.
fn table(rows: usize) -> String {
    let mut state = 1u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let mut table = String::from("x,y\n");
    for row in 0..rows {
        let cluster = (row % 8) as f64;
        let (x, y) = (cluster % 4.0 * 2.5, (cluster / 4.0).floor() * 3.0);
        // Sums of uniform numbers are nearly normal.
        let (mut dx, mut dy) = (-3.0, -3.0);
        for _ in 0..6 {
            dx += uniform();
            dy += uniform();
        }
        let _ = writeln!(table, "{:.5},{:.5}", x + 1.4 * dx, y + 1.4 * dy + 0.4 * dx);
    }
    table
}

async fn iteration(page: &Page) -> Result<u64> {
    let now = page.read().await?.iteration;
    let digits: String = now
        .split(" a")
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().context("the number of an iteration")
}

/// Does something over and over for a while, and prints what that did to the page.
async fn watch(page: &Page, what: &str, again: impl AsyncFn(u32) -> Result<()>) -> Result<()> {
    let from = page.run(NOW, vec![]).await?;
    let before = iteration(page).await?;
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < WATCHED {
        again(round).await?;
        round += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let after = iteration(page).await?;
    let noted = page.run(SINCE, vec![from]).await?;
    let number = |i: usize| noted[i].as_f64().unwrap_or(f64::NAN);
    println!(
        "{what:<34} {:>8} {:>9.0} {:>9.1} {:>9.0} {:>12.1}",
        noted[0],
        number(1),
        number(2),
        number(3),
        after.saturating_sub(before) as f64 / seconds,
    );
    Ok(())
}

/// Plays, also where it had stopped by itself.
async fn play(page: &Page) -> Result<()> {
    if page.read().await?.status != "running" {
        page.click("Play").await?;
    }
    Ok(())
}

async fn pause(page: &Page) -> Result<()> {
    if page.read().await?.status == "running" {
        page.click("Pause").await?;
        page.read_when(|now| now.status != "running").await?;
    }
    Ok(())
}

async fn measure(rows: usize) -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    page.run(WATCH, vec![]).await?;
    println!(
        "\n{rows} rows x 2, K = 8\n{:<34} {:>8} {:>9} {:>9} {:>9} {:>12}",
        "", "tasks", "longest", "frames/s", "longest", "iterations/s"
    );
    println!(
        "{:<34} {:>8} {:>9} {:>9} {:>9}",
        "", "> 50 ms", "ms", "", "gap ms"
    );

    let from = page.run(NOW, vec![]).await?;
    let file = table(rows);
    let start = Instant::now();
    page.upload("many.csv", file.as_bytes()).await?;
    page.read_when(|now| now.data == "many.csv").await?;
    let opened = start.elapsed().as_secs_f64();
    let noted = page.run(SINCE, vec![from]).await?;
    println!(
        "{:<34} {:>8} {:>9.0}",
        format!("opening it ({opened:.2} s)"),
        noted[0],
        noted[1].as_f64().unwrap_or(f64::NAN)
    );

    page.set_number("Components (K)", 8).await?;
    page.read_when(|now| now.components.len() == 9).await?;
    let unfold = "document.querySelectorAll('details').forEach(d => d.open = true)";
    page.run(unfold, vec![]).await?;
    page.fill(Role::Textbox, "Tolerance", "0").await?;
    page.set_number("Iteration limit", 100_000).await?;
    let speed = page.find(Role::Slider, "Speed").await?;
    speed.send_keys(key::END).await?;

    let breath = Duration::from_millis(200);
    watch(&page, "playing at full speed", async |_| {
        play(&page).await?;
        tokio::time::sleep(breath).await;
        Ok(())
    })
    .await?;
    watch(&page, "playing, switching the theme", async |_| {
        play(&page).await?;
        page.run(
            "document.querySelector('.theme-word').parentElement.click()",
            vec![],
        )
        .await?;
        tokio::time::sleep(breath).await;
        Ok(())
    })
    .await?;
    pause(&page).await?;

    drag(&page, "dragging the timeline").await?;
    page.close().await
}

/// Drags the timeline to and fro.
async fn drag(page: &Page, what: &str) -> Result<()> {
    let timeline = page.find(Role::Slider, "Timeline").await?;
    let (x, y, width, height) = timeline.rectangle().await?;
    let mouse = async |kind: &str, x: f64| -> Result<Value> {
        let at = json!({
            "type": kind, "x": x, "y": y + height / 2.0,
            "button": "left", "buttons": 1, "clickCount": 1,
        });
        page.devtools("Input.dispatchMouseEvent", at).await
    };
    mouse("mousePressed", x + width - 8.0).await?;
    watch(page, what, async |round| {
        let phase = (f64::from(round) / 40.0).fract();
        let there = 1.0 - 2.0 * (phase - 0.5).abs();
        mouse("mouseMoved", x + 8.0 + (width - 16.0) * there).await?;
        Ok(())
    })
    .await?;
    mouse("mouseReleased", x + width / 2.0).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "measures and checks nothing: cargo xtask measure"]
async fn five_thousand_iterations_of_a_hundred_thousand_points() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    page.run(WATCH, vec![]).await?;
    page.upload("many.csv", table(100_000).as_bytes()).await?;
    page.read_when(|now| now.data == "many.csv").await?;
    page.set_number("Components (K)", 8).await?;
    page.read_when(|now| now.components.len() == 9).await?;
    let unfold = "document.querySelectorAll('details').forEach(d => d.open = true)";
    page.run(unfold, vec![]).await?;
    page.fill(Role::Textbox, "Tolerance", "0").await?;
    page.set_number("Iteration limit", 5000).await?;
    let start = Instant::now();
    page.click("Run to convergence").await?;
    while page.read().await?.status == "running" || start.elapsed().as_secs() < 2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!(
        "\n{} in {:.1} s",
        page.read().await?.iteration,
        start.elapsed().as_secs_f64()
    );
    drag(&page, "dragging the timeline").await?;
    page.choose("Curve", "bound and gap").await?;
    drag(&page, "the same with bound and gap").await?;
    page.close().await
}

#[tokio::test]
#[ignore = "measures and checks nothing: cargo xtask measure"]
async fn a_hundred_thousand_points() -> Result<()> {
    measure(100_000).await
}

#[tokio::test]
#[ignore = "measures and checks nothing: cargo xtask measure"]
async fn a_million_points() -> Result<()> {
    measure(1_000_000).await
}
