//! What axe-core finds wrong with the page for people who use it in other ways.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::page::Page;

const AXE: &str = include_str!("../vendor/axe.min.js");
const RUN: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, { resultTypes: ['violations'] }) \
       .then(results => done(results.violations), error => done(String(error)));";

impl Page {
    /// The violations that axe-core finds: one text each, with the elements concerned.
    pub async fn audit(&self) -> Result<Vec<String>> {
        self.run(AXE, vec![])
            .await
            .context("axe-core cannot be loaded into the page")?;
        let violations = self.client().execute_async(RUN, vec![]).await?;
        let violations = violations
            .as_array()
            .with_context(|| format!("axe-core failed: {violations}"))?;
        Ok(violations.iter().map(describe).collect())
    }
}

fn describe(violation: &Value) -> String {
    let nodes = violation["nodes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let elements: Vec<_> = nodes
        .iter()
        .filter_map(|node| node["html"].as_str())
        .collect();
    format!(
        "{}: {}\n  {}",
        violation["id"].as_str().unwrap_or_default(),
        violation["help"].as_str().unwrap_or_default(),
        elements.join("\n  ")
    )
}
