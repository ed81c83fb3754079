//! Reads index.html in the way Trunk would: the few kinds of `<link data-trunk>` that
//! this page uses, each replaced by what it becomes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// A file or folder that a link asks for.
#[derive(Debug, PartialEq)]
pub enum Asset {
    /// Copy the file `from` to `to` in dist/.
    File {
        /// Relative to index.html.
        from: String,
        /// Relative to dist/.
        to: String,
    },
    /// Copy the folder `from`, with all in it, to `to` in dist/.
    Folder {
        /// Relative to index.html.
        from: String,
        /// Relative to dist/.
        to: String,
    },
}

/// The page that `html` becomes, and the assets it asks for.
///
/// # Errors
/// If a link is of a kind that only Trunk understands, or two assets have one name.
pub fn process(html: &str) -> Result<(String, Vec<Asset>)> {
    let mut page = String::with_capacity(html.len());
    let mut assets = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        page.push_str(before);
        let comment = tag.starts_with("<!--");
        let end = if comment { "-->" } else { ">" };
        let length = tag.find(end).context("a tag of index.html has no end")? + end.len();
        let (tag, after) = tag.split_at(length);
        let link = attributes(tag).filter(|link| !comment && link.contains_key("data-trunk"));
        match link {
            None => page.push_str(tag),
            Some(link) => page.push_str(
                &replace(&link, &mut assets).with_context(|| format!("index.html: {tag}"))?,
            ),
        }
        rest = after;
    }
    page.push_str(rest);
    Ok((page, assets))
}

type Attributes<'a> = BTreeMap<&'a str, &'a str>;

/// What a link becomes in the page; what it asks for is added to `assets`.
fn replace(link: &Attributes, assets: &mut Vec<Asset>) -> Result<String> {
    let rel = *link.get("rel").context("the attribute rel is missing")?;
    if rel == "rust" {
        return Ok(String::new());
    }
    let from = (*link.get("href").context("the attribute href is missing")?).to_owned();
    let name = Path::new(&from)
        .file_name()
        .and_then(|name| name.to_str())
        .context("href does not end in a name")?;
    let to = match link.get("data-target-path") {
        Some(folder) => format!("{}/{name}", folder.trim_matches('/')),
        None => name.to_owned(),
    };
    if assets.iter().any(|asset| asset.to() == to) {
        bail!("there is another asset with the name {to}");
    }
    let replacement = match rel {
        "css" => format!(r#"<link rel="stylesheet" href="./{to}" />"#),
        "icon" => format!(r#"<link rel="icon" href="./{to}" />"#),
        "copy-file" => String::new(),
        "copy-dir" => {
            assets.push(Asset::Folder { from, to });
            return Ok(String::new());
        }
        _ => bail!("xtask knows rel rust, css, icon, copy-file and copy-dir, not {rel:?}"),
    };
    assets.push(Asset::File { from, to });
    Ok(replacement)
}

impl Asset {
    fn to(&self) -> &str {
        match self {
            Self::File { to, .. } | Self::Folder { to, .. } => to,
        }
    }
}

/// The attributes of a `<link>` tag; `None` for any other tag.
fn attributes(tag: &str) -> Option<Attributes<'_>> {
    let mut rest = tag
        .strip_prefix("<link")?
        .strip_suffix('>')?
        .trim_end_matches('/');
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(attributes);
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match after.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                attributes.insert(name, value);
                rest = after;
            }
            None => {
                attributes.insert(name, "");
                rest = after.trim_start_matches('=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(from: &str, to: &str) -> Asset {
        Asset::File {
            from: from.into(),
            to: to.into(),
        }
    }

    #[test]
    fn links_become_what_trunk_makes_of_them() {
        let html = r#"<head>
<link data-trunk rel="css" href="style/main.css" />
<link data-trunk rel="icon" href="assets/icon.svg" data-target-path="img">
<link
  data-trunk
  rel="copy-file"
  href="boot.js"
/>
<link data-trunk rel="rust" data-wasm-opt="0" /></head>"#;
        let (page, assets) = process(html).expect("all of these are known");
        assert_eq!(
            page,
            "<head>\n<link rel=\"stylesheet\" href=\"./main.css\" />\n\
             <link rel=\"icon\" href=\"./img/icon.svg\" />\n\n</head>"
        );
        assert_eq!(
            assets,
            [
                file("style/main.css", "main.css"),
                file("assets/icon.svg", "img/icon.svg"),
                file("boot.js", "boot.js"),
            ]
        );
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let html =
            "<!-- <link data-trunk rel=\"sass\"> --><link rel=\"x\" href=\"y\"><p a>1 > 0</p>";
        let (page, assets) = process(html).expect("nothing here is for Trunk");
        assert_eq!(page, html);
        assert!(assets.is_empty());
    }

    #[test]
    fn a_kind_that_is_not_known_is_an_error_that_shows_the_link() {
        let error = process(r#"<link data-trunk rel="sass" href="a.scss">"#).expect_err("unknown");
        let message = format!("{error:#}");
        assert!(
            message.contains("a.scss") && message.contains("\"sass\""),
            "{message}"
        );
    }

    #[test]
    fn two_assets_cannot_share_a_name() {
        let html = r#"<link data-trunk rel="css" href="a/x.css"><link data-trunk rel="css" href="b/x.css">"#;
        assert!(process(html).is_err());
    }
}
