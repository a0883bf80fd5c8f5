//! What happens in a run, derived from the seed alone.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use fastrand::Rng;
use uuid::Uuid;

/// The reconcile window of `ensure`. The other durations are chosen relative to it.
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

/// After this, every created connector is listed.
pub(crate) const SETTLED: Duration = Duration::from_secs(130);

/// The phone number of the connector.
pub(crate) const NUMBER: Uuid = Uuid::from_u128(7);

/// Whether the API rejects a duplicate create with 409.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConflictPolicy {
    /// From the moment the first connector is created.
    Always,
    /// Only once the first connector is listed.
    OnceListed,
    Never,
}

/// When a created connector is listed, relative to the reconcile window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listing {
    Immediate,
    WithinWindow,
    AfterWindow,
}

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) conflict: ConflictPolicy,
    pub(crate) listing: Listing,
    /// Whether `ensure` uses a journal.
    pub(crate) journal: bool,
    /// Whether processes are killed.
    pub(crate) killed: bool,
}

impl Case {
    /// The case of a run. Consecutive runs cycle through all cases.
    pub(crate) fn of(run: u64) -> Self {
        Self {
            conflict: [
                ConflictPolicy::Always,
                ConflictPolicy::OnceListed,
                ConflictPolicy::Never,
            ][(run % 3) as usize],
            listing: [
                Listing::Immediate,
                Listing::WithinWindow,
                Listing::AfterWindow,
            ][(run / 3 % 3) as usize],
            journal: (run / 9).is_multiple_of(2),
            killed: (run / 18).is_multiple_of(2),
        }
    }

    /// Whether no client can prevent duplicates: a killed process left no record of its create, the next one cannot list
    /// the connector yet, and the API does not reject a second create.
    pub(crate) fn can_duplicate(self) -> bool {
        let undetectable = match self.conflict {
            ConflictPolicy::Always => false,
            ConflictPolicy::OnceListed => self.listing != Listing::Immediate,
            ConflictPolicy::Never => true,
        };
        !self.journal && self.killed && undetectable
    }
}

/// Everything that happens in a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) case: Case,
    /// How long after its creation a connector is listed.
    commit: Duration,
    /// The fault of each of the first creates, and whether the create is processed.
    creates: Vec<Option<(Fault, bool)>>,
    /// The faults of list requests, by the number of the request, from 1.
    lists: Vec<(u64, Fault)>,
    /// After how many polls of its future each process is killed, and how much later the next one starts.
    pub(crate) kills: Vec<(u32, Duration)>,
}

impl Plan {
    pub(crate) fn new(seed: u64, run: u64) -> Self {
        let mut random = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ run);
        let case = Case::of(run);
        let millis =
            |random: &mut Rng, from: u64, to: u64| Duration::from_millis(random.u64(from..to));
        let commit = match case.listing {
            Listing::Immediate => Duration::ZERO,
            Listing::WithinWindow => millis(&mut random, 50, 29_500),
            Listing::AfterWindow => millis(&mut random, 31_000, 120_000),
        };
        // Runs without a kill get more faults.
        let first = if case.killed { 0.5 } else { 0.9 };
        let creates = [first, 0.5, 0.2]
            .map(|probability| (random.f64() < probability).then(|| create_fault(&mut random)))
            .to_vec();
        let mut lists = Vec::new();
        while random.f64() < 0.2 {
            lists.push((random.u64(1..8), list_fault(&mut random)));
        }
        let mut kills = Vec::new();
        while case.killed && (kills.is_empty() || random.f64() < 0.3) {
            let pause = match random.u8(0..3) {
                0 => Duration::ZERO,
                1 => millis(&mut random, 1, 2_000),
                _ => millis(&mut random, 2_000, 60_000),
            };
            kills.push((random.u32(1..14), pause));
        }
        Self {
            case,
            commit,
            creates,
            lists,
            kills,
        }
    }

    /// Starts a sandbox that behaves as planned.
    pub(crate) async fn sandbox(&self) -> std::io::Result<Sandbox> {
        let mut builder = Sandbox::builder()
            .default_script(Script::instant().commit_after(self.commit))
            .record_limit(0)
            .behavior(|behavior| {
                behavior.duplicates = match self.case.conflict {
                    ConflictPolicy::Never => Duplicates::Allowed,
                    _ => Duplicates::Identity,
                };
                behavior.uncommitted_creates = match self.case.conflict {
                    ConflictPolicy::Always => UncommittedCreates::Detected,
                    _ => UncommittedCreates::Missed,
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

/// A random fault for a create, and whether the create is processed nevertheless.
fn create_fault(random: &mut Rng) -> (Fault, bool) {
    let processed = random.bool();
    let fault = match random.u8(0..10) {
        0 | 1 => Fault::LostResponse,
        2 => Fault::ResetBeforeHeaders,
        3 => Fault::ResetInBody,
        4 => Fault::StallBeforeHeaders,
        5 => Fault::Html(*random.choice(&[500, 502, 503, 504]).unwrap_or(&500)),
        6 => Fault::TruncatedJson,
        7 => Fault::WrongContentType,
        8 => Fault::Empty,
        // A 429 guarantees that the create was not processed.
        _ => return (Fault::TooManyRequests(Some(1)), false),
    };
    (fault, processed)
}

/// A random fault for a list request.
fn list_fault(random: &mut Rng) -> Fault {
    match random.u8(0..6) {
        0 => Fault::Html(502),
        1 => Fault::ResetBeforeHeaders,
        2 => Fault::TruncatedJson,
        3 => Fault::DuplicateItems,
        4 => Fault::StallInBody,
        _ => Fault::TooManyRequests(None),
    }
}
