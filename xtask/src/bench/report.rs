//! The table of all comparisons: on the terminal, in `BENCHMARKS.md`, and the samples in `target/bench`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::comparisons::{COMPARISONS, Comparison, Target};
use super::history::{self, Run};
use super::measurement::{Measurement, format_value};
use super::setup::Setup;
use crate::process::{self, command, root, target};
use crate::python;

/// A comparison with its measurements.
pub(crate) struct Row {
    pub(crate) comparison: &'static Comparison,
    ours: Measurement,
    other: Option<Measurement>,
}

impl Row {
    /// Our median divided by the other, or the other divided by ours if the target is to be faster.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let (ours, other) = (self.ours.median(), self.other.as_ref()?.median());
        Some(match self.comparison.target {
            Target::Faster(..) => other / ours,
            _ => ours / other,
        })
    }

    fn meets_target(&self) -> bool {
        match (&self.comparison.target, self.ratio()) {
            (Target::Faster(_, target), Some(ratio)) => ratio >= *target,
            (Target::AtMost(_, target), Some(ratio)) => ratio <= *target,
            (Target::Under(target), _) => self.ours.median() <= *target,
            _ => false,
        }
    }

    fn format_met(&self) -> &'static str {
        match self.comparison.target {
            Target::None(_) => "–",
            _ if self.meets_target() => "yes",
            _ => "no",
        }
    }

    /// The ratio, or our value if nothing is compared.
    fn figure(&self) -> f64 {
        self.ratio().unwrap_or_else(|| self.ours.median())
    }

    /// The text of a [`Self::figure`].
    fn format_figure(&self, figure: f64) -> String {
        match self.comparison.target {
            Target::Faster(..) => format!("{figure:.2} × faster"),
            Target::AtMost(..) | Target::None(_) => format!("{figure:.2} ×"),
            Target::Under(_) => format_value(figure, &self.ours.unit),
        }
    }

    /// The smallest and the largest figure of these runs.
    fn format_spread(&self, runs: &[Run]) -> String {
        let Some((smallest, largest)) = history::spread(runs, &self.comparison.name()) else {
            return "–".to_owned();
        };
        let [smallest, largest] = [smallest, largest].map(|figure| self.format_figure(figure));
        if smallest == largest {
            largest
        } else {
            format!("{} – {largest}", smallest.trim_end_matches(" faster"))
        }
    }

    fn format_target(&self) -> String {
        // The targets of some ratios are quotients.
        let rounded = |target: f64| (target * 100.0).round() / 100.0;
        match self.comparison.target {
            Target::Faster(_, target) => format!("≥ {} ×", rounded(target)),
            Target::AtMost(_, target) => format!("≤ {} ×", rounded(target)),
            Target::Under(target) => format!("≤ {}", format_value(target, &self.ours.unit)),
            Target::None(_) => "–".to_owned(),
        }
    }

    fn cells(&self) -> [String; 7] {
        let comparison = self.comparison;
        let other = match (&self.other, comparison.target.other()) {
            (Some(measurement), Some(name)) => format!("{name}: {}", measurement.summary()),
            _ => "–".to_owned(),
        };
        let ratio = self.ratio();
        [
            comparison.row.to_string(),
            comparison.work.to_owned(),
            self.ours.summary(),
            other,
            ratio.map_or_else(|| "–".to_owned(), |ratio| self.format_figure(ratio)),
            self.format_target(),
            self.format_met().to_owned(),
        ]
    }
}

/// The comparisons for which there are measurements.
pub(crate) fn table(measurements: &[Measurement], rows: &[u8]) -> Vec<Row> {
    let find = |group: &str, variant: &str| {
        let matches = |one: &&Measurement| one.group == group && one.variant == variant;
        measurements.iter().find(matches).cloned()
    };
    COMPARISONS
        .iter()
        .filter(|comparison| rows.is_empty() || rows.contains(&comparison.row))
        .filter_map(|comparison| {
            let group = comparison.group;
            Some(Row {
                comparison,
                ours: find(group, comparison.ours)?,
                other: match comparison.target.other() {
                    Some(variant) => Some(find(group, variant)?),
                    None => None,
                },
            })
        })
        .collect()
}

const HEADER: [&str; 7] = [
    "#",
    "work",
    "ours",
    "compared with",
    "ratio",
    "target",
    "met",
];

pub(crate) fn for_terminal(table: &[Row]) -> String {
    let rows: Vec<_> = std::iter::once(HEADER.map(str::to_owned))
        .chain(table.iter().map(Row::cells))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let mut lines = String::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            format!("{cell:width$}")
        });
        lines += cells.collect::<Vec<_>>().join("  ").trim_end();
        lines += "\n";
    }
    lines
}

/// The folder of all samples.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Stores all samples of a benchmark.
pub(crate) fn store(benchmark: &str, measurements: &[Measurement]) -> Result<()> {
    let path = folder()?.join(format!("{benchmark}.json"));
    let json = serde_json::to_string_pretty(measurements)?;
    fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))
}

const BEGIN: &str = "<!-- Generated by `cargo xtask bench`. -->";
const END: &str = "<!-- End of the generated section. -->";

/// The figures of a whole run that ends now.
pub(crate) fn run(table: &[Row], setup: &Setup, commit: String) -> Result<Run> {
    const SCRIPT: &str = "import datetime; \
        print(datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC'))";
    let at = process::output(&mut setup.environment.command("python", ["-c", SCRIPT]))?;
    Ok(Run {
        at: at.trim().to_owned(),
        commit,
        figures: figures(table),
    })
}

fn figures(table: &[Row]) -> BTreeMap<String, f64> {
    let figures = table
        .iter()
        .map(|row| (row.comparison.name(), row.figure()));
    // JSON has no other numbers.
    figures.filter(|(_, figure)| figure.is_finite()).collect()
}

/// Replaces the generated section of `BENCHMARKS.md`.
pub(crate) fn write(table: &[Row], runs: &[Run], webhooks: &str, setup: &Setup) -> Result<()> {
    let path = root().join("BENCHMARKS.md");
    let page =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("BENCHMARKS.md does not contain {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("BENCHMARKS.md does not contain {END}"))?;
    let page = format!(
        "{before}{BEGIN}\n\n{}\n\n{}\n\n![The table as a bar chart](BENCHMARKS.svg)\n\n```text\n{webhooks}```\n\n{END}{after}",
        circumstances(setup)?,
        for_markdown(table, runs),
    );
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

/// The column of `BENCHMARKS.md` that is not on the terminal, and its place.
const SPREAD: (usize, &str) = (5, "last three runs");

/// The sentence about the last runs, and the table.
fn for_markdown(table: &[Row], runs: &[Run]) -> String {
    let line = |cells: [String; 7], spread: String| {
        let mut cells = Vec::from(cells);
        cells.insert(SPREAD.0, spread);
        format!("| {} |", cells.join(" | "))
    };
    let mut lines = vec![
        history::sentence(runs, SPREAD.1),
        String::new(),
        line(HEADER.map(str::to_owned), SPREAD.1.to_owned()),
        "|---".repeat(HEADER.len() + 1) + "|",
    ];
    lines.extend(
        table
            .iter()
            .map(|row| line(row.cells(), row.format_spread(runs))),
    );
    lines.join("\n")
}

/// The date, the machine and the versions.
fn circumstances(setup: &Setup) -> Result<String> {
    const SCRIPT: &str = "import datetime, platform; \
        print(datetime.date.today(), f'{platform.python_implementation()} {platform.python_version()}', sep='; ')";
    let output = process::output(&mut setup.environment.command("python", ["-c", SCRIPT]))?;
    let (date, python) = output
        .trim()
        .split_once("; ")
        .context("unexpected output of Python")?;
    let rustc = process::output(&mut command("rustc", ["--version"]))?;
    let rust = rustc.split(" (").next().unwrap_or_default();
    let alternatives = python::group("bench")?.join(", ").replace("==", " ");
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let locked = ["reqwest", "serde_json"].map(|name| format!("{name} {}", version(&lock, name)));
    Ok(format!(
        "Measured on {date}, on a machine with {}. {rust}, {}; {python}, {alternatives}.",
        machine(),
        locked.join(", ")
    ))
}

fn version<'a>(lock: &'a str, package: &str) -> &'a str {
    let head = format!("name = \"{package}\"\nversion = \"");
    lock.split_once(&head)
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("of unknown version")
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = system_value("/proc/meminfo", "MemTotal");
    let memory = memory.and_then(|value| value.trim_end_matches(" kB").parse::<f64>().ok());
    let memory = memory.map_or_else(String::new, |kilobytes| {
        format!(", {:.0} GB of memory", kilobytes * 1024.0 / 1e9)
    });
    let system = (std::env::consts::OS, std::env::consts::ARCH);
    let model = system_value("/proc/cpuinfo", "model name");
    let model = model.map_or_else(String::new, |model| format!(" ({model})"));
    format!("{cores} cores{model}{memory}, {} on {}", system.0, system.1)
}

/// The first value with this name in a file of `/proc`.
fn system_value(path: &str, name: &str) -> Option<String> {
    let values = fs::read_to_string(path).ok()?;
    let mut fields = values.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.trim() == name)?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests;
