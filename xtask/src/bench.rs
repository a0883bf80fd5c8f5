//! `cargo xtask bench`: compares the performance of the SDK and the Python package with alternatives. A missed target is
//! not an error; a benchmark that cannot run is.

mod comparisons;
mod consumers;
mod history;
mod measurement;
mod plot;
mod report;
mod setup;

use anyhow::{Result, bail};

use crate::process;
use measurement::Measurement;
pub(crate) use setup::Setup;

/// A program that measures one or more rows of the table.
struct Benchmark {
    name: &'static str,
    rows: &'static [u8],
    /// Takes minutes, and is not part of a quick run.
    slow: bool,
    run: fn(&Setup) -> Result<Vec<Measurement>>,
}

const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "requests",
        rows: &[1, 2],
        slow: false,
        run: |setup| setup.rust("requests"),
    },
    Benchmark {
        name: "pages",
        rows: &[3, 4, 5, 6, 7],
        slow: false,
        run: |setup| setup.python("pages.py"),
    },
    Benchmark {
        name: "attributes",
        rows: &[8],
        slow: false,
        run: |setup| setup.python("attributes.py"),
    },
    Benchmark {
        name: "imports",
        rows: &[9],
        slow: false,
        run: |setup| setup.python("imports.py"),
    },
    Benchmark {
        name: "memory",
        rows: &[10],
        slow: false,
        run: |setup| setup.python("memory.py"),
    },
    Benchmark {
        name: "paging",
        rows: &[11],
        slow: false,
        run: |setup| Ok([setup.rust("paging")?, setup.python("paging.py")?].concat()),
    },
    Benchmark {
        name: "waits",
        rows: &[12],
        slow: false,
        run: |setup| setup.rust("waits"),
    },
    Benchmark {
        name: "wait-cost",
        rows: &[13],
        slow: false,
        run: |setup| setup.rust("wait-cost"),
    },
    Benchmark {
        name: "consumers",
        rows: &[14, 16],
        slow: true,
        run: |_| consumers::build(),
    },
    Benchmark {
        name: "ensure",
        rows: &[17],
        slow: false,
        run: |setup| setup.rust("ensure"),
    },
    Benchmark {
        name: "webhook-receiver",
        rows: &[18],
        slow: false,
        run: |setup| {
            let (rust, python) = ("webhook-receiver", "webhook_receiver.py");
            Ok([setup.rust(rust)?, setup.python(python)?].concat())
        },
    },
    Benchmark {
        name: "interrupt",
        rows: &[15],
        slow: false,
        run: |setup| Ok([setup.wheel_size()?, setup.python("interrupt.py")?].concat()),
    },
    Benchmark {
        name: "telemetry",
        rows: &[19],
        slow: false,
        run: |setup| setup.python("telemetry.py"),
    },
];

/// Measures these rows, or all of them.
pub(crate) fn run(quick: bool, rows: &[u8]) -> Result<()> {
    let is_selected = |benchmark: &&Benchmark| {
        let has_row = benchmark.rows.iter().any(|row| rows.contains(row));
        (rows.is_empty() || has_row) && !(quick && benchmark.slow)
    };
    let is_whole = !quick && rows.is_empty();
    // Before the measurements: the sources can change while they run.
    let commit = is_whole.then(history::commit).transpose()?;
    let setup = Setup::new(quick)?;
    let mut measurements = Vec::new();
    let mut failed = Vec::new();
    for benchmark in BENCHMARKS.iter().filter(is_selected) {
        match (benchmark.run)(&setup) {
            Ok(new) => {
                report::store(benchmark.name, &new)?;
                measurements.extend(new);
            }
            Err(error) => {
                eprintln!("error: {}: {error:#}", benchmark.name);
                failed.push(benchmark.name);
            }
        }
    }
    let webhooks = if rows.is_empty() {
        webhooks(&setup, &mut failed)
    } else {
        String::new()
    };
    let table = report::table(&measurements, rows);
    print!("{}", report::for_terminal(&table));
    if quick {
        println!(
            "A quick run uses unoptimized builds: its figures show only that the benchmarks run."
        );
    }
    match commit {
        Some(commit) if failed.is_empty() => {
            let runs = history::add(history::load()?, report::run(&table, &setup, commit)?);
            plot::draw(&table, &process::root().join("BENCHMARKS.svg"))?;
            report::write(&table, &runs, &webhooks, &setup)?;
            history::store(&runs)?;
        }
        _ => println!("BENCHMARKS.md is unchanged: only a complete run of all rows writes it."),
    }
    if !failed.is_empty() {
        bail!("some benchmarks did not run: {}", failed.join(", "));
    }
    Ok(())
}

/// The cost of verifying a webhook, and how soon a wait notices an event. Both outputs are printed unchanged.
fn webhooks(setup: &Setup, failed: &mut Vec<&'static str>) -> String {
    let mut blocks = Vec::new();
    for name in ["webhook-verify", "webhook-events"] {
        match setup.rust_output(name) {
            Ok(output) => blocks.push(output),
            Err(error) => {
                eprintln!("error: {name}: {error:#}");
                failed.push(name);
            }
        }
    }
    let output = blocks.join("\n");
    println!("{output}");
    output
}
