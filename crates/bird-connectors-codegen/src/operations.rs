//! The table of operations: what the SDK and its tests need to know of each, beyond a function to call.

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::{self, OperationAt};

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
}

/// Every operation of the contract, by path and method.
pub(crate) fn collect(document: &Value) -> Result<Vec<Operation>> {
    contract::operations(document)
        .into_iter()
        .map(read)
        .collect()
}

fn read(at: OperationAt<'_>) -> Result<Operation> {
    let id = at.text("operationId")?;
    let responses = at.operation["responses"].as_object().into_iter().flatten();
    let success = responses
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, _)| {
            status
                .parse()
                .with_context(|| format!("{id} has the status {status}, which is no number"))
        })
        .collect::<Result<_>>()?;
    Ok(Operation {
        id: id.to_owned(),
        rust_name: snake_case(id),
        method: at.method,
        path: at.path.to_owned(),
        summary: at.text("summary")?.to_owned(),
        permission: at.operation["x-permission"].as_str().map(str::to_owned),
        tag: at.operation["tags"][0]
            .as_str()
            .with_context(|| format!("{id} has no tag"))?
            .to_owned(),
        success,
    })
}

/// The name that progenitor gives the function of `id`.
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

/// The source of `operations.rs`.
pub(crate) fn source(operations: &[Operation]) -> TokenStream {
    let rows = operations.iter().map(row);
    quote! {
        use reqwest::Method;

        use crate::operation::Operation;

        /// Every operation of the contract, by path and method.
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
    } = operation;
    let method = format_ident!("{}", method.to_ascii_uppercase());
    let permission = match permission {
        Some(permission) => quote!(Some(#permission)),
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
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_tells_what_the_contract_says() {
        let document = json!({"paths": {"/a/{id}": {"get": {
            "operationId": "getOneThing",
            "summary": "Get one thing",
            "tags": ["things"],
            "x-permission": "view /a/*",
            "responses": {"200": {}, "202": {}, "404": {}, "5XX": {}},
        }}}});
        assert_eq!(
            collect(&document).unwrap(),
            [Operation {
                id: "getOneThing".to_owned(),
                rust_name: "get_one_thing".to_owned(),
                method: "get",
                path: "/a/{id}".to_owned(),
                summary: "Get one thing".to_owned(),
                permission: Some("view /a/*".to_owned()),
                tag: "things".to_owned(),
                success: vec![200, 202],
            }]
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let document = |operation: Value| json!({"paths": {"/a": {"get": operation}}});
        for (operation, complaint) in [
            (json!({}), "get /a has no operationId"),
            (json!({"operationId": "a"}), "get /a has no summary"),
            (json!({"operationId": "a", "summary": "A"}), "a has no tag"),
            (
                json!({"operationId": "a", "responses": {"2XX": {}}}),
                "a has the status 2XX",
            ),
        ] {
            let error = collect(&document(operation)).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
