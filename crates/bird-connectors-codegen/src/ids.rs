//! Typed ids: every named schema `{type: string, format: uuid}` of the contract becomes a type of its own.
//!
//! Left to itself, typify would make the ids newtypes without `Copy`, `Eq`, `Hash` or `Ord`. This file collects the
//! schemas, keeps typify from generating them, and writes the types. Their methods and traits are hand-written once, in the
//! macro `typed_id!` of the raw layer.

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::schemas;

/// One named id schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypedId {
    /// The name of the schema, which is also the name of the type.
    pub(crate) name: String,
    description: String,
    example: String,
}

/// Collects every named id of the contract. The descriptions are those of the normalised document, which carry the
/// doubts; the examples are only in the contract.
pub(crate) fn collect(contract: &Value, document: &Value) -> Result<Vec<TypedId>> {
    schemas(contract)
        .filter(|(_, schema)| schema["type"] == "string" && schema["format"] == "uuid")
        .map(|(name, schema)| {
            let described = &document["components"]["schemas"][name];
            let example = schema["example"].as_str();
            Ok(TypedId {
                name: name.clone(),
                description: described["description"]
                    .as_str()
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
                example: example
                    .with_context(|| format!("the id {name} needs an example: errors quote it"))?
                    .to_owned(),
            })
        })
        .collect()
}

/// Splits a type name into lower-case words: `ConnectorId` becomes `connector id`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// The source of `ids.rs`.
pub(crate) fn source(ids: &[TypedId]) -> TokenStream {
    let items = ids.iter().map(|id| {
        let name = format_ident!("{}", id.name);
        let description = &id.description;
        let words = words(&id.name);
        let example = &id.example;
        quote! {
            #[doc = #description]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[derive(Deserialize, Serialize)]
            #[serde(transparent)]
            pub struct #name(Uuid);

            typed_id!(#name, #words, #example);
        }
    });
    quote! {
        use serde::{Deserialize, Serialize};
        use uuid::Uuid;

        use crate::id::typed_id;

        #(#items)*
    }
}

#[cfg(test)]
impl TypedId {
    /// An id for the tests of other steps.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            example: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract(schema: Value) -> Value {
        json!({"components": {"schemas": {
            "ThingId": schema,
            "Thing": {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}},
            "Name": {"type": "string"},
        }}})
    }

    #[test]
    fn collect_finds_named_uuid_schemas_only() {
        let contract = contract(
            json!({"type": "string", "format": "uuid", "description": "An id.", "example": "e"}),
        );
        let ids = collect(&contract, &contract).unwrap();
        assert_eq!(
            ids,
            [TypedId {
                name: "ThingId".to_owned(),
                description: "An id.".to_owned(),
                example: "e".to_owned(),
            }]
        );
        let source = source(&ids).to_string();
        assert!(
            source.contains("typed_id ! (ThingId , \"thing id\" , \"e\")"),
            "{source}"
        );
    }

    #[test]
    fn collect_fails_on_id_without_example() {
        let contract = contract(json!({"type": "string", "format": "uuid"}));
        let error = collect(&contract, &contract).unwrap_err().to_string();
        assert_eq!(error, "the id ThingId needs an example: errors quote it");
    }
}
