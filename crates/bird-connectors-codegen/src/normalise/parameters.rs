//! Query parameters that the mocks' generator cannot express.

use anyhow::Result;
use serde_json::Value;

use crate::contract::{each_operation, resolve};

/// Drops list parameters: the mock generated for one does not compile. A test can still match them through httpmock's
/// own `query_param`.
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_go_wherever_they_are_written() {
        let mut document = json!({
            "paths": {"/a": {"get": {"parameters": [
                {"name": "one", "in": "query", "schema": {"type": "string"}},
                {"name": "many", "in": "query", "schema": {"type": "array"}},
                {"$ref": "#/components/parameters/many"},
            ]}}},
            "components": {"parameters": {"many": {"in": "query", "schema": {"type": "array"}}}},
        });
        drop_array_queries(&mut document).unwrap();
        let left = document["paths"]["/a"]["get"]["parameters"]
            .as_array()
            .unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0]["name"], "one");
    }
}
