//! What must come of each cell, from the table in `impact.rs`: how it ends, and after how many attempts.

use bird_connectors_drills::impact::{Failure, Impact};
use bird_connectors_sandbox::Operation;

use crate::row::When;

/// Attempts that the client makes where nothing else is said.
const ATTEMPTS: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) result: Result<(), Failure>,
    pub(crate) attempts: Attempts,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Attempts {
    Exactly(u32),
    /// As many pages as a list may read before it notices that there is no end.
    AtMost(u32),
}

pub(crate) fn of(impact: Impact, operation: Operation, when: When) -> Expected {
    let (result, attempts) = match (impact.failure(operation), when) {
        (None, _) => (Ok(()), Attempts::Exactly(1)),
        (Some(failure), _) if impact == Impact::Endless => (Err(failure), Attempts::AtMost(30)),
        (Some(_), When::Once) if impact.is_repeated(operation) => (Ok(()), Attempts::Exactly(2)),
        (Some(failure), When::Always) if impact.is_repeated(operation) => {
            (Err(failure), Attempts::Exactly(ATTEMPTS))
        }
        (Some(failure), _) => (Err(failure), Attempts::Exactly(1)),
    };
    Expected { result, attempts }
}

impl Attempts {
    pub(crate) fn allow(self, attempts: u32) -> bool {
        match self {
            Self::Exactly(expected) => attempts == expected,
            Self::AtMost(most) => attempts <= most,
        }
    }
}

#[cfg(test)]
mod tests {
    use bird_connectors::{Kind, Outcome};

    use super::*;

    const LOST: Impact = Impact::Unknown(Kind::Transport, None);

    fn result(impact: Impact, operation: Operation, when: When) -> (Option<Outcome>, Attempts) {
        let expected = of(impact, operation, when);
        let outcome = expected.result.err().and_then(|failure| failure.outcome);
        (outcome, expected.attempts)
    }

    #[test]
    fn a_read_that_is_lost_is_repeated_and_a_create_is_not() {
        let read = Operation::GetConnector;
        let create = Operation::CreateConnector;
        let unknown = Some(Outcome::Unknown);
        assert_eq!(result(LOST, read, When::Once), (None, Attempts::Exactly(2)));
        assert_eq!(
            result(LOST, read, When::Always),
            (unknown, Attempts::Exactly(3))
        );
        assert_eq!(
            result(LOST, create, When::Once),
            (unknown, Attempts::Exactly(1))
        );
        assert_eq!(
            result(Impact::Rejected, create, When::Once),
            (None, Attempts::Exactly(2))
        );
    }
}
