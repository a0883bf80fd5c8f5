//! What must come of each cell: the SDK's promises as one small pure function.

use bird_connectors::{Kind, Outcome};
use bird_connectors_drills::operations::Operation;

use crate::row::{Impact, When};

/// Attempts that the client makes where nothing else is said.
const ATTEMPTS: u32 = 3;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) result: Result<(), Failure>,
    /// `None` where each page of a list counts its own.
    pub(crate) attempts: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) outcome: Option<Outcome>,
    /// `None` where it does not matter.
    pub(crate) status: Option<u16>,
}

pub(crate) fn of(impact: &Impact, operation: &Operation, when: When) -> Expected {
    let method = operation.id.method();
    // Doing it twice is doing it once.
    let is_idempotent = matches!(method, "GET" | "DELETE");
    match *impact {
        Impact::None | Impact::Doubled => succeeds(1),
        Impact::NotSent => repeated(true, when, Kind::Transport, Outcome::NotSent, None),
        Impact::Rejected => repeated(true, when, Kind::RateLimited, Outcome::Rejected, Some(429)),
        Impact::Unknown(kind, status) => {
            repeated(is_idempotent, when, kind, Outcome::Unknown, status)
        }
        Impact::Unreadable if method == "DELETE" => succeeds(1),
        Impact::Unreadable | Impact::TooLarge => {
            fails(1, Kind::Decode, Outcome::Answered, Some(200))
        }
        Impact::Answered(kind, status) => fails(1, kind, Outcome::Answered, Some(status)),
        Impact::Endless => Expected {
            result: Err(Failure {
                kind: Kind::CursorCycle,
                outcome: None,
                status: None,
            }),
            attempts: None,
        },
    }
}

/// Something that may pass, met by what may be tried again or not.
fn repeated(
    again: bool,
    when: When,
    kind: Kind,
    outcome: Outcome,
    status: Option<u16>,
) -> Expected {
    match (again, when) {
        (true, When::Once) => succeeds(2),
        (true, When::Always) => fails(ATTEMPTS, kind, outcome, status),
        (false, _) => fails(1, kind, outcome, status),
    }
}

const fn succeeds(attempts: u32) -> Expected {
    Expected {
        result: Ok(()),
        attempts: Some(attempts),
    }
}

const fn fails(attempts: u32, kind: Kind, outcome: Outcome, status: Option<u16>) -> Expected {
    Expected {
        result: Err(Failure {
            kind,
            outcome: Some(outcome),
            status,
        }),
        attempts: Some(attempts),
    }
}
