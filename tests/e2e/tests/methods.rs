//! Every model, algorithm, covariance and start of the lists, and the roles of columns.

use anyhow::Result;
use e2e::{Page, Role, Setup, number};
use serde_json::json;

/// What the first view does not need of the engine is a file of its own.
const METHODS: &str = "later_methods.wasm";
/// The file of what moves a run on.
const STEPS: &str = "later_steps.wasm";

/// Two groups of three columns, with a weight, a known component here and there, gaps in `z`,
/// and a number that changes in the middle.
fn table() -> Vec<u8> {
    let mut text = String::from("x,y,z,weight,kind,run\n");
    for i in 0..60 {
        let group = i % 2;
        let at = |step: i32, size: f64| f64::from(group * 6) + f64::from(i * step % 23) * size;
        let z = match i % 10 {
            3 => String::new(),
            _ => format!("{:.2}", at(11, 0.1)),
        };
        let kind = ["left", "right", "", "", "", ""][i as usize % 6];
        text.push_str(&format!(
            "{:.2},{:.2},{z},{},{kind},{}\n",
            at(7, 0.1),
            at(5, 0.2),
            1 + i % 3,
            i / 30
        ));
    }
    text.into_bytes()
}

/// The entries of a list.
async fn entries(page: &Page, id: &str) -> Result<Vec<String>> {
    let script = "return [...document.getElementById(arguments[0]).options].map(o => o.text)";
    let texts = page.run(script, vec![json!(id)]).await?;
    Ok(serde_json::from_value(texts)?)
}

async fn problem(page: &Page) -> Result<Option<String>> {
    match page.find_now(Role::Alert, "Problem").await? {
        Some(alert) => Ok(Some(alert.text().await?)),
        None => Ok(None),
    }
}

/// The heading of the curve.
async fn objective(page: &Page) -> Result<String> {
    let script = "return [...document.querySelectorAll('h2')].map(h => h.textContent) \
                  .find(text => text.startsWith('Objective'))";
    let text = page.run(script, vec![]).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_algorithm_of_the_list_fits_the_first_set_and_names_its_objective() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let algorithms = entries(&page, "algorithm").await?;
    assert_eq!(algorithms.len(), 15, "{algorithms:?}");
    for algorithm in &algorithms {
        page.choose("Algorithm", algorithm).await?;
        let chosen = "return document.getElementById('algorithm').value === arguments[0]";
        let what = json!(algorithm);
        while page.run(chosen, vec![what.clone()]).await? != true {}
        page.click("Same start").await?;
        page.read_at("0 at the start").await?;
        page.click("Step").await?;
        page.read_at("1 after M-step").await?;
        page.click("Run to convergence").await?;
        let end = page.read_at_rest().await?;
        assert!(end.objective().is_finite(), "{algorithm}: {end:?}");
        assert_eq!(problem(&page).await?, None, "{algorithm}");
        let heading = objective(&page).await?;
        let expected = match &**algorithm {
            "MAP-EM" => "penalised log-likelihood",
            "Variational Bayes (Dirichlet)" | "Variational Bayes (Dirichlet process)" => {
                "lower bound"
            }
            "Classification EM" => "classification log-likelihood",
            _ => "log-likelihood",
        };
        assert!(
            heading.to_lowercase().contains(expected),
            "{algorithm}: {heading}"
        );
    }
    assert_eq!(page.console_problems().await?, [""; 0]);
    page.close().await
}

#[tokio::test]
async fn every_covariance_of_the_list_says_what_it_means_and_fits() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    let families = entries(&page, "covariance").await?;
    assert_eq!(families.len(), 14, "{families:?}");
    for family in &families {
        page.choose("Covariance", family).await?;
        let chosen =
            "return document.getElementById('covariance').selectedOptions[0].text === arguments[0]";
        while page.run(chosen, vec![json!(family)]).await? != true {}
        page.read_at("0 at the start").await?;
        page.click("Step").await?;
        let stepped = page.read_at("1 after M-step").await?;
        assert!(stepped.objective().is_finite(), "{family}: {stepped:?}");
        assert_eq!(problem(&page).await?, None, "{family}");
    }
    page.close().await
}

#[tokio::test]
async fn what_a_model_has_beside_the_others_stands_in_the_table() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    for (algorithm, column) in [
        ("Student-t mixture", "Degrees of freedom"),
        ("Hidden Markov model", "Stays"),
        ("Variational Bayes (Dirichlet)", "Concentration"),
    ] {
        page.choose("Algorithm", algorithm).await?;
        let now = page
            .read_when(|now| now.components[0].iter().any(|head| head.ends_with(column)))
            .await?;
        let place = now.components[0]
            .iter()
            .position(|head| head.ends_with(column));
        let cell = &now.components[1][place.unwrap_or_default()];
        assert!(number(cell).is_some_and(f64::is_finite), "{column}: {cell}");
    }
    assert!(page.text().await?.contains("The effective number"));
    page.choose("Algorithm", "EM with noise").await?;
    page.read_when(|now| now.components.last().is_some_and(|row| row[0] == "noise"))
        .await?;
    page.close().await
}

#[tokio::test]
async fn columns_play_their_roles_and_a_model_that_cannot_take_them_says_what_can() -> Result<()> {
    let page = Page::open(&Setup::default()).await?;
    page.upload("roles.csv", &table()).await?;
    page.read_when(|now| now.data == "roles.csv").await?;
    let shown =
        "return document.getElementById('data-set').selectedOptions[0]?.text === 'roles.csv'";
    page.wait_until("the list shows the file", shown).await?;
    for column in ["weight", "run"] {
        page.tick(column).await?;
    }
    page.run("document.querySelector('details.more').open = true", vec![])
        .await?;
    page.choose("Missing values", "fit with them").await?;
    page.choose("Row weights", "weight").await?;
    page.choose("Known components", "kind").await?;
    let known = "return document.body.innerText.includes('A is left, B is right')";
    page.wait_until("the labels are named", known).await?;
    page.set_number("Components (K)", 2).await?;
    page.read_when(|now| now.components.len() == 3).await?;
    page.click("Run to convergence").await?;
    let end = page.read_at_rest().await?;
    assert_eq!(end.status, "converged", "{end:?}");

    page.choose("Algorithm", "Student-t mixture").await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("missing"), "{alert}");
    assert!(alert.contains("Choose EM"), "{alert}");
    assert_eq!(page.read().await?, end, "what was there stays");

    page.choose("Missing values", "leave those rows out")
        .await?;
    page.choose("Row weights", "none").await?;
    page.choose("Sequences", "run").await?;
    page.choose("Algorithm", "Hidden Markov model").await?;
    page.read_when(|now| now.components[0].iter().any(|head| head.ends_with("Stays")))
        .await?;
    assert!(page.text().await?.contains("2 sequences begin"));
    page.close().await
}

#[tokio::test]
async fn a_component_is_split_and_merged_again_and_the_best_of_many_starts_is_found() -> Result<()>
{
    let page = Page::open(&Setup::default()).await?;
    page.click("Run to convergence").await?;
    page.read_at_rest().await?;
    page.press("1").await?;
    page.click("Split A").await?;
    page.read_when(|now| now.components.len() == 5).await?;
    page.click("Merge A with D").await?;
    page.read_when(|now| now.components.len() == 4).await?;
    page.set_number("Restarts", 5).await?;
    page.click("Find best").await?;
    let found = "return document.body.innerText.includes('led to the best of 5 starts')";
    page.wait_until("the best start is told", found).await?;
    page.read_at_rest().await?;
    page.close().await
}

#[tokio::test]
async fn when_the_methods_do_not_arrive_nothing_is_lost_and_one_can_try_again() -> Result<()> {
    let folder = e2e::copy_of_page("methods")?;
    let methods = std::fs::read(folder.join(METHODS))?;
    std::fs::remove_file(folder.join(METHODS))?;
    let page = Page::open_from(&folder, &Setup::default()).await?;
    page.click("E-step").await?;
    let before = page.read_at("1 after E-step").await?;
    page.choose("Algorithm", "MAP-EM").await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("offline"), "{alert}");
    assert_eq!(page.read().await?, before, "what was there stays");
    // The list shows what holds.
    let shown = "return document.getElementById('algorithm').value === 'EM'";
    page.wait_until("the list shows EM", shown).await?;
    page.click("M-step").await?;
    page.read_at("1 after M-step").await?;

    std::fs::write(folder.join(METHODS), methods)?;
    page.choose("Algorithm", "MAP-EM").await?;
    let shown = "return document.getElementById('algorithm').value === 'MAP-EM'";
    page.wait_until("the list shows MAP-EM", shown).await?;
    page.close().await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::test]
async fn when_what_a_step_takes_does_not_arrive_the_first_view_stays_and_one_can_try_again()
-> Result<()> {
    let folder = e2e::copy_of_page("steps")?;
    let steps = std::fs::read(folder.join(STEPS))?;
    std::fs::remove_file(folder.join(STEPS))?;
    let page = Page::open_from(&folder, &Setup::default()).await?;
    let before = page.read_at("0 at the start").await?;
    page.wait_until_drawn().await?;
    page.click("E-step").await?;
    let alert = page.find(Role::Alert, "Problem").await?.text().await?;
    assert!(alert.contains("offline"), "{alert}");
    assert_eq!(page.read().await?, before, "what was there stays");

    std::fs::write(folder.join(STEPS), steps)?;
    page.click("E-step").await?;
    page.read_at("1 after E-step").await?;
    page.click("M-step").await?;
    page.read_at("1 after M-step").await?;
    page.close().await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
