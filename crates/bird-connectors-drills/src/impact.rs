//! The SDK's guarantees under faults, as one pure table: what a fault does to one attempt, and how a call that meets the
//! fault must end.

use std::time::Duration;

use bird_connectors::{ErrorKind, RequestOutcome};
use bird_connectors_sandbox::{Fault, Operation};

/// What a fault does to one attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Impact {
    /// The client receives a correct response.
    Harmless,
    /// No connection is established.
    NotSent,
    /// The server responds with 429.
    Rejected,
    /// The client cannot know whether the request was processed.
    Unknown(ErrorKind, Option<u16>),
    /// A status that arrives without its whole body. A delete does not need the body.
    BodyLost(ErrorKind),
    /// A success whose body cannot be decoded. A delete does not need the body.
    Undecodable,
    /// A success that something other than the API sent, such as a proxy. The client cannot know whether the request was
    /// processed.
    Foreign,
    /// A success whose body exceeds the size limit, so that the client stops reading. A delete does not need the body.
    TooLarge,
    /// A definitive error response.
    Definitive(ErrorKind, u16),
    /// A list whose page tokens repeat, so that it never ends.
    TokenCycle,
}

/// The properties of an error that the table determines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    pub kind: ErrorKind,
    /// `None` if the error is not about a single request.
    pub outcome: Option<RequestOutcome>,
    /// `None` if any status is accepted.
    pub status: Option<u16>,
}

impl Impact {
    /// The impact of this fault on one attempt.
    ///
    /// # Panics
    /// If the table has no entry for the fault. Add one that states what the SDK guarantees.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        const CONNECTION_LOST: Impact = Impact::Unknown(ErrorKind::Transport, None);
        const TIMED_OUT: Impact = Impact::Unknown(ErrorKind::Timeout, None);
        match fault {
            Fault::Down(_) | Fault::ResetBeforeHeaders | Fault::LostResponse => CONNECTION_LOST,
            Fault::ResetInBody | Fault::LengthTooLong => Self::BodyLost(ErrorKind::Transport),
            Fault::StallBeforeHeaders => TIMED_OUT,
            Fault::StallBeforeBody | Fault::StallInBody => Self::BodyLost(ErrorKind::Timeout),
            Fault::ContinueStorm(u64::MAX) => TIMED_OUT,
            Fault::Html(status) => Self::Unknown(ErrorKind::Server, Some(*status)),
            Fault::TooManyRequests(_) => Self::Rejected,
            Fault::CloseIdle(Duration::ZERO)
            | Fault::ContinueStorm(_)
            | Fault::SlowCommit(_)
            | Fault::DuplicateItems => Self::Harmless,
            Fault::TruncatedJson
            | Fault::LengthTooShort
            | Fault::WrongShape
            | Fault::NotUtf8
            | Fault::Empty => Self::Undecodable,
            Fault::WrongContentType => Self::Foreign,
            Fault::GzipBomb | Fault::Huge => Self::TooLarge,
            Fault::Redirect(_) => Self::Definitive(ErrorKind::Api, 307),
            Fault::TokenLoop(_) => Self::TokenCycle,
            // `CloseIdle` with a delay breaks the next call on the connection, so it has no impact on a single call.
            other => panic!("no entry for {other:?}: add one to `Impact::of` in impact.rs"),
        }
    }

    /// How a call fails if every attempt has this impact; `None` if it succeeds.
    #[must_use]
    pub fn failure(self, operation: Operation) -> Option<Failure> {
        let (kind, outcome, status) = match self {
            Self::Harmless => return None,
            Self::Undecodable | Self::TooLarge | Self::BodyLost(_)
                if operation.method() == "DELETE" =>
            {
                return None;
            }
            Self::NotSent => (ErrorKind::Transport, Some(RequestOutcome::NotSent), None),
            Self::Rejected => (
                ErrorKind::RateLimited,
                Some(RequestOutcome::Rejected),
                Some(429),
            ),
            Self::Unknown(kind, status) => (kind, Some(RequestOutcome::Unknown), status),
            Self::BodyLost(kind) => (kind, Some(RequestOutcome::Unknown), None),
            Self::Undecodable | Self::TooLarge => {
                (ErrorKind::Decode, Some(RequestOutcome::Answered), None)
            }
            Self::Foreign => (ErrorKind::Decode, Some(RequestOutcome::Unknown), Some(200)),
            Self::Definitive(kind, status) => (kind, Some(RequestOutcome::Answered), Some(status)),
            Self::TokenCycle => (ErrorKind::CursorCycle, None, None),
        };
        Some(Failure {
            kind,
            outcome,
            status,
        })
    }

    /// Whether the client retries after such an attempt: always if the request was certainly not processed, and only
    /// idempotent operations if the outcome is unknown.
    #[must_use]
    pub fn is_retried(self, operation: Operation) -> bool {
        match self {
            Self::NotSent | Self::Rejected => true,
            Self::Unknown(..) | Self::BodyLost(_) => {
                matches!(operation.method(), "GET" | "DELETE")
            }
            _ => false,
        }
    }
}
