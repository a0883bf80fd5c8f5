//! The pages of the site: read from `docs/`, with all snippets and facts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::{facts, snippets};
use crate::process::root;

/// A complete page.
pub(super) struct Page {
    /// The path below `docs/`, with slashes.
    pub(super) path: String,
    /// The text, including the front matter.
    pub(super) text: String,
    /// What the page is about, in one sentence: from the front matter.
    pub(super) description: String,
}

impl Page {
    /// The Markdown after the front matter.
    pub(super) fn body(&self) -> &str {
        split_front_matter(&self.text).map_or(&self.text, |(_, body)| body)
    }
}

/// Reads all pages below a folder. An error names the page.
pub(super) fn read(folder: &Path) -> Result<Vec<Page>> {
    let mut sources = Sources::default();
    let mut pages = Vec::new();
    for path in files(folder)? {
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = name_of(&path);
            let page = page(folder, &name, &mut sources)
                .with_context(|| format!("invalid page docs/{name}"))?;
            pages.push(page);
        }
    }
    sources.check_used()?;
    Ok(pages)
}

/// The paths of all other files below the folder, relative to it.
pub(super) fn assets(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files(folder)?;
    files.retain(|path| path.extension().is_none_or(|extension| extension != "md"));
    Ok(files)
}

fn page(folder: &Path, name: &str, sources: &mut Sources) -> Result<Page> {
    let source = fs::read_to_string(folder.join(name)).context("cannot read it")?;
    let text = snippets::expand(&source, &mut |path| sources.read(path))?;
    let (front_matter, _) =
        split_front_matter(&text).context("it has no front matter with a description")?;
    let description = front_matter
        .lines()
        .find_map(|line| line.strip_prefix("description: "))
        .context("the front matter has no description")?
        .to_owned();
    Ok(Page {
        path: name.to_owned(),
        text,
        description,
    })
}

fn split_front_matter(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("---\n")?.split_once("\n---\n")
}

/// The files that snippets and facts come from.
#[derive(Default)]
struct Sources(BTreeMap<String, String>);

impl Sources {
    fn read(&mut self, path: &str) -> Result<String> {
        if let Some(name) = path.strip_prefix("generated/") {
            return facts::generate(name, &mut |path| self.read(path));
        }
        let text =
            fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))?;
        self.0.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    /// Checks that no region of a file is left over, for example after an edit of a page.
    fn check_used(&self) -> Result<()> {
        let mut used = String::new();
        for path in files(&root().join("docs"))? {
            if path.extension().is_some_and(|extension| extension == "md") {
                used += &fs::read_to_string(root().join("docs").join(&path))
                    .with_context(|| format!("cannot read docs/{}", path.display()))?;
            }
        }
        for (path, text) in &self.0 {
            for (_, rest) in text
                .match_indices("--8<-- [start:")
                .map(|(at, mark)| (at, &text[at + mark.len()..]))
            {
                let region = rest.split(']').next().unwrap_or_default();
                ensure!(
                    used.contains(&format!("\"{path}:{region}\"")),
                    "no page uses the region `{region}` of {path}: remove its marks"
                );
            }
        }
        Ok(())
    }
}

/// The paths of all files below a folder, relative to it and sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fn collect(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
        let path = folder.join(below);
        for entry in
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?
        {
            let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
            let name = below.join(entry.file_name());
            if entry.path().is_dir() {
                collect(folder, &name, found)?;
            } else {
                found.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    collect(folder, Path::new(""), &mut found)?;
    found.sort();
    if found.is_empty() {
        bail!("{} is empty", folder.display());
    }
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
