use bird_connectors_api::Operation as ContractOperation;
use bird_connectors_sandbox::Operation;

use super::*;

#[test]
fn sandbox_has_every_operation_of_the_contract() {
    const FILE: &str = "crates/bird-connectors-sandbox/src/api/operation.rs";
    assert_complete(Operation::ALL.iter().map(|operation| operation.id()), FILE);
    for operation in Operation::ALL {
        let contract = ContractOperation::find(operation.id()).unwrap();
        assert_eq!(
            (operation.method(), operation.path()),
            (contract.method.as_str(), contract.path),
            "{operation} differs from the contract: edit {FILE}"
        );
    }
}

#[test]
fn every_entry_has_a_call_in_both_languages() {
    for entry in entries() {
        assert!(!entry.calls.is_empty(), "{entry:?} has no call");
        assert!(!entry.python.is_empty(), "{entry:?} has no Python call");
    }
}

#[test]
fn every_method_except_get_is_a_write() {
    for entry in entries() {
        let is_write = entry.operation.method() != "GET";
        assert_eq!(entry.write.is_some(), is_write, "{entry:?}");
    }
}

#[test]
#[should_panic(expected = "operation getChannel is missing: add it to tests/channels.rs")]
fn missing_operation_is_reported_with_the_file_to_edit() {
    let entries = entries();
    let ids = entries.iter().map(|entry| entry.operation.id());
    assert_complete(ids.filter(|id| *id != "getChannel"), "tests/channels.rs");
}

#[test]
#[should_panic(
    expected = "operation getChannel is missing: add it to crates/bird-connectors-catalogue/src/channels.rs"
)]
fn missing_entry_is_reported_with_the_file_to_edit() {
    let entries = entries();
    let ids = entries.iter().map(|entry| entry.operation.id());
    let ids: Vec<_> = ids.filter(|id| *id != "getChannel").collect();
    complete::assert_one_entry_each(&ids);
}
