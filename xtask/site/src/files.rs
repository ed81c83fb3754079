//! Which file an address means.

use std::path::{Path, PathBuf};

/// What an address leads to.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// This file.
    File(PathBuf),
    /// The same place with a slash at its end, without which relative links go astray.
    Elsewhere(String),
    /// No file of the folder.
    Nothing,
}

/// The file of `root`, served under `base`, that `url` (path and query) means. A folder
/// means its `index.html`. Nothing outside `root` is ever found.
pub fn find(root: &Path, base: &str, url: &str) -> Found {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.len() + 1 == base.len() && base.starts_with(path) {
        return Found::Elsewhere(base.to_owned());
    }
    let Some(inside) = path.strip_prefix(base).and_then(decode) else {
        return Found::Nothing;
    };
    let mut file = root.to_owned();
    for part in inside.split('/').filter(|part| !part.is_empty()) {
        // One plain name at a time: no `..`, and nothing that a file system could take
        // for a separator, a drive or an end.
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return Found::Nothing;
        }
        file.push(part);
    }
    if file.is_dir() {
        if !path.ends_with('/') {
            return Found::Elsewhere(format!("{path}/"));
        }
        file.push("index.html");
    }
    if file.is_file() {
        Found::File(file)
    } else {
        Found::Nothing
    }
}

/// The media type of a file, by its extension.
pub fn content_type(path: &Path) -> &'static str {
    match path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
    {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "csv" => "text/csv; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Undoes percent-encoding; `None` where it is not valid or not UTF-8.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(16 * high + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn names_are_found_under_the_base_only() {
        let lib = Found::File(here().join("src").join("lib.rs"));
        assert_eq!(find(here(), "/", "/src/lib.rs"), lib);
        assert_eq!(find(here(), "/a/b/", "/a/b/src/lib%2Ers"), lib);
        assert_eq!(find(here(), "/a/b/", "/src/lib.rs"), Found::Nothing);
    }

    #[test]
    fn no_address_leaves_the_folder() {
        let src = here().join("src");
        for url in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "/..%5cCargo.toml",
            "/x/../../Cargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/c:/windows",
            "/%zz",
            "/%",
        ] {
            assert_eq!(find(&src, "/", url), Found::Nothing, "{url}");
        }
    }

    #[test]
    fn a_folder_needs_its_slash() {
        assert_eq!(
            find(here(), "/a/b/", "/a/b"),
            Found::Elsewhere("/a/b/".into())
        );
        assert_eq!(find(here(), "/", "/src"), Found::Elsewhere("/src/".into()));
        assert_eq!(find(here(), "/", "/src/"), Found::Nothing);
    }

    #[test]
    fn a_browser_takes_wasm_only_under_its_own_type() {
        assert_eq!(content_type(Path::new("x_bg.wasm")), "application/wasm");
        assert_eq!(
            content_type(Path::new("x.js")),
            "text/javascript; charset=utf-8"
        );
    }
}
