//! `cargo xtask release`: checks everything that a release needs and prints one table, or publishes the crates.

mod table;
mod versions;

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::process::{self, cargo_install, command, root};
use crate::{codegen, deny, packages, public_api, rustdoc, sdist, stubs, wheel, workflows};

use table::{Outcome, Row};
use versions::{ChangelogSection, Sources};

/// Pinned: each version supports a range of toolchains.
const CARGO_SEMVER_CHECKS: &str = "cargo-semver-checks@0.51.0";

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Check everything that a release needs, and publish nothing.
    #[arg(long, required_unless_present = "publish_crates")]
    dry_run: bool,
    /// Publish the crates. The release workflow does this after all checks have passed.
    #[arg(long, conflicts_with_all = ["dry_run", "skip", "quick_wheel", "allow_dirty"])]
    publish_crates: bool,
    /// Long checks to skip. The table shows them as skipped.
    #[arg(long, value_enum, value_delimiter = ',')]
    skip: Vec<LongCheck>,
    /// Build the wheel without optimizations. The table shows this.
    #[arg(long)]
    quick_wheel: bool,
    /// Accept files that are not committed. The table shows this.
    #[arg(long)]
    allow_dirty: bool,
}

/// A check that takes minutes, and that can be skipped.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum LongCheck {
    Stubs,
    Rustdoc,
    Outside,
    Publish,
    Wheel,
    PublicApi,
    Semver,
    Deny,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.publish_crates {
        return publish_crates();
    }
    let mut report = Report::new(&options.skip);
    check_repository(&mut report, options.allow_dirty);
    check_generated_files(&mut report);
    check_crates(&mut report, options.allow_dirty);
    check_python_package(&mut report, options.quick_wheel);
    check_interface(&mut report);
    println!("\n{}", table::format(&report.rows));
    let failed = table::failed(&report.rows);
    ensure!(
        failed.is_empty(),
        "not ready for a release: {}",
        failed.join(", ")
    );
    Ok(())
}

/// Publishes the crates of a tagged commit.
fn publish_crates() -> Result<()> {
    let mut report = Report::new(&[]);
    check_repository(&mut report, false);
    println!("\n{}", table::format(&report.rows));
    let unfinished = report
        .rows
        .iter()
        .filter(|row| row.outcome != Outcome::Passed);
    let unfinished: Vec<&str> = unfinished.map(|row| row.check).collect();
    ensure!(
        unfinished.is_empty(),
        "nothing was published: {} must pass",
        unfinished.join(", ")
    );
    packages::publish()
}

/// The facts that must agree before anything is built.
fn check_repository(report: &mut Report<'_>, allow_dirty: bool) {
    report.check("working tree", || {
        let changes = process::quiet_output(&mut command("git", ["status", "--porcelain"]))?;
        match changes.lines().count() {
            0 => Ok(passed("clean")),
            count if allow_dirty => Ok(passed(format!("{count} files are not committed"))),
            count => bail!("{count} files are not committed"),
        }
    });
    let sources = match sources() {
        Ok(sources) => sources,
        Err(error) => return report.check("versions", || Err(error)),
    };
    let tag = tag_of_this_commit();
    let is_tagged = matches!(tag, Ok(Some(_)));
    // Until the commit is tagged, a step that must be done before the tag may be open.
    let open = |detail: &str| {
        ensure!(!is_tagged, "{detail}");
        Ok((Outcome::Open, detail.to_owned()))
    };
    report.check("versions", || Ok(passed(sources.versions()?)));
    report.check("changelog", || match sources.changelog() {
        ChangelogSection::Dated(date) => Ok(passed(format!("dated {date}"))),
        ChangelogSection::Unreleased => open("the changes are in the section Unreleased"),
        ChangelogSection::Missing => bail!("CHANGELOG.md has no section for {}", sources.version),
    });
    report.check("installation", || {
        match sources.instructions_before_release() {
            files if files.is_empty() => Ok(passed("no page says that a package is not published")),
            files => open(&format!(
                "for the time before the first release: {}",
                files.join(", ")
            )),
        }
    });
    report.check("repository address", || match sources.repository()? {
        Some(address) => Ok(passed(address)),
        None => open("not filled in: see RELEASING.md"),
    });
    report.check("tag", || match tag? {
        Some(tag) if tag == format!("v{}", sources.version) => Ok(passed(tag)),
        Some(tag) => bail!(
            "this commit has the tag {tag}, and the version is {}",
            sources.version
        ),
        None => open("this commit has no version tag"),
    });
}

fn check_generated_files(report: &mut Report<'_>) {
    report.check("generated code", || {
        codegen::run(true).map(|()| passed("up to date"))
    });
    report.long_check(LongCheck::Stubs, "type stubs", || {
        stubs::run(true).map(|()| passed("up to date"))
    });
    report.long_check(LongCheck::Rustdoc, "rustdoc", || {
        rustdoc::run().map(|()| passed("no warnings"))
    });
    report.check("workflows", || {
        workflows::run().map(|()| passed("actionlint, zizmor"))
    });
}

fn check_crates(report: &mut Report<'_>, allow_dirty: bool) {
    report.check("contents of the crates", || {
        packages::package(allow_dirty)?;
        Ok(passed(format!("{} packages", packages::contents()?)))
    });
    report.long_check(LongCheck::Outside, "program outside the workspace", || {
        packages::build_outside_program()?;
        Ok(passed("built against the packages, and run"))
    });
    report.long_check(LongCheck::Publish, "cargo publish --dry-run", || {
        packages::publish_dry_run(allow_dirty)?;
        Ok(passed("packaged and built each crate"))
    });
}

fn check_python_package(report: &mut Report<'_>, quick: bool) {
    let options = wheel::Options {
        quick,
        ..wheel::Options::default()
    };
    let mut sdist = None;
    report.check("source distribution", || {
        let path = sdist::build()?;
        sdist::check(&path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        sdist = Some(path);
        Ok(passed(name))
    });
    let mut built = None;
    report.long_check(
        LongCheck::Wheel,
        "wheel from the source distribution",
        || {
            let sdist = sdist.context("the source distribution was not built")?;
            let path = wheel::build(&sdist, &options)?;
            wheel::check(&path, &options)?;
            built = Some(path.clone());
            let size = if quick {
                format!("{}, not optimized", wheel::megabytes(wheel::size(&path)?))
            } else {
                wheel::check_size(&path)?
            };
            Ok(passed(size))
        },
    );
    report.long_check(LongCheck::Wheel, "wheel in a fresh environment", || {
        let wheel = built.context("the wheel was not built")?;
        wheel::smoke_test(&wheel)?;
        Ok(passed("installed a channel in the sandbox"))
    });
}

fn check_interface(report: &mut Report<'_>) {
    report.long_check(LongCheck::PublicApi, "public API", || {
        public_api::run(true).map(|()| passed("as listed in public-api.txt"))
    });
    report.long_check(
        LongCheck::Semver,
        "semantic versioning",
        semantic_versioning,
    );
    report.long_check(LongCheck::Deny, "licences and dependencies", || {
        deny::run(false).map(|()| passed("as in deny.toml"))
    });
}

/// Compares the public API with the last release. There is nothing to compare the first release with.
fn semantic_versioning() -> Result<(Outcome, String)> {
    let list = [
        "tag",
        "--list",
        "v*",
        "--sort=-version:refname",
        "--no-contains",
        "HEAD",
    ];
    let tags = process::quiet_output(&mut command("git", list))?;
    let Some(baseline) = tags.lines().next() else {
        return Ok((
            Outcome::NotApplicable,
            "there is no earlier release".to_owned(),
        ));
    };
    let program = cargo_install(CARGO_SEMVER_CHECKS)?;
    let mut check = command(&program, ["semver-checks", "--baseline-rev", baseline]);
    for package in packages::published()?
        .iter()
        .filter(|package| package.is_library)
    {
        check.args(["--package", &package.name]);
    }
    process::run(&mut check)?;
    Ok(passed(format!("compared with {baseline}")))
}

/// The version tag of the current commit.
fn tag_of_this_commit() -> Result<Option<String>> {
    let list = ["tag", "--list", "v*", "--points-at", "HEAD"];
    let tags = process::quiet_output(&mut command("git", list))?;
    Ok(tags.lines().next().map(str::to_owned))
}

/// Reads the files that contain a version.
fn sources() -> Result<Sources> {
    let read = |path: &str| {
        fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
    };
    let packages = packages::published()?;
    let readmes = packages
        .iter()
        .map(|package| format!("crates/{}/README.md", package.name));
    let pages = [
        "README.md",
        "python/README.md",
        "docs/index.md",
        "docs/reference/cli.md",
        "docs/reference/rust.md",
        "docs/tutorial/index.md",
    ];
    let readmes = readmes.chain(pages.map(str::to_owned));
    Sources::parse(versions::Files {
        manifest: &read("Cargo.toml")?,
        pyproject: &read("python/pyproject.toml")?,
        citation: &read("CITATION.cff")?,
        changelog: read("CHANGELOG.md")?,
        readmes: readmes
            .map(|path| Ok((path.clone(), read(&path)?)))
            .collect::<Result<_>>()?,
        packages,
    })
}

fn passed(detail: impl Into<String>) -> (Outcome, String) {
    (Outcome::Passed, detail.into())
}

/// The checks so far, and those to skip.
struct Report<'a> {
    skipped: &'a [LongCheck],
    rows: Vec<Row>,
}

impl<'a> Report<'a> {
    fn new(skipped: &'a [LongCheck]) -> Self {
        Self {
            skipped,
            rows: Vec::new(),
        }
    }

    /// Runs a check. Later checks also run if it fails.
    fn check(&mut self, name: &'static str, check: impl FnOnce() -> Result<(Outcome, String)>) {
        let start = Instant::now();
        let (outcome, detail) = check().unwrap_or_else(|error| {
            eprintln!("error: {name}: {error:#}");
            (Outcome::Failed, error.to_string())
        });
        self.rows.push(Row {
            check: name,
            outcome,
            detail,
            duration: start.elapsed(),
        });
    }

    fn long_check(
        &mut self,
        id: LongCheck,
        name: &'static str,
        check: impl FnOnce() -> Result<(Outcome, String)>,
    ) {
        if self.skipped.contains(&id) {
            let detail = format!(
                "--skip {}",
                id.to_possible_value()
                    .map_or_else(String::new, |value| value.get_name().to_owned())
            );
            return self.check(name, || Ok((Outcome::Skipped, detail)));
        }
        self.check(name, check);
    }
}
