//! `numbers().find(..)`: the lists that it reads, and its result.

use bird_connectors::models::NumberId;
use bird_connectors::{Error, ErrorKind, RequestOutcome};
use bird_connectors_sandbox::{Number, Operation, Sandbox};
use serde_json::json;
use uuid::Uuid;

use crate::workspace;

const ALL: Operation = Operation::ListNumbers;
const LONG_CODES: Operation = Operation::ListLongCodeNumbers;

async fn sandbox() -> Sandbox {
    Sandbox::builder().no_numbers().start().await.unwrap()
}

async fn find(sandbox: &Sandbox, number: &str) -> Result<Option<NumberId>, Error> {
    let found = workspace(sandbox).numbers().find(number).await?;
    Ok(found.map(|number| number.id))
}

fn requests(sandbox: &Sandbox) -> (u64, u64) {
    (sandbox.count(ALL), sandbox.count(LONG_CODES))
}

#[tokio::test]
async fn find_ignores_spelling_and_stops_at_the_number() {
    let sandbox = sandbox().await;
    for number in 0..250 {
        sandbox.add_number(Number::new(format!("+316000{number:05}")));
    }
    let wanted = Number::new("+31 6 1234 5678");
    let id = NumberId::from(wanted.id());
    sandbox.add_number(wanted);
    for spelling in ["+31612345678", "0031 6 12-34-56-78", "31 (6) 1234.5678"] {
        sandbox.clear_requests();
        assert_eq!(find(&sandbox, spelling).await.unwrap(), Some(id));
        assert_eq!(requests(&sandbox), (3, 0), "{spelling}");
    }
    sandbox.clear_requests();
    assert!(find(&sandbox, "+31600000000").await.unwrap().is_some());
    assert_eq!(requests(&sandbox), (1, 0));
}

#[tokio::test]
async fn find_of_an_unlisted_number_reads_both_lists_and_returns_none() {
    let sandbox = sandbox().await;
    sandbox.add_number(Number::new("+31612345678"));
    sandbox.insert_number(json!({"id": Uuid::from_u128(1)}));
    sandbox.insert_number(json!({"id": Uuid::from_u128(2), "numberString": "BIRD"}));
    assert_eq!(find(&sandbox, "+31612345679").await.unwrap(), None);
    assert_eq!(requests(&sandbox), (1, 1));
}

#[tokio::test]
async fn find_with_invalid_input_sends_nothing() {
    let sandbox = sandbox().await;
    for number in ["", "BIRD", "0612345678", "+31 (0)6 12345678"] {
        let error = find(&sandbox, number).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{number}");
        assert_eq!(error.outcome(), Some(RequestOutcome::NotSent));
        assert!(
            error
                .to_string()
                .starts_with("find a number: invalid phone number: "),
            "{error}"
        );
    }
    assert_eq!(requests(&sandbox), (0, 0));
}

#[tokio::test]
async fn find_reads_long_codes_if_the_first_list_is_denied() {
    let sandbox = sandbox().await;
    sandbox.add_number(Number::new("+31612345678"));
    sandbox.deny(ALL);
    assert!(find(&sandbox, "+31612345678").await.unwrap().is_some());
    assert_eq!(requests(&sandbox), (1, 1));

    // The first list could have had it.
    let error = find(&sandbox, "+31612345679").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn find_reports_an_undecodable_item_only_if_it_may_be_the_number() {
    let sandbox = sandbox().await;
    let invalid = json!({"id": "not an id", "numberString": "+31 612345678"});
    sandbox.insert_number(invalid.clone());
    let error = find(&sandbox, "+31612345678").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.raw(), Some(invalid.to_string().as_str()));
    assert_eq!(find(&sandbox, "+31612345679").await.unwrap(), None);

    // The number is found elsewhere in the list.
    sandbox.add_number(Number::new("+31612345678"));
    assert!(find(&sandbox, "+31612345678").await.unwrap().is_some());

    sandbox.insert_number(json!({"id": "not an id"}));
    let error = find(&sandbox, "+31612345679").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}
