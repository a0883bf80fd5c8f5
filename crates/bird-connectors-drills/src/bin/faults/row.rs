//! The rows of the matrix: the faults, how each is injected, and its impact on one attempt.

use std::time::Duration;

use bird_connectors::ErrorKind;
use bird_connectors_catalogue::Entry;
use bird_connectors_drills::impact::Impact;
use bird_connectors_sandbox::Fault;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) injection: Injection,
    pub(crate) impact: Impact,
    pub(crate) occurrences: &'static [Occurrence],
    scope: Scope,
}

/// How a fault is injected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Injection {
    /// By a rule of the sandbox.
    Rule(Fault),
    /// By a rule that redirects to a listener of the drill, which must not receive anything.
    Redirect,
    /// The sandbox is down before the call.
    ServerDown,
    /// The call goes out on a pooled connection that the server no longer reads.
    StaleConnection,
}

/// Which attempts of a call meet the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    Once,
    Always,
}

/// To which operations a fault applies.
#[derive(Clone, Copy, Debug)]
enum Scope {
    All,
    Lists,
    Creates,
}

/// The duration of a slow commit.
pub(crate) const COMMIT: Duration = Duration::from_millis(200);

const BOTH: &[Occurrence] = &[Occurrence::Once, Occurrence::Always];
/// For faults that are never retried: further occurrences make no difference.
const ONCE: &[Occurrence] = &[Occurrence::Once];
const ALWAYS: &[Occurrence] = &[Occurrence::Always];

/// The timeouts of the client: of one attempt, and of the whole call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) attempt: Duration,
    pub(crate) total: Duration,
}

/// For faults that run into the timeout.
const SHORT: Timeouts = Timeouts {
    attempt: Duration::from_millis(2000),
    total: Duration::from_secs(10),
};
/// For all other faults: long enough that a busy machine does not run into the timeout.
const LONG: Timeouts = Timeouts {
    attempt: Duration::from_secs(20),
    total: Duration::from_secs(60),
};

impl Row {
    pub(crate) fn timeouts(&self) -> Timeouts {
        match self.impact {
            Impact::Unknown(ErrorKind::Timeout, _) | Impact::BodyLost(ErrorKind::Timeout) => SHORT,
            _ => LONG,
        }
    }

    /// How many of the permits for concurrent cells a cell of this row takes. Decompressing many large bodies concurrently
    /// would delay the other cells beyond their timeouts.
    pub(crate) fn permits(&self, concurrency: u32) -> u32 {
        match self.impact {
            Impact::TooLarge => concurrency.div_ceil(4),
            _ => 1,
        }
    }

    /// Whether the fault applies to this operation.
    pub(crate) fn applies_to(&self, entry: &Entry) -> bool {
        match self.scope {
            Scope::All => true,
            Scope::Lists => entry.is_list,
            Scope::Creates => entry.operation.id().starts_with("create"),
        }
    }
}

pub(crate) fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: &str, injection, impact, occurrences, scope| {
        rows.push(Row {
            number: rows.len(),
            name: name.to_owned(),
            injection,
            impact,
            occurrences,
            scope,
        });
    };
    let all = Scope::All;
    add(
        "refused",
        Injection::ServerDown,
        Impact::NotSent,
        ALWAYS,
        all,
    );
    for fault in [
        Fault::Down(Duration::ZERO),
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::StallBeforeHeaders,
        Fault::StallBeforeBody,
        Fault::StallInBody,
        Fault::LostResponse,
        Fault::CloseIdle(Duration::ZERO),
        Fault::Html(500),
        Fault::Html(502),
        Fault::Html(503),
        Fault::Html(504),
        Fault::TooManyRequests(None),
        Fault::TooManyRequests(Some(1)),
        Fault::LengthTooLong,
        Fault::ContinueStorm(1000),
    ] {
        let impact = Impact::of(&fault);
        add(fault.name(), Injection::Rule(fault), impact, BOTH, all);
    }
    let endless = Fault::ContinueStorm(u64::MAX);
    let impact = Impact::of(&endless);
    let name = "continue_storm_endless";
    add(name, Injection::Rule(endless), impact, BOTH, all);
    for fault in [
        Fault::TruncatedJson,
        Fault::LengthTooShort,
        Fault::WrongContentType,
        Fault::WrongShape,
        Fault::NotUtf8,
        Fault::Empty,
        Fault::GzipBomb,
        Fault::Huge,
    ] {
        let impact = Impact::of(&fault);
        add(fault.name(), Injection::Rule(fault), impact, ONCE, all);
    }
    let lost = Impact::Unknown(ErrorKind::Transport, None);
    let stale = Injection::StaleConnection;
    add("close_idle_in_use", stale, lost, ONCE, all);
    let redirected = Impact::Definitive(ErrorKind::Api, 307);
    add("redirect", Injection::Redirect, redirected, ONCE, all);
    let slow = Fault::SlowCommit(COMMIT);
    add(
        slow.name(),
        Injection::Rule(slow),
        Impact::Harmless,
        ONCE,
        Scope::Creates,
    );
    let duplicates = Fault::DuplicateItems;
    add(
        duplicates.name(),
        Injection::Rule(duplicates),
        Impact::Harmless,
        ALWAYS,
        Scope::Lists,
    );
    for length in [1, 2, 7] {
        let name = format!("token_loop_{length}");
        let injection = Injection::Rule(Fault::TokenLoop(length));
        add(&name, injection, Impact::TokenCycle, ALWAYS, Scope::Lists);
    }
    rows
}
