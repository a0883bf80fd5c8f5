//! What a fault does to one attempt, and what must come of a call that meets it: the SDK's promises as one small pure table.

use std::time::Duration;

use bird_connectors::{Kind, Outcome};
use bird_connectors_sandbox::{Fault, Operation};

/// What a fault does to an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Impact {
    /// Nothing: the answer is right as far as a client can see.
    None,
    /// There is no connection.
    NotSent,
    /// 429.
    Rejected,
    /// Nobody knows whether it was processed.
    Unknown(Kind, Option<u16>),
    /// A success that cannot be read. A delete needs none of it.
    Unreadable,
    /// A success that a stranger sent: nobody knows whether it was processed.
    Strange,
    /// A success of which not all is read.
    TooLarge,
    /// An answer that is final.
    Final(Kind, u16),
    /// A list without an end.
    Endless,
}

/// An error as it must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    pub kind: Kind,
    /// `None` where the error is not about one request.
    pub outcome: Option<Outcome>,
    /// `None` where it does not matter.
    pub status: Option<u16>,
}

impl Impact {
    /// What this fault does.
    ///
    /// # Panics
    /// Where the table does not know the fault: it has to say what the SDK promises.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        const BROKEN: Impact = Impact::Unknown(Kind::Transport, None);
        const LATE: Impact = Impact::Unknown(Kind::Timeout, None);
        match fault {
            Fault::Down(_)
            | Fault::ResetBeforeHeaders
            | Fault::ResetInBody
            | Fault::LostAnswer
            | Fault::LengthTooLong => BROKEN,
            Fault::StallBeforeHeaders | Fault::StallBeforeBody | Fault::StallInBody => LATE,
            Fault::ContinueStorm(u64::MAX) => LATE,
            Fault::Html(status) => Self::Unknown(Kind::Server, Some(*status)),
            Fault::TooManyRequests(_) => Self::Rejected,
            Fault::CloseIdle(Duration::ZERO)
            | Fault::ContinueStorm(_)
            | Fault::SlowCommit(_)
            | Fault::DuplicateItems => Self::None,
            Fault::TruncatedJson
            | Fault::LengthTooShort
            | Fault::WrongShape
            | Fault::NotUtf8
            | Fault::Empty => Self::Unreadable,
            Fault::WrongType => Self::Strange,
            Fault::GzipBomb | Fault::Huge => Self::TooLarge,
            Fault::Redirect(_) => Self::Final(Kind::Api, 307),
            Fault::TokenLoop(_) => Self::Endless,
            // On a connection that the server has given up, the next call breaks; so it is no matter of one call.
            other => panic!("what the SDK promises under {other:?} is not in the table"),
        }
    }

    /// What a call comes to that meets it with every attempt; `None` is a success.
    #[must_use]
    pub fn failure(self, operation: Operation) -> Option<Failure> {
        let (kind, outcome, status) = match self {
            Self::None => return None,
            Self::Unreadable if operation.method() == "DELETE" => return None,
            Self::NotSent => (Kind::Transport, Some(Outcome::NotSent), None),
            Self::Rejected => (Kind::RateLimited, Some(Outcome::Rejected), Some(429)),
            Self::Unknown(kind, status) => (kind, Some(Outcome::Unknown), status),
            Self::Unreadable | Self::TooLarge => (Kind::Decode, Some(Outcome::Answered), None),
            Self::Strange => (Kind::Decode, Some(Outcome::Unknown), Some(200)),
            Self::Final(kind, status) => (kind, Some(Outcome::Answered), Some(status)),
            Self::Endless => (Kind::CursorCycle, None, None),
        };
        Some(Failure {
            kind,
            outcome,
            status,
        })
    }

    /// Whether the call is tried again: where nothing was done it is safe, and where nobody knows only for what is the same
    /// done twice as done once.
    #[must_use]
    pub fn is_repeated(self, operation: Operation) -> bool {
        match self {
            Self::NotSent | Self::Rejected => true,
            Self::Unknown(..) => matches!(operation.method(), "GET" | "DELETE"),
            _ => false,
        }
    }
}
