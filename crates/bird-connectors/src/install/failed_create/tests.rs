use serde_json::json;

use super::*;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
const ID: ConnectorId = ConnectorId::from_u128(7);

fn classified(error: Error) -> FailedCreate {
    classify(&error, WORKSPACE)
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "create a connector", "x")
}

#[test]
fn only_a_create_that_was_not_processed_is_not_created() {
    for kind in [
        ErrorKind::Validation,
        ErrorKind::Authentication,
        ErrorKind::NotFound,
        ErrorKind::InvalidInput,
    ] {
        assert_eq!(
            classified(error(kind)),
            FailedCreate::NotCreated,
            "{kind:?}"
        );
    }
    for outcome in [RequestOutcome::NotSent, RequestOutcome::Rejected] {
        let error = error(ErrorKind::Transport).with_outcome(outcome);
        assert_eq!(classified(error), FailedCreate::NotCreated);
    }
    for kind in [ErrorKind::Transport, ErrorKind::Timeout, ErrorKind::Decode] {
        assert_eq!(
            classified(error(kind)),
            FailedCreate::Unknown(vec![]),
            "{kind:?}"
        );
    }
    let busy = error(ErrorKind::Server).with_outcome(RequestOutcome::Unknown);
    assert_eq!(classified(busy), FailedCreate::Unknown(vec![]));
}

#[test]
fn conflict_ids_are_found_anywhere_in_the_details() {
    for details in [
        json!(ID),
        json!({"id": ID}),
        json!([{"resource": {"connectorId": ID.to_string().to_uppercase()}}, {"again": ID}]),
        json!({"workspaceId": WORKSPACE, "existing": ID, "code": "x"}),
    ] {
        let conflict = error(ErrorKind::Conflict).with_details(details.clone());
        assert_eq!(
            classified(conflict),
            FailedCreate::AlreadyExists(vec![ID]),
            "{details}"
        );
    }
    assert_eq!(
        classified(error(ErrorKind::Conflict)),
        FailedCreate::AlreadyExists(vec![])
    );
}

#[test]
fn undecodable_response_may_contain_the_id() {
    let body = json!({"id": ID, "name": 5, "workspaceId": WORKSPACE}).to_string();
    let unread = error(ErrorKind::Decode).with_raw(body.as_bytes());
    assert_eq!(classified(unread), FailedCreate::Unknown(vec![ID]));
}
