//! Commands that Chromium's driver knows beside those of the standard.

use std::fmt::Debug;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// One command of a session.
#[derive(Debug)]
pub struct Command {
    path: String,
    body: Option<Value>,
}

impl Command {
    /// A command of the DevTools protocol.
    pub fn devtools(name: &str, params: Value) -> Self {
        Self {
            path: "goog/cdp/execute".into(),
            body: Some(json!({ "cmd": name, "params": params })),
        }
    }

    /// The entries of a log since it was last read.
    pub fn log(kind: &str) -> Self {
        Self {
            path: "se/log".into(),
            body: Some(json!({ "type": kind })),
        }
    }

    /// The name that assistive technology reads for an element.
    pub fn accessible_name(element: &Element) -> Self {
        Self {
            path: format!("element/{}/computedlabel", element.element_id().as_ref()),
            body: None,
        }
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            Some(body) => (Method::POST, Some(body.to_string())),
            None => (Method::GET, None),
        }
    }
}
