//! The faults of the matrix, one row each, with what each does to one attempt.

use std::time::Duration;

use bird_connectors::Kind;
use bird_connectors_drills::impact::Impact;
use bird_connectors_drills::operations::Operation;
use bird_connectors_sandbox::Fault;

/// What befalls an operation.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) trouble: Trouble,
    pub(crate) impact: Impact,
    pub(crate) when: &'static [When],
    concerns: Concerns,
}

/// How it is brought about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// By a rule of the sandbox.
    Fault(Fault),
    /// The sandbox is down before the call.
    Refused,
    /// The connection that the call goes out on is one that the server has given up.
    GivenUp,
    /// By a rule, with a listener of its own as the other host: nothing may arrive there.
    Redirect,
}

/// Which attempts meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Once,
    Always,
}

#[derive(Clone, Copy, Debug)]
enum Concerns {
    All,
    Lists,
    Creates,
}

/// How long a slow commit takes.
pub(crate) const COMMIT: Duration = Duration::from_millis(200);

const BOTH: &[When] = &[When::Once, When::Always];
/// What is never tried again comes out the same whether it happens once or always.
const ONCE: &[When] = &[When::Once];
const ALWAYS: &[When] = &[When::Always];

/// What a call is given: for one attempt, and in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) attempt: Duration,
    pub(crate) total: Duration,
}

/// Where a time-out is waited for, it is short.
const LITTLE: Patience = Patience {
    attempt: Duration::from_millis(2000),
    total: Duration::from_secs(10),
};
/// Elsewhere nobody waits for it, and a busy machine shall not bring it about.
const MUCH: Patience = Patience {
    attempt: Duration::from_secs(20),
    total: Duration::from_secs(60),
};

impl Row {
    pub(crate) fn patience(&self) -> Patience {
        match self.impact {
            Impact::Unknown(Kind::Timeout, _) => LITTLE,
            _ => MUCH,
        }
    }

    /// How many of so many turns it takes: a processor that unpacks sixty bombs at once keeps everybody from being in time.
    pub(crate) fn turns(&self, most: u32) -> u32 {
        match self.impact {
            Impact::TooLarge => most.div_ceil(4),
            _ => 1,
        }
    }

    /// Whether there is anything to happen to this operation.
    pub(crate) fn concerns(&self, operation: &Operation) -> bool {
        match self.concerns {
            Concerns::All => true,
            Concerns::Lists => operation.is_list,
            Concerns::Creates => operation.id.id().starts_with("create"),
        }
    }
}

pub(crate) fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: &str, trouble, impact, when, concerns| {
        rows.push(Row {
            number: rows.len(),
            name: name.to_owned(),
            trouble,
            impact,
            when,
            concerns,
        });
    };
    let all = Concerns::All;
    add("refused", Trouble::Refused, Impact::NotSent, ALWAYS, all);
    for fault in [
        Fault::Down(Duration::ZERO),
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::StallBeforeHeaders,
        Fault::StallBeforeBody,
        Fault::StallInBody,
        Fault::LostAnswer,
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
        add(fault.name(), Trouble::Fault(fault), impact, BOTH, all);
    }
    let endless = Fault::ContinueStorm(u64::MAX);
    let impact = Impact::of(&endless);
    add(
        "continue_storm_endless",
        Trouble::Fault(endless),
        impact,
        BOTH,
        all,
    );
    for fault in [
        Fault::TruncatedJson,
        Fault::LengthTooShort,
        Fault::WrongType,
        Fault::WrongShape,
        Fault::NotUtf8,
        Fault::Empty,
        Fault::GzipBomb,
        Fault::Huge,
    ] {
        let impact = Impact::of(&fault);
        add(fault.name(), Trouble::Fault(fault), impact, ONCE, all);
    }
    let broken = Impact::Unknown(Kind::Transport, None);
    add("close_idle_in_use", Trouble::GivenUp, broken, ONCE, all);
    let elsewhere = Impact::Final(Kind::Api, 307);
    add("redirect", Trouble::Redirect, elsewhere, ONCE, all);
    let slow = Fault::SlowCommit(COMMIT);
    add(
        slow.name(),
        Trouble::Fault(slow),
        Impact::None,
        ONCE,
        Concerns::Creates,
    );
    let doubled = Fault::DuplicateItems;
    add(
        doubled.name(),
        Trouble::Fault(doubled),
        Impact::None,
        ALWAYS,
        Concerns::Lists,
    );
    for length in [1, 2, 7] {
        let name = format!("token_loop_{length}");
        let endless = Trouble::Fault(Fault::TokenLoop(length));
        add(&name, endless, Impact::Endless, ALWAYS, Concerns::Lists);
    }
    rows
}
