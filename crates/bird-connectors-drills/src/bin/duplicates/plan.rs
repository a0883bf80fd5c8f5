//! What happens in a run: drawn from its seed, and nothing else.

use std::time::Duration;

use bird_connectors_sandbox::readings::{Duplicates, Uncommitted};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use fastrand::Rng;

/// How long `ensure` looks. Everything else is measured against it.
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

/// After this, whatever was created shows.
pub(crate) const SETTLED: Duration = Duration::from_secs(130);

/// Whether the API notices a repeated create.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Conflict {
    /// 409 from the start.
    Always,
    /// 409 once the first one shows.
    OnceShown,
    Never,
}

/// When what was created can be found and listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Commit {
    AtOnce,
    Within,
    Beyond,
}

/// The kinds of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) conflict: Conflict,
    pub(crate) commit: Commit,
    pub(crate) journal: bool,
    pub(crate) killed: bool,
}

impl Cell {
    /// Every kind, in turn.
    pub(crate) fn nth(run: u64) -> Self {
        Self {
            conflict: [Conflict::Always, Conflict::OnceShown, Conflict::Never][(run % 3) as usize],
            commit: [Commit::AtOnce, Commit::Within, Commit::Beyond][(run / 3 % 3) as usize],
            journal: (run / 9).is_multiple_of(2),
            killed: (run / 18).is_multiple_of(2),
        }
    }

    /// Whether two connectors can come about by nature: a killed process left no word, and the next one can neither see
    /// what it made nor is told of it.
    pub(crate) fn two_are_possible(self) -> bool {
        let unseen = match self.conflict {
            Conflict::Always => false,
            Conflict::OnceShown => self.commit != Commit::AtOnce,
            Conflict::Never => true,
        };
        !self.journal && self.killed && unseen
    }
}

/// The whole course of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) cell: Cell,
    commit: Duration,
    /// What happens to the first creates.
    creates: Vec<Option<(Fault, bool)>>,
    /// What happens to these lists, counted from 1.
    lists: Vec<(u64, Fault)>,
    /// After how many polls of its future each process is killed, and how much later the next one starts.
    pub(crate) kills: Vec<(u32, Duration)>,
}

impl Plan {
    pub(crate) fn new(seed: u64, run: u64) -> Self {
        let mut dice = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ run);
        let cell = Cell::nth(run);
        let millis = |dice: &mut Rng, from: u64, to: u64| Duration::from_millis(dice.u64(from..to));
        let commit = match cell.commit {
            Commit::AtOnce => Duration::ZERO,
            Commit::Within => millis(&mut dice, 50, 29_500),
            Commit::Beyond => millis(&mut dice, 31_000, 120_000),
        };
        // Where nobody is killed, something else has to go wrong.
        let first = if cell.killed { 0.5 } else { 0.9 };
        let creates = [first, 0.5, 0.2]
            .map(|chance| (dice.f64() < chance).then(|| create_fault(&mut dice)))
            .to_vec();
        let mut lists = Vec::new();
        while dice.f64() < 0.2 {
            lists.push((dice.u64(1..8), list_fault(&mut dice)));
        }
        let mut kills = Vec::new();
        while cell.killed && (kills.is_empty() || dice.f64() < 0.3) {
            let pause = match dice.u8(0..3) {
                0 => Duration::ZERO,
                1 => millis(&mut dice, 1, 2_000),
                _ => millis(&mut dice, 2_000, 60_000),
            };
            kills.push((dice.u32(1..14), pause));
        }
        Self {
            cell,
            commit,
            creates,
            lists,
            kills,
        }
    }

    /// Sets the stage.
    pub(crate) async fn sandbox(&self) -> std::io::Result<Sandbox> {
        let mut builder = Sandbox::builder()
            .default_script(Script::instant().commit_after(self.commit))
            .record_limit(0)
            .readings(|readings| {
                readings.duplicates = match self.cell.conflict {
                    Conflict::Never => Duplicates::Allowed,
                    _ => Duplicates::Identity,
                };
                readings.uncommitted = match self.cell.conflict {
                    Conflict::Always => Uncommitted::Counts,
                    _ => Uncommitted::Overlooked,
                };
            });
        for (nth, fault) in (1..).zip(&self.creates) {
            if let Some((fault, processed)) = fault {
                let rule = Rule::on(Operation::CreateConnector)
                    .nth(nth)
                    .fault(fault.clone());
                builder = builder.rule(if *processed {
                    rule.after_processing()
                } else {
                    rule
                });
            }
        }
        for (nth, fault) in &self.lists {
            builder = builder.rule(
                Rule::on(Operation::ListConnectors)
                    .nth(*nth)
                    .fault(fault.clone()),
            );
        }
        builder.start().await
    }
}

/// A fault, and whether the create is done all the same.
fn create_fault(dice: &mut Rng) -> (Fault, bool) {
    let processed = dice.bool();
    let fault = match dice.u8(0..10) {
        0 | 1 => Fault::LostAnswer,
        2 => Fault::ResetBeforeHeaders,
        3 => Fault::ResetInBody,
        4 => Fault::StallBeforeHeaders,
        5 => Fault::Html(*dice.choice(&[500, 502, 503, 504]).unwrap_or(&500)),
        6 => Fault::TruncatedJson,
        7 => Fault::WrongType,
        8 => Fault::Empty,
        // Certainly not processed.
        _ => return (Fault::TooManyRequests(Some(1)), false),
    };
    (fault, processed)
}

fn list_fault(dice: &mut Rng) -> Fault {
    match dice.u8(0..6) {
        0 => Fault::Html(502),
        1 => Fault::ResetBeforeHeaders,
        2 => Fault::TruncatedJson,
        3 => Fault::DuplicateItems,
        4 => Fault::StallInBody,
        _ => Fault::TooManyRequests(None),
    }
}
