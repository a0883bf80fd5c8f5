//! What the contract is not sure of, where people read.

use anyhow::Result;
use serde_json::{Value, json};

use crate::contract::{Object, each_operation, each_schema};

/// Appends `x-uncertain` to the description beside it, so that the doubt reaches the generated documentation.
pub(crate) fn tell_doubts(document: &mut Value) -> Result<()> {
    each_schema(document, &mut |schema| append(schema, "\n\n"));
    each_operation(document, |_, operation| {
        append(operation, "\n\n");
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            // Parameters become items of a list, in which a paragraph would end the list.
            parameter
                .as_object_mut()
                .into_iter()
                .for_each(|one| append(one, " "));
        }
        Ok(())
    })
}

fn append(object: &mut Object, separator: &str) {
    let doubt = object.get("x-uncertain").and_then(Value::as_str);
    let description = object.get("description").and_then(Value::as_str);
    if let (Some(doubt), Some(description)) = (doubt, description) {
        let told = format!(
            "{}{separator}Not certain: {}",
            description.trim_end(),
            doubt.trim()
        );
        object.insert("description".to_owned(), json!(told));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_are_told_wherever_they_stand() {
        let mut document = json!({
            "paths": {"/a": {"get": {
                "description": "Reads.", "x-uncertain": "The path.",
                "parameters": [{"description": "A flag.", "x-uncertain": "Its name.", "schema": {}}],
            }}},
            "components": {"schemas": {"A": {"properties": {
                "doubtful": {"description": "Text.\n", "x-uncertain": "Its values. \n"},
                "plain": {"description": "Text."},
            }}}},
        });
        tell_doubts(&mut document).unwrap();
        let get = &document["paths"]["/a"]["get"];
        assert_eq!(get["description"], "Reads.\n\nNot certain: The path.");
        assert_eq!(
            get["parameters"][0]["description"],
            "A flag. Not certain: Its name."
        );
        let properties = &document["components"]["schemas"]["A"]["properties"];
        assert_eq!(
            properties["doubtful"]["description"],
            "Text.\n\nNot certain: Its values."
        );
        assert_eq!(properties["plain"]["description"], "Text.");
    }
}
