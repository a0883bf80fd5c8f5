//! Tolerance towards replies: what is optional never fails the object that it is in.
//!
//! serde reads a missing or null `Option` as `None` by itself. Two cases remain: a list or map that is null, and an empty
//! text where an id, a date or a number is optional. The functions named here are hand-written in `tolerant.rs` of the
//! raw layer.

use syn::{
    Field, File, Meta, Type, parse_quote,
    visit_mut::{VisitMut, visit_file_mut},
};

use super::field::{add_serde, inside_option, is_extra, is_optional, type_name};

/// Makes every generated struct read null lists as empty and blank scalars as absent.
pub(crate) fn tolerate(types: &mut File) {
    visit_file_mut(&mut Tolerate, types);
}

struct Tolerate;

impl VisitMut for Tolerate {
    fn visit_field_mut(&mut self, field: &mut Field) {
        if field.ident.is_none() || is_extra(field) {
            return;
        }
        if inside_option(&field.ty).is_some_and(is_scalar) && is_optional(field) {
            let entries: [Meta; 2] = [
                parse_quote!(default),
                parse_quote!(deserialize_with = "crate::tolerant::blank_as_none"),
            ];
            add_serde(field, &entries);
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

/// Whether a blank text cannot be a value of this type.
fn is_scalar(ty: &Type) -> bool {
    matches!(
        type_name(ty).as_str(),
        "Uuid" | "DateTime" | "NaiveDate" | "i64" | "f64" | "bool"
    )
}

fn is_collection(ty: &Type) -> bool {
    matches!(type_name(ty).as_str(), "Vec" | "Map" | "BTreeMap")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerated(field: Field) -> String {
        let mut file: File = parse_quote!(struct A { #field });
        tolerate(&mut file);
        prettyplease::unparse(&file)
    }

    #[test]
    fn blank_scalars_are_absent() {
        let source = tolerated(parse_quote!(
            #[serde(skip_serializing_if = "x")] pub id: ::std::option::Option<::uuid::Uuid>
        ));
        assert!(
            source.contains("default") && source.contains("blank_as_none"),
            "{source}"
        );
        assert!(source.contains("skip_serializing_if"), "{source}");
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
    fn texts_required_fields_and_unknown_fields_are_left_alone() {
        for field in [
            parse_quote!(#[serde(skip_serializing_if = "x")] pub name: Option<String>),
            parse_quote!(pub id: ::uuid::Uuid),
            parse_quote!(#[serde(flatten)] pub extra: Map<String, Value>),
        ] {
            let source = tolerated(field);
            assert!(!source.contains("tolerant"), "{source}");
        }
    }
}
