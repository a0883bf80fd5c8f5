//! The catalogue as `python/tests/operations.json`, which the Python tests read.

use std::fmt::Write as _;
use std::fs;

use bird_connectors_api::Operation;
use serde_json::{Value, json};

use crate::{Entry, Ids, entries};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../python/tests/operations.json"
);

#[test]
fn python_catalogue_is_up_to_date() {
    let current = document();
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(FILE, &current).unwrap();
    }
    let file = fs::read_to_string(FILE).unwrap_or_default();
    for (number, (in_file, in_catalogue)) in file.lines().zip(current.lines()).enumerate() {
        assert_eq!(in_file, in_catalogue, "line {}: {HELP}", number + 1);
    }
    assert_eq!(file.lines().count(), current.lines().count(), "{HELP}");
}

const HELP: &str = "python/tests/operations.json differs from the catalogue; run \
                    `UPDATE_GOLDENS=1 cargo test --package bird-connectors-catalogue`";

/// One operation per line, so that differences are easy to read.
fn document() -> String {
    let ids = Ids::default();
    let mut lines = String::new();
    for entry in entries() {
        let separator = if lines.is_empty() { "" } else { ",\n" };
        let operation = operation(&entry, &ids);
        let _ = write!(lines, "{separator}{:?}: {operation}", entry.operation.id());
    }
    let ids = json!(ids);
    format!("{{\n\"ids\": {ids},\n\"operations\": {{\n{lines}\n}}\n}}\n")
}

fn operation(entry: &Entry, ids: &Ids) -> Value {
    let contract = Operation::find(entry.operation.id()).unwrap();
    json!({
        "method": contract.method.as_str(),
        "path": contract.path,
        "call": entry.python,
        "status": contract.success[0],
        "response": entry.response.map(|response| response(ids)),
    })
}
