//! Typed ids: every named schema `{type: string, format: uuid}` of the contract becomes a separate type.
//!
//! typify would generate newtypes without `Copy`, `Eq`, `Hash` and `Ord`. This file collects the schemas, so that typify
//! does not generate them, and writes the types. The macro `typed_id!` of the raw layer, which is hand-written, implements
//! their methods and traits.

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::schemas;

/// A named id schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypedId {
    /// The name of the schema, which is also the name of the type.
    pub(crate) name: String,
    description: String,
    example: String,
}

/// Collects every named id of the contract. Descriptions are read from the normalised document, where they mention doubts,
/// and examples from the contract, because normalisation removes them.
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

/// Writes the source of `ids.rs`.
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
mod tests;
