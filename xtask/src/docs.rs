//! `cargo xtask docs`: builds the documentation site below the target folder, and checks it.
//!
//! The pages in `docs/` contain no code: they include regions of files that tests run ([`snippets`]), and tables that are
//! taken from the code and the contract ([`facts`]). [`pages`] writes the complete pages, Zensical builds the site from them,
//! and [`links`], [`errors`] and [`site`] check what Zensical does not. [`llms`] writes the files for language models.

mod errors;
mod facts;
mod files;
mod links;
mod llms;
mod pages;
mod site;
mod snippets;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::process::{self, root};
use crate::python::{self, Environment};
use crate::rustdoc;
use crate::steps::Steps;

use files::write;
use pages::Page;

/// Replaces the workers of a browser on pages that were opened as files. From the npm registry, pinned.
const IFRAME_WORKER: &str = "iframe-worker@1.0.4";

/// Whether this machine has the Python that Zensical needs.
pub(crate) fn can_build() -> Result<bool> {
    let version = ["-c", "import sys; print(sys.version_info >= (3, 11))"];
    let output = process::quiet_output(&mut process::command(python::interpreter(), version))?;
    Ok(output.trim() == "True")
}

/// Checks what needs no site: the snippets and facts of the pages, the errors that they list, and the links of the README.
pub(crate) fn check_pages() -> Result<()> {
    let pages = write_pages(&process::target().join("docs"))?;
    errors::check(&pages)?;
    links::check_readme()
}

/// Builds the site and checks it.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    let folder = process::target().join("docs");
    let pages = steps.run("pages", || write_pages(&folder))?;
    let environment = steps.run("environment of the site", || {
        Environment::with("python-docs", &python::group("docs")?)
    })?;
    steps.run("script of the search", || write_iframe_worker(&folder))?;
    // Also reports broken links, broken anchors and missing objects of the Python package.
    steps.run("site", || {
        python::remove(&folder.join("site"))?;
        let build = ["build", "--strict", "--clean"];
        let mut build = environment.command("zensical", build);
        // The reference is read from the sources and the stubs, which are the contents of the wheel.
        build.env("PYTHONPATH", python::sources().join("src"));
        // ruff formats the signatures.
        build.env("PATH", environment.path()?);
        process::run(build.current_dir(&folder))
    })?;
    steps.run("files for language models", || {
        llms::write(&pages, &folder.join("site"))
    })?;
    steps.check("error reference", || errors::check(&pages));
    steps.check("outside assets", || site::check(&folder.join("site")));
    steps.check("search without a server", || {
        site::check_search(&folder.join("site"))
    });
    steps.run("rustdoc", rustdoc::run)?;
    steps.check("links to rustdoc", || {
        links::check_rustdoc(&pages, &process::target().join("doc"))
    });
    steps.check("links of the README", links::check_readme);
    steps.finish()?;
    println!("{}", folder.join("site/index.html").display());
    Ok(())
}

/// Writes the script that lets the search run on pages that were opened as files, and its licence.
fn write_iframe_worker(folder: &Path) -> Result<()> {
    let package = process::npm_install(IFRAME_WORKER)?.join("node_modules/iframe-worker");
    for (source, name) in [
        ("shim/index.js", "iframe-worker.js"),
        ("LICENSE", "iframe-worker.txt"),
    ] {
        let content = fs::read(package.join(source))
            .with_context(|| format!("{IFRAME_WORKER} has no {source}"))?;
        write(&folder.join("docs/assets").join(name), content)?;
    }
    Ok(())
}

/// Writes the complete pages, their assets and the configuration of the site into an empty folder.
fn write_pages(folder: &Path) -> Result<Vec<Page>> {
    let sources = root().join("docs");
    let pages = pages::read(&sources)?;
    python::remove(&folder.join("docs"))?;
    for page in &pages {
        write(&folder.join("docs").join(&page.path), &page.text)?;
    }
    for asset in pages::assets(&sources)? {
        let content = fs::read(sources.join(&asset))
            .with_context(|| format!("cannot read docs/{}", asset.display()))?;
        write(&folder.join("docs").join(asset), content)?;
    }
    let configuration = fs::read(root().join("mkdocs.yml")).context("cannot read mkdocs.yml")?;
    write(&folder.join("mkdocs.yml"), configuration)?;
    Ok(pages)
}
