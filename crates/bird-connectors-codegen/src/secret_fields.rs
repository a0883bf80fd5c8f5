//! The names of the secret properties of the contract. The raw layer needs them to find secrets in free JSON, which has no
//! type.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::contract::{schemas, walk_schema};

/// Collects every property that is `x-secret`, or that contains `x-secret` values.
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

/// Writes the source of `secret_fields.rs`.
pub(crate) fn source(names: &BTreeSet<String>) -> TokenStream {
    let names = names.iter();
    quote! {
        /// The names of the fields whose values are secret, in any object.
        pub const SECRET_FIELDS: &[&str] = &[#(#names),*];
    }
}

#[cfg(test)]
mod tests;
