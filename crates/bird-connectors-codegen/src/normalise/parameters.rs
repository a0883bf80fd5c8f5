//! Query parameters that progenitor's mocks cannot express.

use anyhow::Result;
use serde_json::Value;

use crate::contract::{each_operation, resolve};

/// Drops list parameters from the mocks, because the mock of a list parameter does not compile. A test can still match
/// one with httpmock's own `query_param`.
pub(crate) fn drop_array_queries(document: &mut Value) -> Result<()> {
    let contract = document.clone();
    each_operation(document, |_, operation| {
        let Some(parameters) = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
        else {
            return Ok(());
        };
        let mut kept = Vec::new();
        for parameter in parameters.drain(..) {
            if !is_array_query(&contract, &parameter)? {
                kept.push(parameter);
            }
        }
        *parameters = kept;
        Ok(())
    })
}

fn is_array_query(contract: &Value, parameter: &Value) -> Result<bool> {
    let parameter = match parameter["$ref"].as_str() {
        Some(reference) => resolve(contract, reference)?,
        None => parameter,
    };
    Ok(parameter["in"] == "query" && parameter["schema"]["type"] == "array")
}

#[cfg(test)]
mod tests;
