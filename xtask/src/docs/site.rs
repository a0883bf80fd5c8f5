//! Checks that the built site works offline: it loads nothing from other hosts, which would also learn who reads it, and its
//! search works on pages that were opened as files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Elements that load what they refer to.
const LOADING: [&str; 8] = [
    "<script", "<img", "<link", "<iframe", "<source", "<video", "<object", "<embed",
];

pub(super) fn check(folder: &Path) -> Result<()> {
    let mut found = Vec::new();
    let mut pages = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("cannot read {}", folder.display()))?
                .path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if let Some(extension @ ("html" | "css")) = extension {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                let assets = if extension == "html" {
                    pages += 1;
                    outside_elements(&text)
                } else {
                    outside_urls(&text)
                };
                let name = path.display();
                found.extend(assets.into_iter().map(|asset| format!("{name}: {asset}")));
            }
        }
    }
    ensure!(pages > 0, "{} has no page", folder.display());
    ensure!(
        found.is_empty(),
        "the site loads other hosts\n{}",
        found.join("\n")
    );
    Ok(())
}

/// Checks that the search has what it needs on pages that were opened as files: its index as a script, and a replacement of
/// workers.
pub(super) fn check_search(folder: &Path) -> Result<()> {
    for (path, content) in [
        ("search.js", "__index"),
        ("assets/iframe-worker.js", "window.Worker"),
        ("index.html", "assets/iframe-worker.js"),
    ] {
        let text = fs::read_to_string(folder.join(path))
            .with_context(|| format!("the site has no {path}"))?;
        ensure!(
            text.contains(content),
            "the search does not work without a server: {path} does not contain {content}"
        );
    }
    Ok(())
}

/// The elements of a page that load another host.
fn outside_elements(html: &str) -> Vec<&str> {
    let elements = html.match_indices('<').filter_map(|(start, _)| {
        let rest = &html[start..];
        LOADING
            .iter()
            .any(|element| rest.starts_with(element))
            .then(|| &rest[..rest.find('>').map_or(rest.len(), |end| end + 1)])
    });
    elements
        .filter(|element| {
            let outside = ["=\"http", "=\"//", "='http", "=http", "=//"];
            outside.iter().any(|prefix| element.contains(prefix))
        })
        // Names the address of the page, and loads nothing.
        .filter(|element| !element.contains("canonical"))
        .collect()
}

/// The addresses on other hosts that a style sheet loads.
fn outside_urls(css: &str) -> Vec<&str> {
    css.split("url(")
        .skip(1)
        .map(|rest| {
            rest.split(')')
                .next()
                .unwrap_or(rest)
                .trim_matches(['"', '\''])
        })
        .filter(|url| url.starts_with("http") || url.starts_with("//"))
        .collect()
}

#[cfg(test)]
mod tests;
