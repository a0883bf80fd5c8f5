//! Tolerance towards replies: a field of an unexpected form never makes its object unreadable.
//!
//! The types that are only received get a `Deserialize` and a `Serialize` from the macros of `tolerant.rs` in the raw layer.
//! They keep the JSON of a field that cannot be decoded, and read free JSON and unknown fields without the values of secret
//! fields, because a reply can repeat a request.
//!
//! The other types keep the derived implementations. serde reads a missing or null `Option` as `None`. Two cases remain: a
//! list or map that is null, and an empty string in place of an optional id, date or number.

use anyhow::{Result, ensure};
use quote::quote;
use syn::{
    Attribute, Field, Fields, File, Item, ItemStruct, Meta, Path, Token, Type, parse_quote,
    punctuated::Punctuated,
    visit_mut::{VisitMut, visit_file_mut, visit_item_struct_mut},
};

use crate::ids::TypedId;
use crate::reach::Reach;
use crate::syntax::field::{add_serde, inside_option, is_extra, is_optional, type_name, wire_name};

/// Adds the field for undecoded fields to every object that is only received.
pub(crate) fn add_undecoded_fields(types: &mut File, reach: &Reach) {
    for item in objects(types, reach) {
        if is_page(item) {
            continue;
        }
        if let Fields::Named(fields) = &mut item.fields {
            let at = fields.named.len().saturating_sub(1);
            // Like the map of unknown fields, it is not a field of the contract.
            let field: Field = parse_quote!(
                /// The fields of an unexpected form.
                #[serde(flatten)]
                undecoded: crate::undecoded::Undecoded
            );
            fields.named.insert(at, field);
        }
    }
}

/// Makes every object that is only received tolerant, and every other type read null lists as empty lists and blank scalars
/// as absent. Fails if a page has fields other than its token and its results.
pub(crate) fn tolerate(types: &mut File, reach: &Reach, ids: &[TypedId]) -> Result<()> {
    let mut macros: Vec<(String, Item)> = Vec::new();
    for item in objects(types, reach) {
        let name = item.ident.clone();
        let fields: Vec<&Field> = item
            .fields
            .iter()
            .filter(|field| !is_extra(field))
            .collect();
        let call: Item = if is_page(item) {
            ensure!(
                fields.len() == 2,
                "the page {name} has fields other than nextPageToken and results: extend the macro `page`"
            );
            parse_quote!(crate::tolerant::page! { #name })
        } else {
            let entries = fields.iter().map(|field| {
                let (wire, ident) = (wire_name(field), &field.ident);
                quote!(#wire => #ident,)
            });
            parse_quote!(crate::tolerant::object! { #name { #(#entries)* } })
        };
        macros.push((name.to_string(), call));
        drop_derived(item);
    }
    let mut items = Vec::new();
    for item in types.items.drain(..) {
        let name = match &item {
            Item::Struct(item) => item.ident.to_string(),
            _ => String::new(),
        };
        items.push(item);
        if let Some(Item::Struct(newtype)) = items.last()
            && !matches!(newtype.fields, Fields::Named(_))
            && is_only_received(newtype, reach)
        {
            let name = newtype.ident.clone();
            items.push(parse_quote!(impl crate::ReportUndecoded for #name {}));
            items.push(parse_quote! {
                impl crate::FromJson for #name {
                    fn from_json_with_repair(json: &[u8]) -> ::serde_json::Result<(Self, bool)> {
                        crate::response::decode(json)
                    }
                }
            });
        }
        if let Some(Item::Struct(both_ways)) = items.last()
            && both_ways.fields.iter().any(is_extra)
        {
            let name = &both_ways.ident;
            items.push(parse_quote! {
                impl #name {
                    /// Always empty: a response in which such an object has an unexpected form lists the whole field as
                    /// undecoded.
                    pub fn undecoded(&self) -> impl Iterator<Item = (&'static str, &::serde_json::Value)> {
                        ::std::iter::empty()
                    }
                }
            });
        }
        let call = macros.iter().find(|(object, _)| *object == name);
        items.extend(call.map(|(_, call)| call.clone()));
    }
    types.items = items;

    let mut tolerate = Tolerate {
        reach,
        ids,
        redact: false,
    };
    visit_file_mut(&mut tolerate, types);
    Ok(())
}

/// The objects that are only received.
fn objects<'a>(types: &'a mut File, reach: &Reach) -> impl Iterator<Item = &'a mut ItemStruct> {
    types.items.iter_mut().filter_map(|item| match item {
        Item::Struct(item)
            if matches!(item.fields, Fields::Named(_)) && is_only_received(item, reach) =>
        {
            Some(item)
        }
        _ => None,
    })
}

fn is_only_received(item: &ItemStruct, reach: &Reach) -> bool {
    let name = item.ident.to_string();
    reach.received.contains(&name) && !reach.sent.contains(&name)
}

fn is_page(item: &ItemStruct) -> bool {
    let has = |name: &str| item.fields.iter().any(|field| wire_name(field) == name);
    has("results") && has("nextPageToken")
}

/// Removes the derived implementations of serde and the attributes for them, and the derived `Debug`: the macros implement them.
fn drop_derived(item: &mut ItemStruct) {
    for attribute in &mut item.attrs {
        if attribute.path().is_ident("derive")
            && let Ok(derives) =
                attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        {
            let kept = derives.into_iter().filter(|path| {
                let name = path.segments.last().map(|last| last.ident.to_string());
                !matches!(name.as_deref(), Some("Serialize" | "Deserialize" | "Debug"))
            });
            *attribute = parse_quote!(#[derive(#(#kept),*)]);
        }
    }
    let is_serde = |attribute: &Attribute| attribute.path().is_ident("serde");
    item.attrs.retain(|attribute| !is_serde(attribute));
    for field in &mut item.fields {
        field.attrs.retain(|attribute| !is_serde(attribute));
    }
}

struct Tolerate<'a> {
    reach: &'a Reach,
    ids: &'a [TypedId],
    /// Whether the current struct is only received.
    redact: bool,
}

impl VisitMut for Tolerate<'_> {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        // The macros read these.
        if matches!(item.fields, Fields::Named(_)) && is_only_received(item, self.reach) {
            return;
        }
        self.redact = !self.reach.sent.contains(&item.ident.to_string());
        visit_item_struct_mut(self, item);
    }

    fn visit_field_mut(&mut self, field: &mut Field) {
        let is_free = is_free(inside_option(&field.ty).unwrap_or(&field.ty));
        // Only replies keep unknown fields, so a type that has them is received, even if it is also sent.
        if is_free && (self.redact || is_extra(field)) {
            add_serde(field, &redaction(field));
        } else if field.ident.is_none() || is_extra(field) {
            // A newtype has no optional value, and the map of unknown fields takes any.
        } else if inside_option(&field.ty).is_some_and(|ty| self.is_scalar(ty))
            && is_optional(field)
        {
            add_serde(
                field,
                &[
                    parse_quote!(default),
                    parse_quote!(deserialize_with = "crate::tolerant::blank_as_none"),
                ],
            );
        } else if is_collection(&field.ty) {
            // Without `default`: a required list can be null, but not missing.
            add_serde(
                field,
                &[parse_quote!(
                    deserialize_with = "crate::tolerant::null_as_empty"
                )],
            );
        }
    }
}

impl Tolerate<'_> {
    /// Whether an empty string cannot be a value of this type.
    fn is_scalar(&self, ty: &Type) -> bool {
        let name = type_name(ty);
        let plain = ["Uuid", "Timestamp", "NaiveDate", "i64", "f64", "bool"];
        plain.contains(&name.as_str()) || self.ids.iter().any(|id| id.name == name)
    }
}

/// How free JSON is read: a null is absent if the field is optional.
fn redaction(field: &Field) -> Vec<Meta> {
    let read: Meta = parse_quote!(deserialize_with = "crate::redacted::free");
    if inside_option(&field.ty).is_some() {
        vec![parse_quote!(default), read]
    } else {
        vec![read]
    }
}

/// Whether a type takes any JSON. A map of typed values is a `BTreeMap`.
fn is_free(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "Map" | "Value")
}

fn is_collection(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "Vec" | "Map" | "BTreeMap")
}

#[cfg(test)]
mod tests;
