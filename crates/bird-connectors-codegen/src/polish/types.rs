//! The types' own file: documentation for all, room to grow, constructors.

use quote::{ToTokens as _, quote};
use serde_json::Value;
use syn::{Attribute, Field, Fields, File, Item, ItemStruct, Meta, Type, parse_quote};

use super::{
    docs::{comment, is_documented},
    field::{is_extra, is_optional, type_name, wire_name},
};
use crate::{contract::Object, reach::Reach};

/// Removes typify's module `error` where no conversion needs it.
pub(crate) fn drop_unused_errors(types: &mut File) {
    let is_error = |item: &Item| matches!(item, Item::Mod(module) if module.ident == "error");
    let used = types
        .items
        .iter()
        .filter(|item| !is_error(item))
        .any(|item| item.to_token_stream().to_string().contains("error ::"));
    types.items.retain(|item| used || !is_error(item));
}

/// Documents what typify left without words: the map of unknown fields, bare references, and alternatives.
pub(crate) fn describe(types: &mut File, document: &Value) {
    for item in &mut types.items {
        match item {
            Item::Struct(item) => item.fields.iter_mut().for_each(describe_field),
            Item::Enum(item) => {
                let name = item.ident.to_string();
                for variant in &mut item.variants {
                    let title = variant.ident.to_string();
                    let text = alternative(document, &name, &title)
                        .unwrap_or_else(|| format!("The alternative `{title}`."));
                    add_comment(&mut variant.attrs, &text);
                }
            }
            _ => {}
        }
    }
}

fn describe_field(field: &mut Field) {
    if field.ident.is_none() {
        return;
    }
    let text = if is_extra(field) {
        "Fields that this version does not know, kept as they came, except that secrets are left out.".to_owned()
    } else {
        format!("The field `{}`.", wire_name(field))
    };
    add_comment(&mut field.attrs, &text);
}

fn add_comment(attributes: &mut Vec<Attribute>, text: &str) {
    if !is_documented(attributes) {
        attributes.insert(0, comment(text));
    }
}

/// The description of one alternative of a `oneOf`.
fn alternative(document: &Value, schema: &str, title: &str) -> Option<String> {
    let alternatives = document["components"]["schemas"][schema]["oneOf"].as_array()?;
    let found = alternatives.iter().find(|one| one["title"] == title)?;
    found["description"].as_str().map(str::to_owned)
}

/// Marks the types that only come back as `#[non_exhaustive]`: a field that a later version knows is then no breaking
/// change.
pub(crate) fn allow_growth(types: &mut File, reach: &Reach) {
    for item in &mut types.items {
        let (name, attributes) = match item {
            Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => {
                (item.ident.to_string(), &mut item.attrs)
            }
            Item::Enum(item) => (item.ident.to_string(), &mut item.attrs),
            _ => continue,
        };
        if reach.received.contains(&name) && !reach.sent.contains(&name) {
            attributes.push(parse_quote!(#[non_exhaustive]));
        }
    }
}

/// Gives every struct a way to be made: `new` with the required fields, in the contract's order, or `Default` where none
/// is required. With `#[non_exhaustive]` there is no other way.
pub(crate) fn add_constructors(types: &mut File, document: &Value) {
    let mut items = Vec::new();
    for item in types.items.drain(..) {
        let Item::Struct(mut item) = item else {
            items.push(item);
            continue;
        };
        let required = required_fields(&item, &document["components"]["schemas"]);
        if matches!(item.fields, Fields::Named(_)) && required.is_empty() {
            derive_default(&mut item);
        }
        let constructor = (!required.is_empty()).then(|| constructor(&item, &required));
        items.push(Item::Struct(item));
        items.extend(constructor);
    }
    types.items = items;
}

/// The fields that must be there, in the order of the schema's `required`.
fn required_fields(item: &ItemStruct, schemas: &Value) -> Vec<Field> {
    let order = schemas[item.ident.to_string()]
        .as_object()
        .and_then(|schema: &Object| schema.get("required")?.as_array());
    let place = |field: &Field| {
        let name = wire_name(field);
        order
            .and_then(|names| names.iter().position(|one| *one == name))
            .unwrap_or(usize::MAX)
    };
    let named = item.fields.iter().filter(|field| field.ident.is_some());
    let mut required: Vec<Field> = named.filter(|field| !is_optional(field)).cloned().collect();
    required.sort_by_key(place);
    required
}

fn constructor(item: &ItemStruct, required: &[Field]) -> Item {
    let name = &item.ident;
    let idents = required.iter().map(|field| &field.ident);
    let arguments = required.iter().map(|field| -> Type {
        let ty = &field.ty;
        if takes_into(ty) {
            parse_quote!(impl Into<#ty>)
        } else {
            ty.clone()
        }
    });
    let values = item.fields.iter().map(|field| {
        let ident = &field.ident;
        if is_optional(field) {
            quote!(#ident: Default::default())
        } else if takes_into(&field.ty) {
            quote!(#ident: #ident.into())
        } else {
            quote!(#ident)
        }
    });
    let doc = comment("Makes one of what is required; everything else is absent.");
    parse_quote! {
        impl #name {
            #doc
            #[must_use]
            pub fn new(#(#idents: #arguments),*) -> Self {
                Self { #(#values),* }
            }
        }
    }
}

fn takes_into(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "String" | "SentSecret")
}

fn derive_default(item: &mut ItemStruct) {
    let derives = item
        .attrs
        .iter_mut()
        .find(|one| one.path().is_ident("derive"));
    if let Some(Attribute {
        meta: Meta::List(list),
        ..
    }) = derives
        && !list.tokens.to_string().contains("Default")
    {
        let derived = &list.tokens;
        list.tokens = quote!(#derived, Default);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unused_errors_go_and_used_ones_stay() {
        let mut unused: File = parse_quote!(
            pub mod error {}
            pub struct A;
        );
        drop_unused_errors(&mut unused);
        assert_eq!(unused.items.len(), 1);
        let mut used: File =
            parse_quote!(pub mod error {} impl A { type E = self::error::ConversionError; });
        drop_unused_errors(&mut used);
        assert_eq!(used.items.len(), 2);
    }

    #[test]
    fn everything_is_described() {
        let mut types: File = parse_quote! {
            pub struct A {
                #[doc = "Said by the contract."]
                pub said: String,
                #[serde(rename = "notSaid")]
                pub not_said: String,
                #[serde(flatten)]
                pub extra: Map<String, Value>,
            }
            pub enum B { Text(String), Other(u8) }
        };
        let document = json!({"components": {"schemas": {"B": {"oneOf": [{"title": "Text", "description": "As a text."}]}}}});
        describe(&mut types, &document);
        let source = prettyplease::unparse(&types);
        for text in [
            "Said by the contract.",
            "The field `notSaid`.",
            "does not know",
            "As a text.",
            "The alternative `Other`.",
        ] {
            assert_eq!(source.matches(text).count(), 1, "{text}: {source}");
        }
        assert!(!source.contains("The field `said`"), "{source}");
    }

    #[test]
    fn only_what_is_never_sent_can_grow() {
        let mut types: File = parse_quote! {
            pub struct In { a: u8 }
            pub struct Out { a: u8 }
            pub struct Both { a: u8 }
            pub struct Newtype(u8);
            pub enum Either { A(u8) }
        };
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let reach = Reach {
            sent: names(&["Out", "Both"]),
            received: names(&["In", "Both", "Newtype", "Either"]),
            ..Reach::default()
        };
        allow_growth(&mut types, &reach);
        let marked: Vec<String> = types
            .items
            .iter()
            .filter(|item| {
                item.to_token_stream()
                    .to_string()
                    .contains("non_exhaustive")
            })
            .map(|item| match item {
                Item::Struct(item) => item.ident.to_string(),
                Item::Enum(item) => item.ident.to_string(),
                _ => unreachable!(),
            })
            .collect();
        assert_eq!(marked, ["In", "Either"]);
    }

    #[test]
    fn constructors_take_what_is_required_in_the_order_of_the_contract() {
        let mut types: File = parse_quote! {
            pub struct A {
                pub created_at: Date,
                pub id: Uuid,
                #[serde(skip_serializing_if = "Option::is_none")]
                pub label: Option<String>,
                pub name: String,
            }
        };
        let document =
            json!({"components": {"schemas": {"A": {"required": ["id", "name", "created_at"]}}}});
        add_constructors(&mut types, &document);
        let source = prettyplease::unparse(&types);
        assert!(
            source.contains(
                "pub fn new(id: Uuid, name: impl Into<String>, created_at: Date) -> Self"
            ),
            "{source}"
        );
        assert!(
            source.contains("label: Default::default()") && source.contains("name: name.into()"),
            "{source}"
        );
    }

    #[test]
    fn a_struct_without_required_fields_has_a_default() {
        let mut types: File = parse_quote! {
            #[derive(Clone)]
            pub struct A { #[serde(flatten)] pub extra: Map<String, Value> }
            #[derive(Clone, Default)]
            pub struct B { #[serde(default)] pub list: Vec<u8> }
            pub struct Newtype(u8);
        };
        add_constructors(&mut types, &json!({}));
        let source = prettyplease::unparse(&types);
        assert_eq!(source.matches("Default").count(), 2, "{source}");
        assert!(!source.contains("fn new"), "{source}");
    }
}
