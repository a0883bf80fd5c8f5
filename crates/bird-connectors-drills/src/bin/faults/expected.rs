//! How each cell must end, and after how many attempts. Derived from the table in `impact.rs`.

use bird_connectors_drills::impact::{Failure, Impact};
use bird_connectors_sandbox::Operation;

use crate::row::Occurrence;

/// The default number of attempts of a client.
const MAX_ATTEMPTS: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) result: Result<(), Failure>,
    pub(crate) attempts: Attempts,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Attempts {
    Exactly(u32),
    /// As many pages as a list may read before it detects the cycle of tokens.
    AtMost(u32),
}

pub(crate) fn of(impact: Impact, operation: Operation, occurrence: Occurrence) -> Expected {
    let (result, attempts) = match (impact.failure(operation), occurrence) {
        (None, _) => (Ok(()), Attempts::Exactly(1)),
        (Some(failure), _) if impact == Impact::TokenCycle => (Err(failure), Attempts::AtMost(30)),
        (Some(_), Occurrence::Once) if impact.is_retried(operation) => {
            (Ok(()), Attempts::Exactly(2))
        }
        (Some(failure), Occurrence::Always) if impact.is_retried(operation) => {
            (Err(failure), Attempts::Exactly(MAX_ATTEMPTS))
        }
        (Some(failure), _) => (Err(failure), Attempts::Exactly(1)),
    };
    Expected { result, attempts }
}

impl Attempts {
    pub(crate) fn allows(self, attempts: u32) -> bool {
        match self {
            Self::Exactly(expected) => attempts == expected,
            Self::AtMost(most) => attempts <= most,
        }
    }
}

#[cfg(test)]
mod tests;
