//! Starts the services and the processes, and checks the connectors.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use bird_connectors_drills::fixture::sandbox_builder;
use bird_connectors_postgres::Database;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_services::{PgBouncer, Postgres};
use clap::{Parser, Subcommand};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::chaos::{self, Language};
use crate::child::{self, JournalKind, PROCESS_TIMEOUT, Report};
use crate::languages;
use crate::observed_journal::Calls;

/// Install the same templates from several processes at once, with and without a shared journal.
#[derive(Parser)]
struct Options {
    /// Number of templates.
    #[arg(long, default_value_t = 500)]
    templates: usize,
    /// Number of processes. Each number is a row of the table.
    #[arg(long, default_values_t = [2, 8])]
    processes: Vec<usize>,
    /// A Python interpreter with the package `bird-connectors`: also checks that Rust and Python share a table.
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Kill and pause workers in Rust and Python instead, with so many different seeds.
    #[arg(long, value_name = "SEEDS", requires = "python")]
    chaos: Option<u64>,
    /// Let the workers of one language install without a journal, to see that the drill then fails.
    #[arg(long, value_name = "LANGUAGE", requires = "chaos")]
    without_journal: Option<Language>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Be a process that installs.
    #[command(hide = true)]
    Child { kind: JournalKind, place: String },
    /// Be a worker that may be killed.
    #[command(hide = true)]
    Worker {
        place: String,
        #[arg(long)]
        without_journal: bool,
    },
}

#[tokio::main]
pub(crate) async fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.role {
        Some(Role::Child { kind, place }) => {
            child::run(*kind, place, options.templates as u128).await
        }
        Some(Role::Worker {
            place,
            without_journal,
        }) => chaos::work(place, options.templates as u128, !without_journal).await,
        None => match (options.chaos, &options.python) {
            (Some(seeds), Some(python)) => {
                let run = chaos::Run {
                    templates: options.templates,
                    python: python.clone(),
                    without_journal: options.without_journal,
                };
                run.seeds(seeds).await
            }
            _ => run(&options).await,
        },
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What the processes share.
struct SharedPlace {
    name: &'static str,
    kind: JournalKind,
    place: String,
}

async fn run(options: &Options) -> Result<()> {
    let postgres = Postgres::start()?;
    let bouncer = PgBouncer::start(&postgres)?;
    if let Some(python) = &options.python {
        let place = postgres.connection_string();
        Database::new(place.parse()?, NoTls)?.migrate().await?;
        languages::run(python, &place).await?;
    }
    println!(
        "{:<24} {:>9} {:>9} {:>10} {:>10} {:>15} {:>8} {:>7}",
        "journal",
        "processes",
        "templates",
        "connectors",
        "duplicates",
        "calls/connector",
        "waiting",
        "seconds"
    );
    for &processes in &options.processes {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("installs.journal");
        let places = [
            ("none", JournalKind::None, String::new()),
            ("file", JournalKind::File, file.display().to_string()),
            (
                "PostgreSQL",
                JournalKind::Postgres,
                postgres.connection_string(),
            ),
            (
                "PostgreSQL, PgBouncer",
                JournalKind::Postgres,
                bouncer.connection_string(),
            ),
        ];
        for (name, kind, place) in places {
            let shared = SharedPlace { name, kind, place };
            run_row(options, processes, &shared).await?;
        }
    }
    println!("\nWith a journal: one connector per template, and the same one for every process.");
    Ok(())
}

/// Runs the processes and prints a row.
async fn run_row(options: &Options, processes: usize, shared: &SharedPlace) -> Result<()> {
    let sandbox = sandbox_builder().start().await?;
    if shared.kind == JournalKind::Postgres {
        Database::new(shared.place.parse()?, NoTls)?
            .migrate()
            .await?;
    }
    let environment = [
        ("BIRD_BASE_URL", sandbox.base_url()),
        ("BIRD_ACCESS_KEY", sandbox.access_key().to_owned()),
        ("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string()),
    ];
    let mut running = Vec::new();
    for _ in 0..processes {
        running.push(Running::start(options.templates, shared, &environment)?);
    }
    for process in &mut running {
        process.wait_until_ready().await?;
    }
    let start = Instant::now();
    for process in &mut running {
        process.begin().await?;
    }
    let mut reports = Vec::new();
    for process in running {
        reports.push(process.report().await?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let connectors = sandbox.connectors().len();
    let duplicates = connectors.saturating_sub(options.templates);
    let mut calls = Calls::default();
    for report in &reports {
        calls.all += report.calls.all;
        calls.waiting += report.calls.waiting;
    }
    println!(
        "{:<24} {processes:>9} {:>9} {connectors:>10} {duplicates:>10} {:>15.1} {:>8} {seconds:>7.1}",
        shared.name,
        options.templates,
        (calls.all - calls.waiting) as f64 / options.templates as f64,
        calls.waiting,
    );
    check(options, shared, &reports, connectors)
}

fn check(
    options: &Options,
    shared: &SharedPlace,
    reports: &[Report],
    connectors: usize,
) -> Result<()> {
    if shared.kind == JournalKind::None {
        ensure!(
            connectors > options.templates,
            "no duplicates without a journal: this drill cannot fail"
        );
        return Ok(());
    }
    ensure!(connectors == options.templates, "{connectors} connectors");
    for report in reports {
        if let Some(error) = &report.first_error {
            bail!("a process reports: {error}");
        }
        ensure!(
            report.connectors == reports[0].connectors,
            "two processes report different connectors"
        );
    }
    let distinct: BTreeSet<_> = reports[0].connectors.iter().flatten().collect();
    ensure!(
        distinct.len() == options.templates,
        "two templates have one connector"
    );
    Ok(())
}

/// A process that installs.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(
        templates: usize,
        shared: &SharedPlace,
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let kind = match shared.kind {
            JournalKind::None => "none",
            JournalKind::File => "file",
            JournalKind::Postgres => "postgres",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--templates", &templates.to_string()]);
        command.args(["child", kind, &shared.place]);
        let mut child = command
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("no output")?;
        Ok(Self {
            child,
            lines: BufReader::new(stdout).lines(),
        })
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let line = timeout(PROCESS_TIMEOUT, self.lines.next_line()).await??;
        ensure!(line.as_deref() == Some("ready"), "a process did not start");
        Ok(())
    }

    async fn begin(&mut self) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("no input")?;
        Ok(stdin.write_all(b"\n").await?)
    }

    async fn report(mut self) -> Result<Report> {
        let line = timeout(PROCESS_TIMEOUT, self.lines.next_line()).await??;
        Ok(serde_json::from_str(&line.context("a process failed")?)?)
    }
}
