//! No duplicates: thousands of seeded runs of `ensure`, with lost answers, slow commits, with 409 and without, killed and
//! started again, with a journal and without. Each must end with exactly one connector or with an error that is true.
//! Beside each, the same plan is played by blind retries. Where two are possible by nature, they are counted and printed.
//!
//! The requests go over real sockets, in simulated time: hours pass in minutes.

mod blind;
mod ensured;
mod plan;
mod process;
mod simulated;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser;
use tokio::task::JoinSet;

use ensured::End;
use plan::{Cell, Commit, Conflict, Plan};

/// Runs of `ensure` where much goes wrong, and what came of them.
#[derive(Clone, Parser)]
struct Options {
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    runs: u64,
    /// What their plans are drawn from. Where a process stands at its nth poll is up to the sockets.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this run, by its number.
    #[arg(long)]
    only: Option<u64>,
    /// How many at a time on each thread.
    #[arg(long, default_value_t = 200)]
    at_a_time: usize,
}

/// What came of the runs of a kind.
#[derive(Clone, Debug, Default)]
struct Tally {
    runs: u64,
    ends: BTreeMap<End, u64>,
    /// Runs of blind retries that ended with more than one connector.
    blind: u64,
    blind_surplus: u64,
}

impl Tally {
    fn of(&self, end: End) -> u64 {
        self.ends.get(&end).copied().unwrap_or_default()
    }

    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.blind += other.blind;
        self.blind_surplus += other.blind_surplus;
        for (end, count) in &other.ends {
            *self.ends.entry(*end).or_default() += count;
        }
    }
}

/// What came of a run: how it ended, and how many connectors blind retries made of it.
type Played = (u64, Result<(End, usize)>);

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether every run ended as it must.
fn run(options: &Options) -> Result<bool> {
    let start = Instant::now();
    let runs: Vec<u64> = match options.only {
        Some(run) => vec![run],
        None => (0..options.runs).collect(),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::new();
    thread::scope(|scope| -> Result<()> {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let own: Vec<_> = runs.iter().copied().skip(part).step_by(threads).collect();
                scope.spawn(move || simulated::run(play_all(options, own)))
            })
            .collect();
        for part in parts {
            let played = part.join().map_err(|_| anyhow!("a thread panicked"))?;
            all.extend(played??);
        }
        Ok(())
    })?;
    all.sort_by_key(|(run, _)| *run);

    let mut tallies: BTreeMap<Cell, Tally> = BTreeMap::new();
    let mut broken = 0_u64;
    for (run, played) in &all {
        let tally = tallies.entry(Cell::nth(*run)).or_default();
        tally.runs += 1;
        match played {
            Ok((end, blind)) => {
                *tally.ends.entry(*end).or_default() += 1;
                tally.blind += u64::from(*blind > 1);
                tally.blind_surplus += blind.saturating_sub(1) as u64;
            }
            Err(error) => {
                broken += 1;
                println!("BROKEN: run {run} of seed {}: {error:#}", options.seed);
                println!("  {:?}", Plan::new(options.seed, *run));
            }
        }
    }
    print(&tallies);
    let mut total = Tally::default();
    tallies.values().for_each(|tally| total.add(tally));
    println!();
    println!(
        "{} runs (seed {}) in {:.0} s: {} ended with exactly one connector handed over, {} with an error that is true, {} with two where that is possible by nature, {broken} otherwise.",
        total.runs,
        options.seed,
        start.elapsed().as_secs_f64(),
        total.of(End::One),
        total.of(End::Unknown) + total.of(End::Exists) + total.of(End::Other),
        total.of(End::Two),
    );
    println!(
        "Blind retries, same plans: {} of {} runs ended with more than one connector ({} too many).",
        total.blind, total.runs, total.blind_surplus
    );
    Ok(broken == 0)
}

/// Plays these runs, some at a time.
async fn play_all(options: &Options, runs: Vec<u64>) -> Result<Vec<Played>> {
    let (seed, mut runs) = (options.seed, runs.into_iter());
    let mut playing = JoinSet::new();
    let mut played = Vec::new();
    loop {
        while playing.len() < options.at_a_time
            && let Some(run) = runs.next()
        {
            playing.spawn(async move { (run, play(&Plan::new(seed, run)).await) });
        }
        match playing.join_next().await {
            Some(one) => played.push(one.context("a run panicked")?),
            None => return Ok(played),
        }
    }
}

async fn play(plan: &Plan) -> Result<(End, usize)> {
    let (end, blind) = tokio::join!(ensured::play(plan), blind::play(plan));
    Ok((end?, blind?))
}

fn print(tallies: &BTreeMap<Cell, Tally>) {
    println!(
        "{:<16} {:<14} {:<8} {:<7} {:>6} {:>6} {:>8} {:>7} {:>6} {:>6}  {:>10}",
        "409",
        "shows",
        "journal",
        "killed",
        "runs",
        "one",
        "unknown",
        "exists",
        "other",
        "two",
        "blind: two"
    );
    for (cell, tally) in tallies {
        let conflict = match cell.conflict {
            Conflict::Always => "always",
            Conflict::OnceShown => "once it shows",
            Conflict::Never => "never",
        };
        let commit = match cell.commit {
            Commit::AtOnce => "at once",
            Commit::Within => "within window",
            Commit::Beyond => "beyond window",
        };
        let word = |yes| if yes { "yes" } else { "no" };
        let note = match cell.two_are_possible() {
            true => "  two are possible by nature",
            false => "",
        };
        println!(
            "{conflict:<16} {commit:<14} {:<8} {:<7} {:>6} {:>6} {:>8} {:>7} {:>6} {:>6}  {:>10}{note}",
            word(cell.journal),
            word(cell.killed),
            tally.runs,
            tally.of(End::One),
            tally.of(End::Unknown),
            tally.of(End::Exists),
            tally.of(End::Other),
            tally.of(End::Two),
            tally.blind,
        );
    }
}
