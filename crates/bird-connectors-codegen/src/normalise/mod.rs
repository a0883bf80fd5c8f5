//! From the honest contract to the documents that progenitor can read.
//!
//! The contract says what the API does: every status, every limit, every doubt. The generator stumbles over some of
//! that and would turn other parts into rules that reject a reply. Each step here removes or rewrites one such thing;
//! none adds a fact. The steps are functions over the JSON document and know nothing of each other.

mod alternatives;
mod constraints;
mod doubts;
mod parameters;
mod references;
mod requests;
mod responses;
mod secrets;
mod unknown_fields;
mod variants;

use anyhow::Result;
use serde_json::Value;

use crate::reach::Reach;

pub(crate) use alternatives::simplify;

/// The document that the client and the types are generated from.
pub(crate) fn for_client(contract: &Value, reach: &Reach) -> Result<Value> {
    let mut document = contract.clone();
    responses::strip_errors(&mut document)?;
    types(&mut document, reach)?;
    Ok(document)
}

/// The document that the mocks are generated from: the same types, with errors that a mock can answer.
pub(crate) fn for_mocks(contract: &Value, reach: &Reach) -> Result<Value> {
    let mut document = contract.clone();
    responses::collapse_errors(&mut document)?;
    parameters::drop_array_queries(&mut document)?;
    types(&mut document, reach)?;
    Ok(document)
}

/// The steps that decide what the types look like.
fn types(document: &mut Value, reach: &Reach) -> Result<()> {
    constraints::drop_constraints(document);
    references::keep_reference_siblings(document);
    requests::tell_empty_from_absent(document, reach);
    unknown_fields::keep_unknown_fields(document, reach);
    secrets::mark_secrets(document, reach)?;
    variants::name_variants(document);
    doubts::tell_doubts(document)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;
    use crate::contract;

    /// Compares with a checked-in document. To accept a change, remove the file, run the test, and read the diff.
    fn golden(name: &str, document: &Value) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name);
        let mut document = document.clone();
        document.sort_all_objects();
        let text = serde_yaml_ng::to_string(&document).unwrap();
        if !path.exists() {
            fs::write(&path, &text).unwrap();
            panic!("{name} was not there and has been written: read it and check it in");
        }
        let expected = fs::read_to_string(&path).unwrap();
        assert!(
            text == expected,
            "{name} differs from what is checked in:\n{text}"
        );
    }

    #[test]
    fn the_sample_contract_is_normalised_as_checked_in() {
        let mut sample = contract::parse(include_str!("../../tests/sample.yaml")).unwrap();
        simplify(&mut sample);
        let untouched = sample.clone();
        let reach = Reach::of(&sample).unwrap();
        golden("client.yaml", &for_client(&sample, &reach).unwrap());
        golden("mocks.yaml", &for_mocks(&sample, &reach).unwrap());
        assert_eq!(sample, untouched);
    }
}
