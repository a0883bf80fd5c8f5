//! Dates, which the raw layer returns as the API sent them.

use serde_json::{Value, json};

use crate::contract::each_schema;
use crate::layout::{API_CRATE, API_PATH};

/// Gives every `date-time` string the hand-written type `Timestamp`, which keeps the string.
///
/// The type goes into an `allOf`, because `nullable` and the description would be lost next to it.
pub(crate) fn type_timestamps(document: &mut Value) {
    each_schema(document, &mut |schema| {
        if schema
            .get("format")
            .is_some_and(|format| format == "date-time")
        {
            schema.remove("type");
            schema.remove("format");
            schema.insert(
                "allOf".to_owned(),
                json!([{
                    "type": "string",
                    "x-rust-type": {
                        "crate": API_CRATE,
                        "version": "*",
                        "path": format!("{API_PATH}::types::Timestamp"),
                    },
                }]),
            );
        }
    });
}

#[cfg(test)]
mod tests;
