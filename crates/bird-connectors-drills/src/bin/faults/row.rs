//! The faults of the matrix, one row each, with what each does to one attempt.

use std::time::Duration;

use bird_connectors::Kind;
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

/// What it does to an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Impact {
    /// The answer is right.
    None,
    /// The answer is right as far as the client can see: the first item comes twice.
    Doubled,
    /// No connection.
    NotSent,
    /// 429.
    Rejected,
    /// Nobody knows.
    Unknown(Kind, Option<u16>),
    /// A success that cannot be read. A delete needs none of it.
    Unreadable,
    /// A success of which not all was read.
    TooLarge,
    /// An answer that is final.
    Answered(Kind, u16),
    /// A list without an end.
    Endless,
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

impl Row {
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
    const BROKEN: Impact = Impact::Unknown(Kind::Transport, None);
    const LATE: Impact = Impact::Unknown(Kind::Timeout, None);
    let by_rule = [
        (Fault::Down(Duration::ZERO), BROKEN, BOTH),
        (Fault::ResetBeforeHeaders, BROKEN, BOTH),
        (Fault::ResetInBody, BROKEN, BOTH),
        (Fault::StallBeforeHeaders, LATE, BOTH),
        (Fault::StallBeforeBody, LATE, BOTH),
        (Fault::StallInBody, LATE, BOTH),
        (Fault::LostAnswer, BROKEN, BOTH),
        (Fault::LengthTooLong, BROKEN, BOTH),
        (
            Fault::Html(500),
            Impact::Unknown(Kind::Server, Some(500)),
            BOTH,
        ),
        (
            Fault::Html(502),
            Impact::Unknown(Kind::Server, Some(502)),
            BOTH,
        ),
        (
            Fault::Html(503),
            Impact::Unknown(Kind::Server, Some(503)),
            BOTH,
        ),
        (
            Fault::Html(504),
            Impact::Unknown(Kind::Server, Some(504)),
            BOTH,
        ),
        (Fault::TooManyRequests(None), Impact::Rejected, BOTH),
        (Fault::TooManyRequests(Some(1)), Impact::Rejected, BOTH),
        (Fault::CloseIdle(Duration::ZERO), Impact::None, BOTH),
        (Fault::TruncatedJson, Impact::Unreadable, ONCE),
        (Fault::LengthTooShort, Impact::Unreadable, ONCE),
        (Fault::WrongType, Impact::Unreadable, ONCE),
        (Fault::WrongShape, Impact::Unreadable, ONCE),
        (Fault::NotUtf8, Impact::Unreadable, ONCE),
        (Fault::Empty, Impact::Unreadable, ONCE),
        (Fault::GzipBomb, Impact::TooLarge, ONCE),
        (Fault::Huge, Impact::TooLarge, ONCE),
        (Fault::ContinueStorm(1000), Impact::None, BOTH),
    ];
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
    add(
        "refused",
        Trouble::Refused,
        Impact::NotSent,
        ALWAYS,
        Concerns::All,
    );
    for (fault, impact, when) in by_rule {
        let name = fault.name();
        add(name, Trouble::Fault(fault), impact, when, Concerns::All);
    }
    add(
        "close_idle_in_use",
        Trouble::GivenUp,
        BROKEN,
        ONCE,
        Concerns::All,
    );
    add(
        "redirect",
        Trouble::Redirect,
        Impact::Answered(Kind::Api, 307),
        ONCE,
        Concerns::All,
    );
    let storm = Trouble::Fault(Fault::ContinueStorm(u64::MAX));
    add("continue_storm_endless", storm, LATE, BOTH, Concerns::All);
    let slow = Trouble::Fault(Fault::SlowCommit(COMMIT));
    add("slow_commit", slow, Impact::None, ONCE, Concerns::Creates);
    let doubled = Trouble::Fault(Fault::DuplicateItems);
    add(
        "duplicate_items",
        doubled,
        Impact::Doubled,
        ALWAYS,
        Concerns::Lists,
    );
    for length in [1, 2, 7] {
        let endless = Trouble::Fault(Fault::TokenLoop(length));
        add(
            &format!("token_loop_{length}"),
            endless,
            Impact::Endless,
            ALWAYS,
            Concerns::Lists,
        );
    }
    rows
}
