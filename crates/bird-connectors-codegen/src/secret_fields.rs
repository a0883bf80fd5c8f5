//! The names under which the contract knows secrets, for whatever has to find one where no type expects it.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::contract::{schemas, walk_schema};

/// Every property that is `x-secret`, or whose values are.
pub(crate) fn collect(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, schema) in schemas(document) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk_schema(&mut property.clone(), &mut |inner| {
                if inner.contains_key("x-secret") {
                    names.insert(name.clone());
                }
            });
        }
    }
    names
}

/// The source of `secret_fields.rs`.
pub(crate) fn source(names: &BTreeSet<String>) -> TokenStream {
    let names = names.iter();
    quote! {
        /// The fields that hold secrets, whatever object they stand in.
        pub const SECRET_FIELDS: &[&str] = &[#(#names),*];
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_secret_by_itself_or_by_its_values() {
        let document = json!({"components": {"schemas": {
            "A": {"properties": {
                "key": {"type": "string", "x-secret": true},
                "keys": {"additionalProperties": {"additionalProperties": {"x-secret": true}}},
                "list": {"items": {"x-secret": true}},
                "held": {"$ref": "#/components/schemas/B"},
                "plain": {"type": "string"},
            }},
            "B": {"properties": {"inner": {"x-secret": true}}},
        }}});
        assert_eq!(
            Vec::from_iter(collect(&document)),
            ["inner", "key", "keys", "list"]
        );
    }
}
