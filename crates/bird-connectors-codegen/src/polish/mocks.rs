//! The mocks' own file: progenitor writes them without a word of documentation.

use syn::{
    Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Pat, TraitItem, Type,
    parse_quote,
};

use super::{
    docs::{comment, is_documented},
    field::type_name,
};
use crate::{API_PATH, operations::Operation};

/// Documents every mock, and imports by name what the mocks need of the raw layer.
pub(crate) fn mocks(mut file: syn::File, operations: &[Operation]) -> syn::File {
    for item in &mut file.items {
        match item {
            Item::Mod(ItemMod {
                attrs,
                content: Some((_, items)),
                ..
            }) => {
                *attrs = vec![comment(
                    "What a mocked request must look like (`When`), and what it is answered (`Then`).",
                )];
                for item in items.iter_mut() {
                    describe(item, operations);
                }
            }
            Item::Trait(item) => {
                for function in &mut item.items {
                    if let TraitItem::Fn(function) = function {
                        let name = function.sig.ident.to_string();
                        let text = match operations.iter().find(|one| one.rust_name == name) {
                            Some(one) => format!("Mocks {}.", linked(one)),
                            None => format!("Mocks `{name}`."),
                        };
                        function.attrs.insert(0, comment(&text));
                    }
                }
            }
            _ => {}
        }
    }
    file
}

fn linked(operation: &Operation) -> String {
    format!(
        "[`{}`]({API_PATH}::Client::{})",
        operation.id, operation.rust_name
    )
}

/// The operation whose mock a type like `CreateConnectorWhen` belongs to, and the rest of its name.
fn owner<'a>(name: &str, operations: &'a [Operation]) -> Option<(&'a Operation, bool)> {
    let (stem, is_when) = match name.strip_suffix("When") {
        Some(stem) => (stem, true),
        None => (name.strip_suffix("Then")?, false),
    };
    let found = operations
        .iter()
        .find(|one| one.id.eq_ignore_ascii_case(stem))?;
    Some((found, is_when))
}

fn describe(item: &mut Item, operations: &[Operation]) {
    match item {
        Item::Use(item) => {
            let path: syn::Ident = syn::Ident::new(API_PATH, proc_macro2::Span::call_site());
            *item = parse_quote!(use #path::types;);
        }
        Item::Struct(item) => {
            if let Some((operation, is_when)) = owner(&item.ident.to_string(), operations) {
                let text = if is_when {
                    format!("What a request of {} must look like.", linked(operation))
                } else {
                    format!("What a request of {} is answered.", linked(operation))
                };
                add_comment(&mut item.attrs, &text);
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
    let Some((_, is_when)) = owner(&type_name(&item.self_ty), operations) else {
        return;
    };
    for function in &mut item.items {
        if let ImplItem::Fn(function) = function {
            let text = words(function, is_when);
            add_comment(&mut function.attrs, &text);
        }
    }
}

fn words(function: &ImplItemFn, is_when: bool) -> String {
    let name = function.sig.ident.to_string();
    let has = |argument: &str| {
        function.sig.inputs.iter().any(|one| {
            matches!(one, FnArg::Typed(one) if matches!(&*one.pat, Pat::Ident(pat) if pat.ident == argument))
        })
    };
    let is_optional = !function.sig.generics.params.is_empty();
    match (name.as_str(), is_when) {
        ("new", _) => "Wraps what httpmock hands out.".to_owned(),
        ("into_inner", _) => "httpmock's own value, for what has no function here.".to_owned(),
        ("body", true) => "Expects this JSON body.".to_owned(),
        (_, true) if is_optional => format!("Expects this `{name}`, or none with `None`."),
        (_, true) => format!("Expects this `{name}`."),
        (_, false) if has("status") => {
            "Answers with this status and `value` as JSON. Panics where the status is of another class.".to_owned()
        }
        (_, false) if has("value") => "Answers with this status and `value` as JSON.".to_owned(),
        (_, false) => "Answers with this status and no body.".to_owned(),
    }
}

fn add_comment(attributes: &mut Vec<Attribute>, text: &str) {
    if !is_documented(attributes) {
        attributes.insert(0, comment(text));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_of_a_mock_is_described() {
        let document = json!({"paths": {"/a": {"get": {"operationId": "getA", "summary": "A", "tags": ["a"]}}}});
        let operations = crate::operations::collect(&document).unwrap();
        let file = parse_quote! {
            pub mod operations {
                use bird_connectors_api::*;
                pub struct GetAWhen(::httpmock::When);
                impl GetAWhen {
                    pub fn new(inner: ::httpmock::When) -> Self { Self(inner) }
                    pub fn limit<T>(self, value: T) -> Self { self }
                    pub fn id(self, value: u8) -> Self { self }
                }
                pub struct GetAThen(::httpmock::Then);
                impl GetAThen {
                    pub fn ok(self, value: u8) -> Self { self }
                    pub fn no_content(self) -> Self { self }
                    pub fn client_error(self, status: u16, value: u8) -> Self { self }
                }
            }
            pub trait MockServerExt {
                fn get_a<F>(&self, config_fn: F);
            }
        };
        let source = prettyplease::unparse(&mocks(file, &operations));
        assert_eq!(
            source.matches("bird_connectors_api::Client::get_a").count(),
            3,
            "{source}"
        );
        for text in [
            "use bird_connectors_api::types;",
            "or none with `None`",
            "Expects this `id`.",
            "and no body.",
            "of another class.",
        ] {
            assert_eq!(source.matches(text).count(), 1, "{text}: {source}");
        }
    }
}
