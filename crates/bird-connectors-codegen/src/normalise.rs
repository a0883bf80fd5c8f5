//! Normalisation: from the contract to the documents that progenitor can read.
//!
//! The contract describes what the API does, with every status, constraint and uncertainty. Some of that makes progenitor
//! panic, and typify would turn other parts into validation that rejects a reply. Each step here removes or rewrites one such part;
//! no step adds a fact. The steps are independent functions over the JSON document.

mod alternatives;
mod constraints;
mod doubts;
mod parameters;
mod references;
mod requests;
mod required_fields;
mod responses;
mod secrets;
mod timestamps;
mod unknown_fields;
mod variants;

use anyhow::Result;
use serde_json::Value;

use crate::reach::Reach;

pub(crate) use alternatives::simplify;
pub(crate) use required_fields::REQUIRED;

/// Returns the document from which the client and the types are generated.
pub(crate) fn for_client(contract: &Value, reach: &Reach) -> Result<Value> {
    let mut document = contract.clone();
    responses::strip_errors(&mut document)?;
    types(&mut document, reach)?;
    Ok(document)
}

/// Returns the document from which the mocks are generated: the same types, with errors that a mock can return.
pub(crate) fn for_mocks(contract: &Value, reach: &Reach) -> Result<Value> {
    let mut document = contract.clone();
    responses::collapse_errors(&mut document)?;
    parameters::drop_array_queries(&mut document)?;
    types(&mut document, reach)?;
    Ok(document)
}

/// The steps that shape the types.
fn types(document: &mut Value, reach: &Reach) -> Result<()> {
    required_fields::relax_required_fields(document, reach);
    constraints::drop_constraints(document);
    references::keep_reference_siblings(document);
    requests::distinguish_empty_from_absent(document, reach);
    unknown_fields::keep_unknown_fields(document, reach);
    secrets::mark_secrets(document, reach)?;
    timestamps::type_timestamps(document);
    variants::name_variants(document);
    doubts::append_doubts(document)
}

#[cfg(test)]
mod tests;
