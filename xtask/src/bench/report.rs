//! From figures to the table: on the terminal, in `target/bench`, and in `BENCHMARKS.md`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::figures::{Figures, show};
use super::rows::{CHECKS, Check, Goal};
use super::setting::Setting;
use crate::process::{self, command, root, target};
use crate::python;

/// One line of the table.
pub(crate) struct Line {
    pub(crate) check: &'static Check,
    ours: Figures,
    other: Option<Figures>,
}

impl Line {
    /// In the direction of the goal.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let (ours, other) = (self.ours.median(), self.other.as_ref()?.median());
        Some(match self.check.goal {
            Goal::Faster(..) => other / ours,
            _ => ours / other,
        })
    }

    fn reached(&self) -> bool {
        match (&self.check.goal, self.ratio()) {
            (Goal::Faster(_, goal), Some(ratio)) => ratio >= *goal,
            (Goal::AtMost(_, goal), Some(ratio)) => ratio <= *goal,
            (Goal::Under(goal), _) => self.ours.median() <= *goal,
            _ => false,
        }
    }

    fn cells(&self) -> [String; 7] {
        let check = self.check;
        let other = match (&self.other, check.goal.other()) {
            (Some(figures), Some(name)) => format!("{name}: {}", figures.told()),
            _ => "–".to_owned(),
        };
        [
            check.row.to_string(),
            check.work.to_owned(),
            self.ours.told(),
            other,
            self.ratio().map_or_else(
                || "–".to_owned(),
                |ratio| match check.goal {
                    Goal::Faster(..) => format!("{ratio:.2} × faster"),
                    _ => format!("{ratio:.2} ×"),
                },
            ),
            match check.goal {
                Goal::Faster(_, goal) => format!("≥ {goal} ×"),
                Goal::AtMost(_, goal) => format!("≤ {goal} ×"),
                Goal::Under(goal) => format!("≤ {}", show(goal, &self.ours.unit)),
            },
            if self.reached() { "yes" } else { "no" }.to_owned(),
        ]
    }
}

/// What there are figures for.
pub(crate) fn lines(measured: &[Figures], rows: &[u8]) -> Vec<Line> {
    let find = |group: &str, side: &str| {
        let found = |figures: &&Figures| figures.group == group && figures.side == side;
        measured.iter().find(found).cloned()
    };
    CHECKS
        .iter()
        .filter(|check| rows.is_empty() || rows.contains(&check.row))
        .filter_map(|check| {
            let other = check.goal.other().map(|side| find(check.group, side));
            Some(Line {
                check,
                ours: find(check.group, check.ours)?,
                other: match other {
                    Some(found) => Some(found?),
                    None => None,
                },
            })
        })
        .collect()
}

const HEAD: [&str; 7] = [
    "#", "work", "ours", "against", "ratio", "to reach", "reached",
];

/// The table for a terminal.
pub(crate) fn text(lines: &[Line]) -> String {
    let rows: Vec<_> = std::iter::once(HEAD.map(str::to_owned))
        .chain(lines.iter().map(Line::cells))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let mut table = String::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            format!("{cell:width$}")
        });
        table += cells.collect::<Vec<_>>().join("  ").trim_end();
        table += "\n";
    }
    table
}

/// Where everything is kept that was measured.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Keeps all samples of a part.
pub(crate) fn store(part: &str, figures: &[Figures]) -> Result<()> {
    let path = folder()?.join(format!("{part}.json"));
    let text = serde_json::to_string_pretty(figures)?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

const BEGIN: &str = "<!-- Written by `cargo xtask bench`. -->";
const END: &str = "<!-- Written by hand again. -->";

/// Writes the figures into `BENCHMARKS.md`, and leaves what is written there by hand.
pub(crate) fn write(lines: &[Line], webhooks: &str, setting: &Setting) -> Result<()> {
    let path = root().join("BENCHMARKS.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, rest) = text
        .split_once(BEGIN)
        .context("BENCHMARKS.md has lost its first mark")?;
    let (_, after) = rest
        .split_once(END)
        .context("BENCHMARKS.md has lost its second mark")?;
    let told = format!(
        "{before}{BEGIN}\n\n{}\n\n{}\n\n![The table as bars](BENCHMARKS.svg)\n\n```text\n{webhooks}```\n\n{END}{after}",
        circumstances(setting)?,
        table(lines),
    );
    fs::write(&path, told).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

fn table(lines: &[Line]) -> String {
    let row = |cells: [String; 7]| format!("| {} |", cells.join(" | "));
    let mut rows = vec![
        row(HEAD.map(str::to_owned)),
        "|---".repeat(HEAD.len()) + "|",
    ];
    rows.extend(lines.iter().map(|line| row(line.cells())));
    rows.join("\n")
}

/// When, on what, and with which versions.
fn circumstances(setting: &Setting) -> Result<String> {
    const SCRIPT: &str = "import datetime, platform; \
        print(datetime.date.today(), f'{platform.python_implementation()} {platform.python_version()}', sep='; ')";
    let today = process::output(&mut setting.peers.command("python", ["-c", SCRIPT]))?;
    let (date, python) = today
        .trim()
        .split_once("; ")
        .context("Python does not tell its version")?;
    let rustc = process::output(&mut command("rustc", ["--version"]))?;
    let rust = rustc.split(" (").next().unwrap_or_default();
    let peers = python::pinned("bench/requirements.txt")?
        .join(", ")
        .replace("==", " ");
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let locked = ["reqwest", "serde_json"].map(|name| format!("{name} {}", version(&lock, name)));
    Ok(format!(
        "Measured on {date}, on a machine with {}. {rust}, {}; {python}, {peers}.",
        machine(),
        locked.join(", ")
    ))
}

fn version<'a>(lock: &'a str, package: &str) -> &'a str {
    let head = format!("name = \"{package}\"\nversion = \"");
    lock.split_once(&head)
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("of an unknown version")
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().trim_end_matches(" kB").parse::<f64>().ok()
    });
    let memory = memory.map_or_else(String::new, |kilo| {
        format!(", {:.0} GB of memory", kilo * 1024.0 / 1e9)
    });
    let system = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{cores} cores{memory}, {} on {}", system.0, system.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_told_and_drawn() {
        let sides = |check: &'static Check| std::iter::once(check.ours).chain(check.goal.other());
        let measured: Vec<_> = CHECKS
            .iter()
            .flat_map(|check| sides(check).map(|side| (check.group, side)))
            .map(|(group, side)| Figures::new(group, side, "s", vec![1.0, 2.0, 4.0]))
            .collect();
        let all = lines(&measured, &[]);
        assert_eq!(all.len(), CHECKS.len());
        assert!(text(&all).contains("2.00 s (1.50 s – 3.00 s)"));
        assert_eq!(lines(&measured, &[9]).len(), 3);
        assert!(lines(&measured[..1], &[]).is_empty());

        let plot = std::env::temp_dir().join(format!("benchmarks-{}.svg", std::process::id()));
        crate::bench::plot::draw(&all, &plot).unwrap();
        let drawn = fs::read_to_string(&plot).unwrap();
        fs::remove_file(&plot).unwrap();
        assert!(drawn.starts_with("<svg") && drawn.contains("httpx"));
    }
}
