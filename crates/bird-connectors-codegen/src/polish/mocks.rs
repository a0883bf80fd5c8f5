//! The mocks: `mocks.rs`. progenitor generates them without documentation.

use syn::{
    Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Pat, TraitItem, Type,
    parse_quote,
};

use crate::layout::API_PATH;
use crate::operations::Operation;
use crate::syntax::docs::{comment, is_documented};
use crate::syntax::field::type_name;

/// Documents every mock, and replaces the glob import of the raw layer.
pub(crate) fn mocks(mut file: syn::File, operations: &[Operation]) -> syn::File {
    for item in &mut file.items {
        match item {
            Item::Mod(ItemMod {
                attrs,
                content: Some((_, items)),
                ..
            }) => {
                *attrs = vec![comment(
                    "For each operation: which requests a mock matches (`When`), and which reply it sends (`Then`).",
                )];
                for item in items.iter_mut() {
                    describe(item, operations);
                }
            }
            Item::Trait(item) => {
                for function in &mut item.items {
                    if let TraitItem::Fn(function) = function {
                        let name = function.sig.ident.to_string();
                        let found = operations
                            .iter()
                            .find(|operation| operation.rust_name == name);
                        let doc = match found {
                            Some(operation) => format!("Mocks {}.", link(operation)),
                            None => format!("Mocks `{name}`."),
                        };
                        function.attrs.insert(0, comment(&doc));
                    }
                }
            }
            _ => {}
        }
    }
    file
}

/// Returns a documentation link to the function of an operation.
fn link(operation: &Operation) -> String {
    format!(
        "[`{}`]({API_PATH}::Client::{})",
        operation.id, operation.rust_name
    )
}

/// Returns the operation that a type such as `CreateConnectorWhen` mocks, and whether the type is its `When`.
fn mocked_operation<'a>(name: &str, operations: &'a [Operation]) -> Option<(&'a Operation, bool)> {
    let (stem, is_when) = match name.strip_suffix("When") {
        Some(stem) => (stem, true),
        None => (name.strip_suffix("Then")?, false),
    };
    let found = operations
        .iter()
        .find(|operation| operation.id.eq_ignore_ascii_case(stem))?;
    Some((found, is_when))
}

fn describe(item: &mut Item, operations: &[Operation]) {
    match item {
        Item::Use(item) => {
            let path: syn::Ident = syn::Ident::new(API_PATH, proc_macro2::Span::call_site());
            *item = parse_quote!(use #path::types;);
        }
        Item::Struct(item) => {
            let name = item.ident.to_string();
            if let Some((operation, is_when)) = mocked_operation(&name, operations) {
                let doc = if is_when {
                    format!("The requests of {} that a mock matches.", link(operation))
                } else {
                    format!("The reply of a mock of {}.", link(operation))
                };
                add_comment(&mut item.attrs, &doc);
            }
        }
        Item::Impl(item) => describe_functions(item, operations),
        _ => {}
    }
}

fn describe_functions(item: &mut ItemImpl, operations: &[Operation]) {
    let Type::Path(_) = &*item.self_ty else {
        return;
    };
    let Some((_, is_when)) = mocked_operation(&type_name(&item.self_ty), operations) else {
        return;
    };
    for function in &mut item.items {
        if let ImplItem::Fn(function) = function {
            let doc = description(function, is_when);
            add_comment(&mut function.attrs, &doc);
        }
    }
}

fn description(function: &ImplItemFn, is_when: bool) -> String {
    let name = function.sig.ident.to_string();
    let has = |argument: &str| {
        function.sig.inputs.iter().any(|input| {
            matches!(input, FnArg::Typed(input) if matches!(&*input.pat, Pat::Ident(pat) if pat.ident == argument))
        })
    };
    let is_optional = !function.sig.generics.params.is_empty();
    match (name.as_str(), is_when) {
        ("new", _) => "Wraps the value of httpmock.".to_owned(),
        ("into_inner", _) => "Returns the value of httpmock, for everything that this type has no function for.".to_owned(),
        ("body", true) => "Matches requests with this JSON body.".to_owned(),
        (_, true) if is_optional => format!("Matches requests with this `{name}`, or without one if it is `None`."),
        (_, true) => format!("Matches requests with this `{name}`."),
        (_, false) if has("status") => {
            "Replies with this status and `value` as JSON. Panics if the status is of another class.".to_owned()
        }
        (_, false) if has("value") => "Replies with this status and `value` as JSON.".to_owned(),
        (_, false) => "Replies with this status and no body.".to_owned(),
    }
}

fn add_comment(attributes: &mut Vec<Attribute>, doc: &str) {
    if !is_documented(attributes) {
        attributes.insert(0, comment(doc));
    }
}

#[cfg(test)]
mod tests;
