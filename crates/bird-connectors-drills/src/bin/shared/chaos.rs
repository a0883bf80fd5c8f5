//! Chaos: two workers in Rust and two in Python install the same templates with one journal in PostgreSQL. Each second one of
//! them is killed and started again, another one is paused past its lease, and the sandbox loses three percent of its responses.
//! In the end there must be exactly one connector for each template.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bird_connectors::ClientBuilder;
use bird_connectors_drills::fixture::sandbox_builder;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox};
use bird_connectors_services::{PgBouncer, Postgres};
use clap::ValueEnum;
use fastrand::Rng;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::child::voices;
use crate::python;

/// The language of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
}

const WORKERS: [Language; 4] = [
    Language::Rust,
    Language::Python,
    Language::Rust,
    Language::Python,
];
const LEASE: Duration = Duration::from_secs(2);
/// Longer than a pause: a worker that is stopped between its last check and its request is still within the window of the next
/// one.
const WINDOW: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_secs(4);
/// After so many seconds, the workers are left alone, so that they can end.
const CHAOS_LIMIT: u32 = 30;
/// A worker that takes longer than this hangs.
const WORKER_TIMEOUT: Duration = Duration::from_secs(300);
/// How often a worker installs everything until no install fails.
const MAX_RUNS: usize = 20;

/// Be a worker: install until nothing fails, and print the ids.
pub(crate) async fn work(place: &str, templates: u128, with_journal: bool) -> Result<()> {
    let client = ClientBuilder::from_env()?.rate_limit(None).build()?;
    let connectors = client.default_workspace()?.connectors();
    let database = Database::new(place.parse()?, NoTls)?;
    let journal = PostgresJournal::new(database).lease(LEASE);
    let mut last = None;
    for _ in 0..MAX_RUNS {
        let installs = connectors.install_all(voices(templates));
        let mut installs = installs.reconcile_window(WINDOW).recreate_after_window();
        if with_journal {
            installs = installs.journal(journal.clone());
        }
        let mut results = installs.await;
        results.sort_by_key(|install| install.index);
        let ids: Result<Vec<_>, _> = results.into_iter().map(|install| install.result).collect();
        match ids {
            Ok(ids) => {
                let ids: Vec<_> = ids.iter().map(|ensured| ensured.id().to_string()).collect();
                println!("{}", serde_json::to_string(&ids)?);
                return Ok(());
            }
            Err(error) => last = Some(error),
        }
    }
    bail!("installs fail again and again: {last:?}")
}

/// The settings of all seeds.
pub(crate) struct Run {
    pub(crate) templates: usize,
    /// The interpreter of the workers in Python.
    pub(crate) python: PathBuf,
    pub(crate) without_journal: Option<Language>,
}

impl Run {
    pub(crate) async fn seeds(&self, seeds: u64) -> Result<()> {
        let postgres = Postgres::start()?;
        let bouncer = PgBouncer::start(&postgres)?;
        Database::new(postgres.connection_string().parse()?, NoTls)?
            .migrate()
            .await?;
        println!(
            "{:>4} {:>9} {:>10} {:>12} {:>6} {:>6} {:>7} {:>10} {:>10} {:>7} {:>7}",
            "seed",
            "templates",
            "kills Rust",
            "kills Python",
            "pauses",
            "lost",
            "creates",
            "connectors",
            "duplicates",
            "missing",
            "seconds"
        );
        for seed in 1..=seeds {
            // Each language uses the server directly and through the pooler.
            let direct = postgres.connection_string();
            let places = [
                direct.clone(),
                direct,
                bouncer.connection_string(),
                bouncer.connection_string(),
            ];
            self.seed(seed, &places).await?;
        }
        Ok(())
    }

    async fn seed(&self, seed: u64, places: &[String; 4]) -> Result<()> {
        let start = Instant::now();
        let mut random = Rng::with_seed(seed);
        let sandbox = sandbox_builder().start().await?;
        let lost = lose_responses(&sandbox, random.fork());
        let mut workers = Vec::new();
        for (language, place) in WORKERS.iter().zip(places) {
            workers.push(self.start_worker(*language, &sandbox, place)?);
        }
        let (mut kills, mut pauses, mut paused) = ([0, 0], 0, None);
        for _ in 1..=CHAOS_LIMIT {
            sleep(Duration::from_secs(1)).await;
            if paused.is_some_and(|(_, since): (usize, Instant)| since.elapsed() >= PAUSE) {
                resume(&workers, paused.take()).await?;
            }
            if paused.is_none() {
                let index = random.usize(..WORKERS.len());
                signal(&workers[index], "STOP").await?;
                paused = Some((index, Instant::now()));
                pauses += 1;
            }
            // One of those that are not paused.
            let mut victim = random.usize(..WORKERS.len());
            if paused.is_some_and(|(index, _)| index == victim) {
                victim = (victim + 1) % WORKERS.len();
            }
            if workers[victim].try_wait()?.is_some() {
                // It has completed all installs.
                break;
            }
            workers[victim].kill().await?;
            let language = WORKERS[victim];
            workers[victim] = self.start_worker(language, &sandbox, &places[victim])?;
            kills[language as usize] += 1;
        }
        resume(&workers, paused).await?;
        let mut reports = Vec::new();
        for worker in workers {
            let output = timeout(WORKER_TIMEOUT, worker.wait_with_output()).await??;
            let is_success = output.status.success();
            reports.push(is_success.then_some(output.stdout));
        }
        let connectors = sandbox.connectors();
        let names: BTreeSet<_> = connectors
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        let (duplicates, missing) = (connectors.len() - names.len(), self.templates - names.len());
        println!(
            "{seed:>4} {:>9} {:>10} {:>12} {pauses:>6} {:>6} {:>7} {:>10} {duplicates:>10} {missing:>7} {:>7.1}",
            self.templates,
            kills[Language::Rust as usize],
            kills[Language::Python as usize],
            lost.load(Ordering::Relaxed),
            sandbox.count(Operation::CreateConnector),
            connectors.len(),
            start.elapsed().as_secs_f64()
        );
        ensure!(
            duplicates == 0 && missing == 0,
            "seed {seed}: {duplicates} duplicates, {missing} templates without a connector"
        );
        let mut lists = Vec::new();
        for report in &reports {
            let output = report.as_ref().context("a worker failed")?;
            let ids: Vec<String> = serde_json::from_slice(output)?;
            lists.push(ids);
        }
        ensure!(
            lists.iter().all(|ids| ids == &lists[0]),
            "seed {seed}: two workers report different connectors"
        );
        Ok(())
    }

    fn start_worker(&self, language: Language, sandbox: &Sandbox, place: &str) -> Result<Child> {
        let templates = self.templates.to_string();
        let mut command = match language {
            Language::Rust => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["--templates", &templates, "worker", place]);
                command
                    .env("BIRD_BASE_URL", sandbox.base_url())
                    .env("BIRD_ACCESS_KEY", sandbox.access_key())
                    .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true);
                command
            }
            Language::Python => {
                let mut command = python::command(&self.python, sandbox);
                command.args(["work", place, &templates]);
                command.args(["--lease", &LEASE.as_secs().to_string()]);
                command.args(["--window", &WINDOW.as_secs().to_string()]);
                command.args(["--runs", &MAX_RUNS.to_string()]);
                command
            }
        };
        if self.without_journal == Some(language) {
            command.arg("--without-journal");
        }
        Ok(command.spawn()?)
    }
}

/// Loses three percent of the responses, and delays creates, so that many are in progress when a worker is killed.
fn lose_responses(sandbox: &Sandbox, random: Rng) -> Arc<AtomicUsize> {
    let lost = Arc::<AtomicUsize>::default();
    let (counter, random) = (Arc::clone(&lost), Mutex::new(random));
    let rule = Rule::on_any().fault(Fault::LostResponse).after_processing();
    sandbox.rule(rule.always().when(move |_| {
        let applies = random.lock().unwrap_or_else(PoisonError::into_inner).f64() < 0.03;
        counter.fetch_add(usize::from(applies), Ordering::Relaxed);
        applies
    }));
    let slow = Rule::on(Operation::CreateConnector).always();
    sandbox.rule(slow.delay_response(Duration::from_millis(300)));
    lost
}

async fn resume(workers: &[Child], paused: Option<(usize, Instant)>) -> Result<()> {
    match paused {
        Some((index, since)) => {
            sleep(PAUSE.saturating_sub(since.elapsed())).await;
            signal(&workers[index], "CONT").await
        }
        None => Ok(()),
    }
}

/// Does nothing if the worker has ended.
async fn signal(worker: &Child, signal: &str) -> Result<()> {
    if let Some(id) = worker.id() {
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &id.to_string()]);
        kill.stderr(Stdio::null()).status().await?;
    }
    Ok(())
}
