//! What the steps ask of a field of a generated struct.

use syn::{
    Attribute, Field, GenericArgument, Meta, PathArguments, Token, Type, parse_quote,
    punctuated::Punctuated,
};

/// The entries of the field's `#[serde(...)]`.
fn serde_entries(attributes: &[Attribute]) -> Punctuated<Meta, Token![,]> {
    let serde = attributes.iter().find(|one| one.path().is_ident("serde"));
    serde
        .and_then(|one| one.parse_args_with(Punctuated::parse_terminated).ok())
        .unwrap_or_default()
}

fn has_entry(field: &Field, name: &str) -> bool {
    serde_entries(&field.attrs)
        .iter()
        .any(|entry| entry.path().is_ident(name))
}

/// Whether a reply may leave the field out.
pub(crate) fn is_optional(field: &Field) -> bool {
    ["default", "flatten", "skip_serializing_if"]
        .iter()
        .any(|name| has_entry(field, name))
}

/// Whether it is the map of unknown fields.
pub(crate) fn is_extra(field: &Field) -> bool {
    has_entry(field, "flatten")
}

/// The name of the field as it travels.
pub(crate) fn wire_name(field: &Field) -> String {
    let renamed = serde_entries(&field.attrs)
        .into_iter()
        .find_map(|entry| match entry {
            Meta::NameValue(pair) if pair.path.is_ident("rename") => match pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    renamed.unwrap_or_else(|| {
        let ident = field.ident.as_ref().map(ToString::to_string);
        ident
            .unwrap_or_default()
            .trim_start_matches("r#")
            .to_owned()
    })
}

/// Adds entries to `#[serde(...)]`, except those that are there.
pub(crate) fn add_serde(field: &mut Field, added: &[Meta]) {
    let mut entries = serde_entries(&field.attrs);
    for entry in added {
        if !entries.iter().any(|one| one.path() == entry.path()) {
            entries.push(entry.clone());
        }
    }
    field.attrs.retain(|one| !one.path().is_ident("serde"));
    field.attrs.push(parse_quote!(#[serde(#entries)]));
}

/// The last name of a type's path, such as `Option`.
pub(crate) fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|one| one.ident.to_string()),
        _ => None,
    }
    .unwrap_or_default()
}

/// The `T` of an `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|one| one.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    #[test]
    fn fields_are_read_by_their_serde_entries() {
        let renamed: Field = parse_quote!(
            #[serde(rename = "channelId", skip_serializing_if = "Option::is_none")]
            pub channel_id: Option<Uuid>
        );
        assert_eq!(wire_name(&renamed), "channelId");
        assert!(is_optional(&renamed) && !is_extra(&renamed));

        let keyword: Field = parse_quote!(pub r#type: String);
        assert_eq!(wire_name(&keyword), "type");
        assert!(!is_optional(&keyword));

        let extra: Field = parse_quote!(#[serde(flatten)] pub extra: Map<String, Value>);
        assert!(is_optional(&extra) && is_extra(&extra));
    }

    #[test]
    fn serde_entries_are_added_once() {
        let mut field: Field = parse_quote!(#[serde(default)] pub list: Vec<String>);
        add_serde(
            &mut field,
            &[parse_quote!(default), parse_quote!(deserialize_with = "x")],
        );
        assert_eq!(
            field.attrs[0].to_token_stream().to_string(),
            "# [serde (default , deserialize_with = \"x\")]"
        );
    }

    #[test]
    fn options_are_looked_into() {
        let ty: Type = parse_quote!(::std::option::Option<::uuid::Uuid>);
        assert_eq!(type_name(&ty), "Option");
        assert_eq!(type_name(inside_option(&ty).unwrap()), "Uuid");
        assert!(inside_option(&parse_quote!(Vec<Uuid>)).is_none());
    }
}
