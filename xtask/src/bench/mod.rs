//! `cargo xtask bench`: the package and the SDK beside what people would use instead. Figures to read: none is a
//! condition of anything, and only a benchmark that cannot run fails.

mod consumers;
mod figures;
mod plot;
mod report;
mod rows;
mod setting;

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, cargo};
use figures::Figures;
use setting::Setting;

/// Where one part of the rows comes from.
struct Part {
    name: &'static str,
    rows: &'static [u8],
    /// It takes minutes: a quick run does without it.
    long: bool,
    run: fn(&Setting) -> Result<Vec<Figures>>,
}

const PARTS: &[Part] = &[
    Part {
        name: "requests",
        rows: &[1, 2],
        long: false,
        run: |setting| setting.worker("requests"),
    },
    Part {
        name: "pages",
        rows: &[3, 4, 5, 6, 7],
        long: false,
        run: |setting| setting.script("pages.py"),
    },
    Part {
        name: "attributes",
        rows: &[8],
        long: false,
        run: |setting| setting.script("attributes.py"),
    },
    Part {
        name: "imports",
        rows: &[9],
        long: false,
        run: |setting| setting.script("imports.py"),
    },
    Part {
        name: "memory",
        rows: &[10],
        long: false,
        run: |setting| setting.script("memory.py"),
    },
    Part {
        name: "paging",
        rows: &[11],
        long: false,
        run: |setting| Ok([setting.worker("paging")?, setting.script("paging.py")?].concat()),
    },
    Part {
        name: "waits",
        rows: &[12],
        long: false,
        run: |setting| setting.worker("waits"),
    },
    Part {
        name: "wait-cost",
        rows: &[13],
        long: false,
        run: |setting| setting.worker("wait-cost"),
    },
    Part {
        name: "consumers",
        rows: &[14],
        long: true,
        run: |_| consumers::build(),
    },
    Part {
        name: "interrupt",
        rows: &[15],
        long: false,
        run: |setting| Ok([setting.wheel_size()?, setting.script("interrupt.py")?].concat()),
    },
];

/// Rows of this number, or all of them, in a short or a full run.
pub(crate) fn run(quick: bool, rows: &[u8]) -> Result<()> {
    let wanted = |part: &&Part| {
        let named = rows.is_empty() || part.rows.iter().any(|row| rows.contains(row));
        named && !(quick && part.long)
    };
    let parts: Vec<_> = PARTS.iter().filter(wanted).collect();
    let setting = Setting::new(quick)?;
    let mut measured = Vec::new();
    let mut failed = Vec::new();
    for part in parts {
        match (part.run)(&setting) {
            Ok(figures) => {
                report::store(part.name, &figures)?;
                measured.extend(figures);
            }
            Err(error) => {
                eprintln!("error: {}: {error:#}", part.name);
                failed.push(part.name);
            }
        }
    }
    let lines = report::lines(&measured, rows);
    print!("{}", report::text(&lines));
    let whole = !quick && rows.is_empty();
    if whole && failed.is_empty() {
        let webhooks = webhooks()?;
        plot::draw(&lines, &process::root().join("BENCHMARKS.svg"))?;
        report::write(&lines, &webhooks, &setting)?;
    } else {
        println!(
            "BENCHMARKS.md is left as it is: it is written by a run of all rows that comes to its end."
        );
    }
    if setting.quick {
        println!(
            "A quick run takes unoptimised builds: it shows that the benchmarks work, and nothing else."
        );
    }
    if !failed.is_empty() {
        bail!("some benchmarks did not run: {}", failed.join(", "));
    }
    Ok(())
}

/// What verifying a webhook costs, and how soon a wait hears of an event. These print tables of their own.
fn webhooks() -> Result<String> {
    let verify = process::output(&mut cargo([
        "run",
        "--quiet",
        "--release",
        "--package",
        "bird-connectors",
        "--example",
        "verify_cost",
    ]))?;
    let installs = process::output(&mut cargo([
        "test",
        "--quiet",
        "--release",
        "--package",
        "bird-connectors",
        "--test",
        "webhook_receive",
        "hundred",
        "--",
        "--nocapture",
    ]))?;
    // What the test harness says around it is left out.
    let figures = installs.lines().filter(|line| line.contains(" ms"));
    let told = format!("{verify}\n{}\n", figures.collect::<Vec<_>>().join("\n"));
    let path = report::folder()?.join("webhooks.txt");
    fs::write(&path, &told).with_context(|| format!("cannot write {}", path.display()))?;
    print!("{told}");
    Ok(told)
}
