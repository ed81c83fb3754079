//! Files of the person's own: good, broken and hostile ones.

use std::path::Path;

use anyhow::Result;
use e2e::{Page, Role, Setup, key};

const FAITHFUL: &[u8] = include_bytes!("../../../assets/sets/faithful.csv");

fn csv(name: &str) -> Result<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../csv"));
    Ok(std::fs::read(folder.join(name))?)
}

/// Opens a file that cannot be read, after a step, and returns what the alert says.
async fn refused(page: &Page, name: &str) -> Result<String> {
    page.click("E-step").await?;
    let before = page.read_at("1 after E-step").await?;
    page.upload(name, &csv(name)?).await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert_eq!(page.read().await?, before, "what was there stays");
    Ok(alert)
}

/// Dismisses the alert and sees that the page still takes files.
async fn goes_on(page: &Page) -> Result<()> {
    page.click("Dismiss").await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    assert_eq!(page.console_problems().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_found_for_the_person() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let alert = refused(&page, "unclosed_quote.csv").await?;
    assert!(alert.contains("unclosed_quote.csv"), "{alert}");
    assert!(alert.contains("line 3, column 2"), "{alert}");
    goes_on(&page).await?;
    page.close().await
}

#[tokio::test]
async fn a_picture_with_the_name_of_a_table_is_called_one() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let alert = refused(&page, "png_header.csv").await?;
    assert!(alert.contains("png_header.csv"), "{alert}");
    assert!(alert.contains("PNG"), "{alert}");
    goes_on(&page).await?;
    page.close().await
}

#[tokio::test]
async fn an_empty_file_is_called_empty() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let alert = refused(&page, "empty_file.csv").await?;
    assert!(alert.contains("empty_file.csv"), "{alert}");
    assert!(alert.contains("is empty"), "{alert}");
    goes_on(&page).await?;
    page.close().await
}

#[tokio::test]
async fn a_good_file_takes_the_alert_away() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    refused(&page, "unclosed_quote.csv").await?;
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    page.close().await
}

/// What reads files is a file of its own.
const READER: &str = "later_files.wasm";

#[tokio::test]
async fn when_the_reader_does_not_arrive_nothing_is_lost_and_one_can_try_again() -> Result<()> {
    let folder = e2e::copy_of_page("unreachable")?;
    let reader = std::fs::read(folder.join(READER))?;
    std::fs::remove_file(folder.join(READER))?;
    let page = Page::open_from(&folder, &Setup::default()).await?;
    page.click("E-step").await?;
    let before = page.read_at("1 after E-step").await?;
    page.upload("faithful.csv", FAITHFUL).await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("faithful.csv"), "{alert}");
    assert!(alert.contains("offline"), "{alert}");
    assert_eq!(page.read().await?, before, "what was there stays");

    std::fs::write(folder.join(READER), reader)?;
    page.upload("again.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "again.csv").await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    page.close().await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::test]
async fn a_reader_of_another_build_is_not_let_in() -> Result<()> {
    let folder = e2e::copy_of_page("another")?;
    let mut reader = std::fs::read(folder.join(READER))?;
    let name = reader.windows(6).position(|name| name == b"build_");
    reader[name.expect("a part names its build") + 6] ^= 1;
    std::fs::write(folder.join(READER), reader)?;
    let page = Page::open_from(&folder, &Setup::default()).await?;
    let before = page.read_at("0 at the start").await?;
    page.upload("faithful.csv", FAITHFUL).await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("another version"), "{alert}");
    assert!(alert.contains("reload"), "{alert}");
    assert_eq!(page.read().await?, before, "what was there stays");
    page.close().await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::test]
async fn escape_dismisses_the_alert() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    refused(&page, "empty_file.csv").await?;
    page.press(key::ESCAPE).await?;
    assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    page.close().await
}

#[tokio::test]
async fn the_same_file_can_be_mended_and_opened_again() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.upload("own.csv", b"x,y\n1,\"2\n3,4\n").await?;
    page.find(Role::Alert, "Problem").await?;
    page.upload("own.csv", b"x,y\n1,2\n3,4\n5,7\n2,9\n").await?;
    page.read_when(|now| now.data == "own.csv").await?;
    page.close().await
}

#[tokio::test]
async fn names_are_text_whatever_they_look_like() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let count = "return ['img', 'script', 'b'].map(tag => document.querySelectorAll(tag).length)";
    let before = page.run(count, vec![]).await?;
    let name = "<img src=x onerror=alert(1)><b>.csv";
    page.upload(name, &csv("html_header.csv")?).await?;
    page.read_when(|now| now.data == name).await?;
    for covariance in ["spherical", "tied"] {
        page.choose("Covariance", covariance).await?;
        page.click("Step").await?;
        page.read_when(|now| now.iteration != "0 at the start")
            .await?;
    }
    page.tick("<script>alert(2)</script>").await?;
    page.wait_until(
        "the column is left out",
        "return !document.getElementById('across').innerText.includes('script')",
    )
    .await?;
    // A bad file's name is in the alert.
    let bad = "<img src=x onerror=alert(3)>.csv";
    page.upload(bad, b"").await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains(bad), "{alert}");
    assert_eq!(page.run(count, vec![]).await?, before);
    let text = page.text().await?;
    assert!(text.contains("<img src=x onerror=alert(1)>"), "{text}");
    // A dialogue would make any command fail; a picture or script would be in the console.
    assert_eq!(page.console_problems().await?, [""; 0]);
    assert_eq!(page.missing(), [""; 0]);
    page.close().await
}

#[tokio::test]
async fn a_file_goes_nowhere() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    // What the page itself takes for a run, its curve and its address comes now.
    page.click("Step").await?;
    page.wait_until("the address follows", "return location.hash.length > 9")
        .await?;
    let loading = page.requests().await?;
    assert!(loading.iter().any(|url| url.ends_with("/worker.js")));
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    assert_eq!(page.requests().await?, [""; 0]);
    page.close().await
}

/// Nothing is being read.
const IDLE: &str = "return document.querySelector('.busy').hidden";

/// A file of two columns that takes a while to read.
fn large(rows: usize) -> Vec<u8> {
    let mut table = String::from("x,y\n");
    let mut state = 1u32;
    for _ in 0..rows {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (state >> 20, (state >> 8) & 4095);
        table += &format!("{}.{:04},{}.5\n", x % 97, y, (x + y) % 89);
    }
    table.into_bytes()
}

/// Notes what the page says while it works, and what else it shows then; with the second
/// word of progress it does what is to be done.
fn note_progress(then: &str) -> String {
    format!(
        "window.said = [];
        const look = () => {{
            const words = document.querySelector('[aria-label=Working]')?.textContent;
            const last = window.said.at(-1);
            if (!words?.includes(' MB,') || words === last?.words) return;
            const at = performance.now();
            const iteration = document.querySelector('output[aria-label=Iteration]').innerText;
            window.said.push({{ words, at, iteration }});
            if (window.said.length === 2) {{ {then} }}
        }};
        new MutationObserver(look).observe(document.body,
            {{ subtree: true, childList: true, characterData: true }});"
    )
}

/// What was noted: words, milliseconds, the iteration shown.
async fn noted(page: &Page) -> Result<Vec<(String, f64, String)>> {
    let said = "return window.said.map(({ words, at, iteration }) => [words, at, iteration])";
    Ok(serde_json::from_value(page.run(said, vec![]).await?)?)
}

#[tokio::test]
async fn while_a_large_file_is_read_the_page_says_how_far_it_is_and_answers() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    let e_step = "document.querySelector('button[aria-label=E-step]').click()";
    page.run(&note_progress(e_step), vec![]).await?;
    page.upload("large.csv", &large(6_000_000)).await?;
    page.read_when(|now| now.data == "large.csv").await?;
    let noted = noted(&page).await?;
    assert!(noted.len() > 3, "{noted:?}");
    let done = |words: &str| -> Option<f64> {
        let (done, rest) = words
            .strip_prefix("Reading large.csv: ")?
            .split_once(" of ")?;
        rest.contains("million a second")
            .then(|| done.parse().ok())?
    };
    let far: Vec<f64> = noted.iter().filter_map(|(words, ..)| done(words)).collect();
    assert_eq!(far.len(), noted.len(), "{noted:?}");
    assert!(far.is_sorted(), "{far:?}");
    assert!(noted[0].0.contains("This tab can hold it"), "{noted:?}");
    let answered = noted
        .iter()
        .any(|(.., iteration)| iteration == "1 after E-step");
    assert!(answered, "{noted:?}");
    assert_eq!(page.read().await?.iteration, "0 at the start");
    page.wait_until("nothing is read", IDLE).await?;
    assert!(page.text().await?.contains("With its fit it takes about"));
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn a_large_file_can_be_left_and_nothing_is_lost() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.click("E-step").await?;
    let before = page.read_at("1 after E-step").await?;
    let file = large(6_000_000);
    let button = "document.querySelector('.busy button').click()";
    let key = "document.body.dispatchEvent(\
        new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))";
    for (name, way) in [("button.csv", button), ("key.csv", key)] {
        page.run(&note_progress(way), vec![]).await?;
        page.upload(name, &file).await?;
        page.wait_until("it is read", "return window.said.length > 1")
            .await?;
        page.wait_until("it is left", IDLE).await?;
        let last = noted(&page).await?.pop();
        assert_eq!(page.read().await?, before, "what was there stays: {last:?}");
        assert!(page.find_now(Role::Alert, "Problem").await?.is_none());
    }
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn of_two_choices_of_data_the_last_one_holds() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.read_at("0 at the start").await?;
    let file = large(6_000_000);
    let choose = "const sets = document.getElementById('data-set');
        sets.selectedIndex = Array.from(sets.options).findIndex(set => set.text === 'Iris');
        sets.dispatchEvent(new Event('change', { bubbles: true }))";
    page.run(&note_progress(choose), vec![]).await?;
    page.upload("large.csv", &file).await?;
    page.read_when(|now| now.data == "Iris").await?;
    page.wait_until("nothing is read", IDLE).await?;
    page.upload("large.csv", &file).await?;
    page.upload("faithful.csv", FAITHFUL).await?;
    page.read_when(|now| now.data == "faithful.csv").await?;
    page.wait_until("nothing is read", IDLE).await?;
    assert_eq!(page.read().await?.data, "faithful.csv");
    page.close().await
}

#[tokio::test]
async fn more_than_a_tab_can_hold_is_refused_at_its_beginning() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.click("E-step").await?;
    let before = page.read_at("1 after E-step").await?;
    // 32 GB that exist as the same few, over and over.
    let huge = "const rows = new Blob(['1.5,2.25,3\\n4.5,1.75,2\\n'.repeat(400000)]);
        const files = new DataTransfer();
        files.items.add(new File(Array(4000).fill(rows), 'huge.csv'));
        const input = document.querySelector('input[type=file]');
        input.files = files.files;
        input.dispatchEvent(new Event('change', { bubbles: true }))";
    page.run(huge, vec![]).await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("huge.csv"), "{alert}");
    assert!(
        alert.contains("GB of memory; a tab has room for 3.6 GB"),
        "{alert}"
    );
    assert!(alert.contains("a sample of its rows"), "{alert}");
    assert_eq!(page.read().await?, before, "what was there stays");
    goes_on(&page).await?;
    page.close().await
}

/// No number on the page is one that is none.
async fn all_numbers_are_numbers(page: &Page) -> Result<()> {
    let odd = "return document.body.innerText.match(/.*(\\bNaN\\b|\\binf(inity)?\\b|\u{221e}).*/i)?.[0] ?? ''";
    assert_eq!(page.run(odd, vec![]).await?, "");
    let now = page.read().await?;
    assert!(now.objective().is_finite(), "{now:?}");
    Ok(())
}

#[tokio::test]
async fn columns_and_axes_can_be_chosen_down_to_one_column() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.choose("Data set", "Iris").await?;
    page.read_when(|now| now.data == "Iris").await?;
    page.click("Step").await?;
    page.read_at("1 after M-step").await?;
    all_numbers_are_numbers(&page).await?;

    let columns = "return Array.from(document.getElementById('across').options, o => o.text)";
    let columns: Vec<String> = serde_json::from_value(page.run(columns, vec![]).await?)?;
    assert_eq!(columns.len(), 4);
    let map = "return document.querySelector('.map canvas[role=img]').ariaLabel";
    let map_says = async |words: String| {
        page.wait_until(&words, &format!("{map}.startsWith('{words}')"))
            .await
    };
    page.choose("Across", &columns[2]).await?;
    page.choose("Up", &columns[3]).await?;
    map_says(format!("Map: {} over {}", columns[3], columns[2])).await?;
    // Other axes show the same fit.
    assert_eq!(page.read().await?.iteration, "1 after M-step");
    all_numbers_are_numbers(&page).await?;

    // Choosing the other axis' column swaps the two.
    page.choose("Across", &columns[3]).await?;
    map_says(format!("Map: {} over {}", columns[2], columns[3])).await?;

    for (left, column) in columns.iter().enumerate().take(3) {
        page.tick(column).await?;
        let fitted = format!(
            "return document.getElementById('across').options.length === {}",
            3 - left
        );
        page.wait_until("the column is left out", &fitted).await?;
        page.click("E-step").await?;
        page.read_at("1 after E-step").await?;
        page.click("M-step").await?;
        page.read_at("1 after M-step").await?;
        all_numbers_are_numbers(&page).await?;
    }
    map_says(format!("Map: {} over {}", columns[3], columns[3])).await?;
    assert!(page.text().await?.contains("1\u{3c3} holds 68.3 %"));
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    all_numbers_are_numbers(&page).await?;
    let last = page.find(Role::Checkbox, &columns[3]).await?;
    assert!(!last.is_enabled().await?, "a fit needs a column");
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}
