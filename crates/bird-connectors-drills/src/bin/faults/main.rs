//! The fault matrix: every fault against every operation, each cell with its own sandbox. Prints the result of each cell,
//! and fails if a cell differs from its expectation (`expected.rs`) or breaks a rule that applies to all cells
//! (`violations.rs`).

mod cell;
mod expected;
mod output;
mod row;
mod violations;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use bird_connectors_catalogue::{Entry, entries};
use bird_connectors_drills::secrets::LogScanner;
use clap::Parser;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use cell::Cell;
use output::{CheckedCell, count_distinct, print_cells, print_rows};
use violations::violations;

/// Run every operation against every fault, and check the results.
#[derive(Parser)]
struct Options {
    /// Print one line per fault instead of one per cell.
    #[arg(long)]
    brief: bool,
    /// Only faults whose name contains this string.
    #[arg(long)]
    fault: Option<String>,
    /// Only operations whose name contains this string.
    #[arg(long)]
    operation: Option<String>,
    /// Maximum number of concurrent cells.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
}

/// The complete matrix has at least this many cells; fewer mean that rows or operations are missing.
const MIN_CELLS: usize = 300;

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

/// Returns whether there are no violations.
async fn run(options: Options) -> Result<bool> {
    let scanner = LogScanner::install()?;
    let start = Instant::now();
    let cells = cells(&options);
    let is_complete = options.fault.is_none() && options.operation.is_none();
    ensure!(
        !is_complete || cells.len() >= MIN_CELLS,
        "the matrix has only {} cells, expected at least {MIN_CELLS}",
        cells.len()
    );

    let checked = run_and_check(cells, options.concurrency).await?;
    if options.brief {
        print_rows(&checked);
    } else {
        print_cells(&checked);
    }
    let mut violations = Vec::new();
    for CheckedCell {
        cell,
        violations: found,
        ..
    } in &checked
    {
        violations.extend(found.iter().map(|violation| format!("{cell}: {violation}")));
    }
    violations.extend(scanner.leaks());
    if scanner.panics() > 0 {
        violations.push(format!("{} panics", scanner.panics()));
    }
    for violation in &violations {
        println!("VIOLATION {violation}");
    }
    println!(
        "{} cells ({} faults, {} operations), {} violations; searched {} log lines for secrets; {:.1} s",
        checked.len(),
        count_distinct(&checked, |cell| cell.row.name.clone()),
        count_distinct(&checked, |cell| cell.entry.operation.id().to_owned()),
        violations.len(),
        scanner.lines(),
        start.elapsed().as_secs_f64(),
    );
    Ok(violations.is_empty())
}

/// The cells that the options select.
fn cells(options: &Options) -> Vec<Cell> {
    let entries: Vec<Arc<Entry>> = entries().into_iter().map(Arc::new).collect();
    let is_selected = |filter: &Option<String>, name: &str| {
        filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter.as_str()))
    };
    let mut cells = Vec::new();
    for row in row::all() {
        let row = Arc::new(row);
        for occurrence in row.occurrences {
            for entry in entries.iter().filter(|entry| row.applies_to(entry)) {
                if is_selected(&options.fault, &row.name)
                    && is_selected(&options.operation, entry.operation.id())
                {
                    cells.push(Cell {
                        number: cells.len(),
                        row: Arc::clone(&row),
                        occurrence: *occurrence,
                        entry: Arc::clone(entry),
                    });
                }
            }
        }
    }
    cells
}

/// Runs the cells concurrently and checks each. Returns them in the order of the matrix.
async fn run_and_check(cells: Vec<Cell>, concurrency: usize) -> Result<Vec<CheckedCell>> {
    let permits = u32::try_from(concurrency)?;
    let semaphore = Arc::new(Semaphore::new(concurrency));
    let mut running = JoinSet::new();
    for cell in cells {
        let semaphore = Arc::clone(&semaphore);
        running.spawn(async move {
            let permit = semaphore
                .acquire_many_owned(cell.row.permits(permits))
                .await;
            let observation = cell.run().await;
            drop(permit);
            observation.map(|observation| {
                let expected = expected::of(cell.row.impact, cell.entry.operation, cell.occurrence);
                CheckedCell {
                    violations: violations(&cell, &expected, &observation),
                    cell,
                    observation,
                }
            })
        });
    }
    let mut checked = Vec::new();
    while let Some(result) = running.join_next().await {
        checked.push(result??);
    }
    checked.sort_by_key(|checked: &CheckedCell| checked.cell.number);
    Ok(checked)
}
