//! Tolerance towards replies: an optional value never makes its object unreadable, and free JSON contains no secret.
//!
//! serde reads a missing or null `Option` as `None`. Two cases remain: a list or map that is null, and an empty string in
//! place of an optional id, date or number. Free JSON and unknown fields are read without the values of secret fields,
//! because a reply can repeat a request. The functions that this step names are in `tolerant.rs` and `redacted.rs` of the
//! raw layer.

use syn::{
    Field, File, ItemStruct, Meta, Type, parse_quote,
    visit_mut::{VisitMut, visit_file_mut, visit_item_struct_mut},
};

use crate::ids::TypedId;
use crate::reach::Reach;
use crate::syntax::field::{add_serde, inside_option, is_extra, is_optional, type_name};

/// Makes every generated struct read null lists as empty lists and blank scalars as absent. Structs that are only received
/// also drop secrets from free JSON.
pub(crate) fn tolerate(types: &mut File, reach: &Reach, ids: &[TypedId]) {
    let mut tolerate = Tolerate {
        reach,
        ids,
        redact: false,
    };
    visit_file_mut(&mut tolerate, types);
}

struct Tolerate<'a> {
    reach: &'a Reach,
    ids: &'a [TypedId],
    /// Whether the current struct is only received.
    redact: bool,
}

impl VisitMut for Tolerate<'_> {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
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

/// How free JSON is read: a null is absent if the field is optional, and an empty map otherwise.
fn redaction(field: &Field) -> Vec<Meta> {
    if inside_option(&field.ty).is_some() {
        vec![
            parse_quote!(default),
            parse_quote!(deserialize_with = "crate::redacted::free"),
        ]
    } else if field.ident.is_none() || is_extra(field) {
        vec![parse_quote!(deserialize_with = "crate::redacted::free")]
    } else {
        vec![parse_quote!(
            deserialize_with = "crate::redacted::free_or_empty"
        )]
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
