//! Checks that the catalogue and the tests cover every operation of the contract. The messages name the missing operation
//! and the file to edit.

use std::fmt::Write as _;

use bird_connectors_api::{OPERATIONS, Operation};

/// Checks that a test covers every operation of the contract.
///
/// # Panics
/// If `covered` misses an operation, or names one that the contract does not have. The message says which, and that it
/// belongs in `file`.
#[track_caller]
pub fn assert_complete<'a>(covered: impl IntoIterator<Item = &'a str>, file: &str) {
    let covered: Vec<&str> = covered.into_iter().collect();
    let problems = problems(&covered, |_| file.to_owned());
    assert!(problems.is_empty(), "{problems}");
}

/// Checks that the catalogue has one entry for every operation of the contract.
#[track_caller]
pub(crate) fn assert_one_entry_each(ids: &[&str]) {
    let mut problems = problems(ids, |operation| {
        let module = operation.tag.replace('-', "_");
        format!("crates/bird-connectors-catalogue/src/{module}.rs, whose entries lib.rs collects")
    });
    for (index, id) in ids.iter().enumerate() {
        if ids[..index].contains(id) {
            let _ = writeln!(problems, "the catalogue has two entries for {id}");
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

fn problems(covered: &[&str], file: impl Fn(&Operation) -> String) -> String {
    let mut problems = String::new();
    for operation in OPERATIONS {
        if !covered.contains(&operation.id) {
            let (id, file) = (operation.id, file(operation));
            let _ = writeln!(problems, "operation {id} is missing: add it to {file}");
        }
    }
    for id in covered {
        if Operation::find(id).is_none() {
            let _ = writeln!(problems, "the contract has no operation {id}: remove it");
        }
    }
    problems
}
