//! Tolerance towards replies: what is optional never fails the object that it is in, and what is free lets no secret in.
//!
//! serde reads a missing or null `Option` as `None` by itself. Two cases remain: a list or map that is null, and an
//! empty text where an id, a date or a number is optional. Times have a reader of their own, for its speed. Free
//! JSON, unknown fields included, is read without what stands under the name of a secret: a reply that repeats a
//! request must not show it. The functions named here are hand-written in `tolerant.rs`, `time.rs` and `redacted.rs`
//! of the raw layer.

use syn::{
    Field, File, ItemStruct, Meta, Type, parse_quote,
    visit_mut::{VisitMut, visit_file_mut, visit_item_struct_mut},
};

use crate::ids::TypedId;
use crate::reach::Reach;
use crate::syntax::field::{add_serde, inside_option, is_extra, is_optional, type_name};

/// Makes every generated struct read null lists as empty and blank scalars as absent, and every one that only comes back
/// drop secrets from free JSON.
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
    /// Whether the struct at hand only comes back.
    redact: bool,
}

impl VisitMut for Tolerate<'_> {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        self.redact = !self.reach.sent.contains(&item.ident.to_string());
        visit_item_struct_mut(self, item);
    }

    fn visit_field_mut(&mut self, field: &mut Field) {
        let is_free = is_free(inside_option(&field.ty).unwrap_or(&field.ty));
        // Unknown fields are kept of replies alone, so a type that has them comes back, whether it is also sent or not.
        if is_free && (self.redact || is_extra(field)) {
            add_serde(field, &redaction(field));
        } else if field.ident.is_none() || is_extra(field) {
            // Newtypes and the rest have nothing to be tolerant of.
        } else if inside_option(&field.ty).is_some_and(|ty| self.is_scalar(ty))
            && is_optional(field)
        {
            let reader: Meta = if inside_option(&field.ty).is_some_and(is_time) {
                parse_quote!(deserialize_with = "crate::time::blank_as_none")
            } else {
                parse_quote!(deserialize_with = "crate::tolerant::blank_as_none")
            };
            add_serde(field, &[parse_quote!(default), reader]);
        } else if is_time(&field.ty) {
            add_serde(
                field,
                &[parse_quote!(deserialize_with = "crate::time::required")],
            );
        } else if is_collection(&field.ty) {
            // Without `default`: a list that is required may be null, but not missing.
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
        let plain = ["Uuid", "DateTime", "NaiveDate", "i64", "f64", "bool"];
        plain.contains(&name.as_str()) || self.ids.iter().any(|id| id.name == name)
    }
}

/// How free JSON is read: absent where it is optional, empty where it is a map that can be null.
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

/// Whether a type takes any JSON. Maps of typed values are `BTreeMap`s.
fn is_free(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "Map" | "Value")
}

fn is_time(ty: &Type) -> bool {
    type_name(ty) == "DateTime"
}

fn is_collection(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "Vec" | "Map" | "BTreeMap")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerated(field: Field) -> String {
        let reach = Reach {
            sent: ["Sent".to_owned()].into(),
            received: ["A".to_owned()].into(),
            ..Reach::default()
        };
        let mut file: File = parse_quote!(struct A { #field } struct Sent { #field });
        tolerate(&mut file, &reach, &[TypedId::named("ThingId")]);
        prettyplease::unparse(&file)
    }

    #[test]
    fn blank_scalars_are_absent() {
        let source = tolerated(parse_quote!(
            #[serde(skip_serializing_if = "x")] pub id: ::std::option::Option<::uuid::Uuid>
        ));
        assert_eq!(source.matches("blank_as_none").count(), 2, "{source}");
        assert!(
            source.contains("default") && source.contains("skip_serializing_if"),
            "{source}"
        );
    }

    #[test]
    fn optional_typed_id_reads_blank_as_none() {
        let source = tolerated(parse_quote!(
            #[serde(skip_serializing_if = "x")] pub id: ::std::option::Option<crate::types::ThingId>
        ));
        assert_eq!(source.matches("blank_as_none").count(), 2, "{source}");
        let source = tolerated(parse_quote!(
            #[serde(skip_serializing_if = "x")] pub id: ::std::option::Option<crate::types::OtherId>
        ));
        assert!(!source.contains("blank_as_none"), "{source}");
    }

    #[test]
    fn times_have_a_reader_of_their_own() {
        let source = tolerated(parse_quote!(
            #[serde(skip_serializing_if = "x")] pub at: ::std::option::Option<::chrono::DateTime<Utc>>
        ));
        assert_eq!(source.matches("time::blank_as_none").count(), 2, "{source}");
        assert!(!source.contains("tolerant"), "{source}");
        let source = tolerated(parse_quote!(pub at: ::chrono::DateTime<Utc>));
        assert_eq!(source.matches("time::required").count(), 2, "{source}");
        assert!(!source.contains("default"), "{source}");
    }

    #[test]
    fn null_lists_are_empty_but_only_optional_ones_may_be_missing() {
        let source = tolerated(parse_quote!(#[serde(default)] pub list: Vec<String>));
        assert!(
            source.contains("default") && source.contains("null_as_empty"),
            "{source}"
        );
        let source = tolerated(parse_quote!(pub results: ::std::vec::Vec<String>));
        assert!(
            !source.contains("default") && source.contains("null_as_empty"),
            "{source}"
        );
    }

    #[test]
    fn free_json_that_comes_back_is_redacted() {
        let both_ways = tolerated(parse_quote!(#[serde(flatten)] pub extra: Map<String, Value>));
        assert_eq!(
            both_ways.matches("redacted::free\"").count(),
            2,
            "{both_ways}"
        );
        for (field, reader) in [
            (
                parse_quote!(pub map: ::serde_json::Map<String, Value>),
                "redacted::free_or_empty\"",
            ),
            (
                parse_quote!(pub map: Option<Map<String, Value>>),
                "redacted::free\"",
            ),
            (
                parse_quote!(pub any: Option<::serde_json::Value>),
                "redacted::free\"",
            ),
        ] {
            let source = tolerated(field);
            assert_eq!(source.matches(reader).count(), 1, "{source}");
            let (_, sent) = source.split_once("struct Sent").unwrap();
            assert!(!sent.contains("redacted"), "{sent}");
        }
        let mut newtype: File = parse_quote!(
            #[serde(transparent)]
            struct Free(pub Map<String, Value>);
        );
        tolerate(&mut newtype, &Reach::default(), &[]);
        let source = prettyplease::unparse(&newtype);
        assert!(source.contains("redacted::free\""), "{source}");
    }

    #[test]
    fn texts_and_required_fields_are_left_alone() {
        for field in [
            parse_quote!(#[serde(skip_serializing_if = "x")] pub name: Option<String>),
            parse_quote!(pub id: ::uuid::Uuid),
        ] {
            let source = tolerated(field);
            assert!(
                !source.contains("tolerant") && !source.contains("redacted"),
                "{source}"
            );
        }
    }
}
