//! The fault matrix: every fault against every operation, each in a sandbox of its own. Prints what came of each cell, and
//! fails where a cell differs from what `expected.rs` says, or breaks what holds for all of them (`judge.rs`).

mod cell;
mod expected;
mod judge;
mod row;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bird_connectors_drills::operations::{self, Operation};
use bird_connectors_drills::secrets::Listener;
use clap::Parser;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use cell::{Cell, Seen};
use row::When;

/// Every fault against every operation.
#[derive(Parser)]
struct Options {
    /// Print one line for each fault instead of each cell.
    #[arg(long)]
    brief: bool,
    /// Only faults whose name contains this.
    #[arg(long)]
    fault: Option<String>,
    /// Only operations whose name contains this.
    #[arg(long)]
    operation: Option<String>,
    /// How many cells at a time.
    #[arg(long, default_value_t = 64)]
    at_a_time: usize,
}

/// A matrix with fewer cells than this has lost some.
const LEAST_CELLS: usize = 300;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether nothing was violated.
async fn run(options: Options) -> Result<bool> {
    let listener = Listener::install()?;
    let start = Instant::now();
    let cells = cells(&options);
    let is_whole = options.fault.is_none() && options.operation.is_none();
    ensure!(
        !is_whole || cells.len() >= LEAST_CELLS,
        "only {} cells",
        cells.len()
    );

    let mut seen = play(cells, options.at_a_time).await?;
    seen.sort_by_key(|(cell, ..)| cell.number);
    let mut violations = Vec::new();
    for (cell, seen, broken) in &seen {
        if !options.brief {
            println!("{}", line(cell, seen));
        }
        violations.extend(broken.iter().map(|broken| format!("{cell}: {broken}")));
    }
    if options.brief {
        brief(&seen);
    }
    violations.extend(listener.leaks());
    if listener.panics() > 0 {
        violations.push(format!("{} panics", listener.panics()));
    }
    for violation in &violations {
        println!("VIOLATION {violation}");
    }
    println!(
        "{} cells ({} faults, {} operations), {} violations; searched {} log lines for secrets; {:.1} s",
        seen.len(),
        count(&seen, |cell| cell.row.name.clone()),
        count(&seen, |cell| cell.operation.id.id().to_owned()),
        violations.len(),
        listener.lines(),
        start.elapsed().as_secs_f64(),
    );
    Ok(violations.is_empty())
}

fn count(seen: &[(Cell, Seen, Vec<String>)], of: impl Fn(&Cell) -> String) -> usize {
    let found: std::collections::BTreeSet<_> = seen.iter().map(|(cell, ..)| of(cell)).collect();
    found.len()
}

fn cells(options: &Options) -> Vec<Cell> {
    let operations: Vec<Arc<Operation>> = operations::all().into_iter().map(Arc::new).collect();
    let wanted = |filter: &Option<String>, name: &str| {
        filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter.as_str()))
    };
    let mut cells = Vec::new();
    for row in row::all() {
        let row = Arc::new(row);
        for when in row.when {
            for operation in operations
                .iter()
                .filter(|operation| row.concerns(operation))
            {
                if wanted(&options.fault, &row.name)
                    && wanted(&options.operation, operation.id.id())
                {
                    cells.push(Cell {
                        number: cells.len(),
                        row: Arc::clone(&row),
                        when: *when,
                        operation: Arc::clone(operation),
                    });
                }
            }
        }
    }
    cells
}

async fn play(cells: Vec<Cell>, at_a_time: usize) -> Result<Vec<(Cell, Seen, Vec<String>)>> {
    let most = u32::try_from(at_a_time)?;
    let turns = Arc::new(Semaphore::new(at_a_time));
    let mut playing = JoinSet::new();
    for cell in cells {
        let turns = Arc::clone(&turns);
        playing.spawn(async move {
            let turn = turns.acquire_many_owned(cell.row.turns(most)).await;
            let seen = cell.play().await;
            drop(turn);
            seen.map(|seen| {
                let expected = expected::of(cell.row.impact, cell.operation.id, cell.when);
                let broken = judge::violations(&cell, &expected, &seen);
                (cell, seen, broken)
            })
        });
    }
    let mut seen = Vec::new();
    while let Some(played) = playing.join_next().await {
        seen.push(played??);
    }
    Ok(seen)
}

fn line(cell: &Cell, seen: &Seen) -> String {
    let when = match cell.when {
        When::Once => "once",
        When::Always => "always",
    };
    format!(
        "{:<22} {:<6} {:<44} {:<8} {} attempt{} {:>6.0} ms  {}",
        cell.row.name,
        when,
        cell.operation.id.id(),
        seen.outcome(),
        seen.attempts,
        if seen.attempts == 1 { " " } else { "s" },
        seen.took.as_secs_f64() * 1000.0,
        seen.got(),
    )
}

/// How each fault ended, and for how many operations.
fn brief(seen: &[(Cell, Seen, Vec<String>)]) {
    let mut rows: BTreeMap<(usize, String), (BTreeMap<String, usize>, Duration)> = BTreeMap::new();
    for (cell, seen, _) in seen {
        let key = (
            cell.row.number,
            format!("{} {:?}", cell.row.name, cell.when),
        );
        let (outcomes, longest) = rows.entry(key).or_default();
        let attempts = seen.attempts;
        *outcomes
            .entry(format!("{} in {attempts}", seen.outcome()))
            .or_default() += 1;
        *longest = (*longest).max(seen.took);
    }
    for ((_, name), (outcomes, longest)) in rows {
        let outcomes: Vec<_> = outcomes
            .iter()
            .map(|(outcome, count)| format!("{count}× {outcome}"))
            .collect();
        println!(
            "{name:<30} {} (longest {:.1} s)",
            outcomes.join(", "),
            longest.as_secs_f64()
        );
    }
}
