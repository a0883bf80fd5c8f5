//! The types: `types.rs`. Documentation, `#[non_exhaustive]`, and constructors.

use quote::{ToTokens as _, quote};
use serde_json::Value;
use syn::{Attribute, Field, Fields, File, Item, ItemStruct, Meta, Type, parse_quote};

use crate::contract::Object;
use crate::normalise::REQUIRED;
use crate::reach::Reach;
use crate::syntax::docs::{comment, is_documented};
use crate::syntax::field::{inside_option, is_extra, is_optional, type_name, wire_name};

/// Removes typify's module `error` if no conversion needs it.
pub(crate) fn drop_unused_errors(types: &mut File) {
    let is_error = |item: &Item| matches!(item, Item::Mod(module) if module.ident == "error");
    let used = types
        .items
        .iter()
        .filter(|item| !is_error(item))
        .any(|item| item.to_token_stream().to_string().contains("error ::"));
    types.items.retain(|item| used || !is_error(item));
}

/// Documents the items that typify leaves undocumented: the map of unknown fields, bare references, and alternatives.
pub(crate) fn describe(types: &mut File, document: &Value) {
    for item in &mut types.items {
        match item {
            Item::Struct(item) => item.fields.iter_mut().for_each(describe_field),
            Item::Enum(item) => {
                let name = item.ident.to_string();
                for variant in &mut item.variants {
                    let title = variant.ident.to_string();
                    let doc = alternative(document, &name, &title)
                        .unwrap_or_else(|| format!("The alternative `{title}`."));
                    add_comment(&mut variant.attrs, &doc);
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
    let doc = if is_extra(field) {
        "The fields that this version does not know, as the API sent them, but without secrets."
            .to_owned()
    } else {
        format!("The field `{}`.", wire_name(field))
    };
    add_comment(&mut field.attrs, &doc);
}

fn add_comment(attributes: &mut Vec<Attribute>, doc: &str) {
    if !is_documented(attributes) {
        attributes.insert(0, comment(doc));
    }
}

/// Returns the description of an alternative of a `oneOf`.
fn alternative(document: &Value, schema: &str, title: &str) -> Option<String> {
    let alternatives = document["components"]["schemas"][schema]["oneOf"].as_array()?;
    let found = alternatives
        .iter()
        .find(|alternative| alternative["title"] == title)?;
    found["description"].as_str().map(str::to_owned)
}

/// Marks the types that are only received as `#[non_exhaustive]`, so that a new field is not a breaking change.
pub(crate) fn mark_non_exhaustive(types: &mut File, reach: &Reach) {
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

/// Gives every struct a constructor: `new` with the required fields, in the order of the contract, or `Default` if no field
/// is required. A `#[non_exhaustive]` struct cannot be created in another way.
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

/// Returns the required fields, in the order of the schema's `required`.
fn required_fields(item: &ItemStruct, schemas: &Value) -> Vec<Field> {
    let order = schemas[item.ident.to_string()]
        .as_object()
        .and_then(|schema: &Object| {
            schema
                .get(REQUIRED)
                .or_else(|| schema.get("required"))?
                .as_array()
        });
    let place = |field: &Field| {
        let name = wire_name(field);
        order.and_then(|names| names.iter().position(|required| *required == name))
    };
    let named = item.fields.iter().filter(|field| field.ident.is_some());
    let mut required: Vec<Field> = named
        .filter(|field| !is_optional(field) || place(field).is_some())
        .cloned()
        .collect();
    required.sort_by_key(|field| place(field).unwrap_or(usize::MAX));
    required
}

fn constructor(item: &ItemStruct, required: &[Field]) -> Item {
    let name = &item.ident;
    let idents = required.iter().map(|field| &field.ident);
    let arguments = required.iter().map(|field| -> Type {
        // A reply can omit a required field, but a constructor takes its value.
        let ty = inside_option(&field.ty).unwrap_or(&field.ty);
        if takes_into(ty) {
            parse_quote!(impl Into<#ty>)
        } else {
            ty.clone()
        }
    });
    let values = item.fields.iter().map(|field| {
        let ident = &field.ident;
        if !required.iter().any(|required| required.ident == *ident) {
            return quote!(#ident: Default::default());
        }
        let inner = inside_option(&field.ty);
        let value = if takes_into(inner.unwrap_or(&field.ty)) {
            quote!(#ident.into())
        } else {
            quote!(#ident)
        };
        if inner.is_some() {
            quote!(#ident: Some(#value))
        } else if takes_into(&field.ty) {
            quote!(#ident: #value)
        } else {
            quote!(#ident)
        }
    });
    let doc = comment("Creates an object from its required fields. The other fields are absent.");
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
    matches!(
        type_name(ty).as_str(),
        "String" | "SentSecret" | "Timestamp"
    )
}

fn derive_default(item: &mut ItemStruct) {
    let derives = item
        .attrs
        .iter_mut()
        .find(|attribute| attribute.path().is_ident("derive"));
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
mod tests;
