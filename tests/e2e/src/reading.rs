//! What a person reads from the page at one moment, and waiting until it is as wanted.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::number;
use crate::page::{Page, eventually};

/// All in one look: no half-step can come between two of these numbers.
const READ: &str = "
    const output = name => document.querySelector(`output[aria-label=\"${name}\"]`)?.innerText ?? '';
    const rows = document.querySelector('table.components')?.rows ?? [];
    return [
        ['Iteration', 'Log-likelihood', 'Log-likelihood per point', 'BIC', 'AIC', 'Status'].map(output),
        document.querySelector('.caption p')?.innerText ?? '',
        Array.from(rows, row => Array.from(row.cells, cell => cell.innerText.trim())),
        document.querySelector('.data-size b')?.textContent ?? '',
    ];";

/// The six canvases, until ten frames in a row show the same and the map has points.
const STAND_STILL: &str = "
    const done = arguments[arguments.length - 1];
    const look = canvas => {
        if (!canvas.clientHeight) return 0;
        const { width, height } = canvas;
        const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
        const words = new Uint32Array(pixels.buffer);
        let sum = 0;
        for (let i = 0; i < words.length; i += 3) sum = (Math.imul(sum, 31) + words[i]) | 0;
        return sum;
    };
    let before = '', same = 0;
    const frame = () => {
        const canvases = Array.from(document.querySelectorAll('canvas'), look);
        const now = canvases.join();
        const points = canvases[1] !== 0;
        same = points && now === before ? same + 1 : 0;
        before = now;
        if (same === 10) done(true); else requestAnimationFrame(frame);
    };
    frame();";

/// What the page says of one half-step, word for word.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The iteration and what the half-step was: `1 after E-step`.
    pub iteration: String,
    /// The objective.
    pub log_likelihood: String,
    /// The objective, divided by the number of rows.
    pub per_point: String,
    /// A criterion, lower is better.
    pub bic: String,
    /// A criterion, lower is better.
    pub aic: String,
    /// The state, in words.
    pub status: String,
    /// The sentence that says what just happened.
    pub caption: String,
    /// The table Components, its head first.
    pub components: Vec<Vec<String>>,
    /// The name of the data.
    pub data: String,
}

impl Reading {
    /// The log-likelihood as a number; NaN if it reads as none.
    pub fn objective(&self) -> f64 {
        number(&self.log_likelihood).unwrap_or(f64::NAN)
    }
}

impl Page {
    /// What the page says now.
    pub async fn read(&self) -> Result<Reading> {
        let all = self.run(READ, vec![]).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Reading {
            iteration: text(&all[0][0]),
            log_likelihood: text(&all[0][1]),
            per_point: text(&all[0][2]),
            bic: text(&all[0][3]),
            aic: text(&all[0][4]),
            status: text(&all[0][5]),
            caption: text(&all[1]),
            components: serde_json::from_value(all[2].clone())?,
            data: text(&all[3]),
        })
    }

    /// What the page says, once it has data and is as wanted.
    pub async fn read_when(&self, wanted: impl Fn(&Reading) -> bool) -> Result<Reading> {
        let mut last = None;
        let found = eventually(async || {
            let now = self.read().await?;
            let fits = !now.data.is_empty() && wanted(&now);
            last = Some(now);
            Ok(if fits { last.clone() } else { None })
        })
        .await;
        found.with_context(|| format!("the page still reads {last:#?}"))
    }

    /// What the page says once the iteration reads this: `1 after E-step`.
    pub async fn read_at(&self, iteration: &str) -> Result<Reading> {
        self.read_when(|now| now.iteration == iteration).await
    }

    /// What the page says once a play or a run has ended.
    pub async fn read_at_rest(&self) -> Result<Reading> {
        self.read_when(|now| !["ready", "running"].contains(&now.status.as_str()))
            .await
    }

    /// Waits until a script returns something that holds.
    pub async fn wait_until(&self, what: &str, script: &str) -> Result<()> {
        eventually(async || Ok((self.run(script, vec![]).await? == true).then_some(())))
            .await
            .with_context(|| format!("it never came to be that {what}"))
    }

    /// Waits until the map shows points and no canvas changes any more.
    pub async fn wait_until_drawn(&self) -> Result<()> {
        self.client().execute_async(STAND_STILL, vec![]).await?;
        Ok(())
    }

    /// All text that the page shows.
    pub async fn text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The accessible name of what has the focus.
    pub async fn focused(&self) -> Result<String> {
        let element = self.client().active_element().await?;
        self.name_of(&element).await
    }
}
