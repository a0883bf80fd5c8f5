//! Unit tests of the expectations.

use bird_connectors::{ErrorKind, RequestOutcome};

use super::*;

const CONNECTION_LOST: Impact = Impact::Unknown(ErrorKind::Transport, None);

fn expected(
    impact: Impact,
    operation: Operation,
    occurrence: Occurrence,
) -> (Option<RequestOutcome>, Attempts) {
    let expected = of(impact, operation, occurrence);
    let outcome = expected.result.err().and_then(|failure| failure.outcome);
    (outcome, expected.attempts)
}

#[test]
fn read_with_lost_response_is_retried() {
    let read = Operation::GetConnector;
    assert_eq!(
        expected(CONNECTION_LOST, read, Occurrence::Once),
        (None, Attempts::Exactly(2))
    );
    assert_eq!(
        expected(CONNECTION_LOST, read, Occurrence::Always),
        (Some(RequestOutcome::Unknown), Attempts::Exactly(3))
    );
}

#[test]
fn create_is_retried_only_if_it_was_certainly_not_processed() {
    let create = Operation::CreateConnector;
    assert_eq!(
        expected(CONNECTION_LOST, create, Occurrence::Once),
        (Some(RequestOutcome::Unknown), Attempts::Exactly(1))
    );
    assert_eq!(
        expected(Impact::Rejected, create, Occurrence::Once),
        (None, Attempts::Exactly(2))
    );
}
