//! The table of operations: the facts about each operation that the SDK and its tests read, such as its path.

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::{self, OperationAt, resolve};

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The contract's `operationId`.
    pub(crate) id: String,
    /// The name of the generated function.
    pub(crate) rust_name: String,
    method: &'static str,
    path: String,
    summary: String,
    permission: Option<String>,
    tag: String,
    success: Vec<u16>,
    max_limit: Option<u32>,
}

/// Collects every operation of the contract, ordered by path and method.
pub(crate) fn collect(document: &Value) -> Result<Vec<Operation>> {
    contract::operations(document)
        .into_iter()
        .map(|at| read(document, at))
        .collect()
}

fn read(document: &Value, at: OperationAt<'_>) -> Result<Operation> {
    let id = at.string("operationId")?;
    let responses = at.operation["responses"].as_object().into_iter().flatten();
    let success = responses
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, _)| {
            status
                .parse()
                .with_context(|| format!("{id} has the status {status}: expected a number"))
        })
        .collect::<Result<_>>()?;
    Ok(Operation {
        id: id.to_owned(),
        rust_name: snake_case(id),
        method: at.method,
        path: at.path.to_owned(),
        summary: at.string("summary")?.to_owned(),
        permission: at.operation["x-permission"].as_str().map(str::to_owned),
        tag: at.operation["tags"][0]
            .as_str()
            .with_context(|| format!("{id} has no tag"))?
            .to_owned(),
        success,
        max_limit: max_limit(document, at)?,
    })
}

/// Returns the maximum of the query parameter `limit`, if the operation has one with a maximum.
fn max_limit(document: &Value, at: OperationAt<'_>) -> Result<Option<u32>> {
    let parameters = at.operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters {
        let parameter = match parameter["$ref"].as_str() {
            Some(reference) => resolve(document, reference)?,
            None => parameter,
        };
        if parameter["name"] == "limit" && parameter["in"] == "query" {
            let maximum = parameter["schema"]["maximum"].as_u64();
            return Ok(maximum.and_then(|maximum| maximum.try_into().ok()));
        }
    }
    Ok(None)
}

/// Returns the name that progenitor gives the function of an operation.
fn snake_case(id: &str) -> String {
    let mut name = String::new();
    for character in id.chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// Writes the source of `operations.rs`.
pub(crate) fn source(operations: &[Operation]) -> TokenStream {
    let rows = operations.iter().map(row);
    quote! {
        use reqwest::Method;

        use crate::operation::Operation;

        /// Every operation of the contract, ordered by path and method.
        pub static OPERATIONS: &[Operation] = &[#(#rows),*];
    }
}

fn row(operation: &Operation) -> TokenStream {
    let Operation {
        id,
        rust_name,
        method,
        path,
        summary,
        permission,
        tag,
        success,
        max_limit,
    } = operation;
    let method = format_ident!("{}", method.to_ascii_uppercase());
    let permission = match permission {
        Some(permission) => quote!(Some(#permission)),
        None => quote!(None),
    };
    let max_limit = match max_limit {
        Some(maximum) => quote!(Some(#maximum)),
        None => quote!(None),
    };
    quote! {
        Operation {
            id: #id,
            rust_name: #rust_name,
            method: Method::#method,
            path: #path,
            summary: #summary,
            permission: #permission,
            tag: #tag,
            success: &[#(#success),*],
            max_limit: #max_limit,
        }
    }
}

#[cfg(test)]
mod tests;
