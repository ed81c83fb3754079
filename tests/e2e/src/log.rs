//! What the browser noted while the page ran.

use anyhow::Result;
use serde_json::Value;

use crate::page::Page;
use crate::wire::Command;

impl Page {
    /// Errors and warnings of the browser's console since this was last asked.
    pub async fn console_problems(&self) -> Result<Vec<String>> {
        let entries = self.client().issue_cmd(Command::log("browser")).await?;
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .filter_map(|entry| entry["message"].as_str().map(str::to_owned))
            .collect())
    }

    /// The addresses that the page has asked for since this was last asked.
    pub async fn requests(&self) -> Result<Vec<String>> {
        let entries = self.client().issue_cmd(Command::log("performance")).await?;
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(entries
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|event| {
                let url = &event["message"]["params"]["request"]["url"];
                url.as_str().map(str::to_owned)
            })
            .collect())
    }
}
