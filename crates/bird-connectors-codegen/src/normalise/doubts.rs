//! The uncertain facts of the contract, in the documentation.

use anyhow::Result;
use serde_json::{Value, json};

use crate::contract::{Object, each_operation, each_schema};

/// Appends `x-uncertain` to the description of the same object, so that the generated documentation mentions the doubt.
pub(crate) fn append_doubts(document: &mut Value) -> Result<()> {
    each_schema(document, &mut |schema| append(schema, "\n\n"));
    each_operation(document, |_, operation| {
        append(operation, "\n\n");
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            // Parameters are documented as list items, and a new paragraph would end the list.
            if let Some(parameter) = parameter.as_object_mut() {
                append(parameter, " ");
            }
        }
        Ok(())
    })
}

fn append(object: &mut Object, separator: &str) {
    let doubt = object.get("x-uncertain").and_then(Value::as_str);
    let description = object.get("description").and_then(Value::as_str);
    if let (Some(doubt), Some(description)) = (doubt, description) {
        let appended = format!(
            "{}{separator}Not certain: {}",
            description.trim_end(),
            doubt.trim()
        );
        object.insert("description".to_owned(), json!(appended));
    }
}

#[cfg(test)]
mod tests;
