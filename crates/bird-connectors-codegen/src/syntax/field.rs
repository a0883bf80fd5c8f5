//! Fields of generated structs: their serde entries and their types.

use syn::{
    Attribute, Field, GenericArgument, Meta, PathArguments, Token, Type, parse_quote,
    punctuated::Punctuated,
};

/// Returns the entries of `#[serde(...)]`.
fn serde_entries(attributes: &[Attribute]) -> Punctuated<Meta, Token![,]> {
    let serde = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("serde"));
    serde
        .and_then(|attribute| attribute.parse_args_with(Punctuated::parse_terminated).ok())
        .unwrap_or_default()
}

fn has_entry(field: &Field, name: &str) -> bool {
    serde_entries(&field.attrs)
        .iter()
        .any(|entry| entry.path().is_ident(name))
}

/// Whether a reply can omit the field.
pub(crate) fn is_optional(field: &Field) -> bool {
    ["default", "flatten", "skip_serializing_if"]
        .iter()
        .any(|name| has_entry(field, name))
}

/// Whether the field is the map of unknown fields.
pub(crate) fn is_extra(field: &Field) -> bool {
    has_entry(field, "flatten")
}

/// Returns the name of the field in JSON.
pub(crate) fn wire_name(field: &Field) -> String {
    let renamed = serde_entries(&field.attrs)
        .into_iter()
        .find_map(|entry| match entry {
            Meta::NameValue(pair) if pair.path.is_ident("rename") => match pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(name),
                    ..
                }) => Some(name.value()),
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

/// Adds the entries to `#[serde(...)]` that it does not have.
pub(crate) fn add_serde(field: &mut Field, added: &[Meta]) {
    let mut entries = serde_entries(&field.attrs);
    for entry in added {
        if !entries.iter().any(|known| known.path() == entry.path()) {
            entries.push(entry.clone());
        }
    }
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("serde"));
    field.attrs.push(parse_quote!(#[serde(#entries)]));
}

/// Returns the last segment of the path of a type, such as `Option`.
pub(crate) fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string()),
        _ => None,
    }
    .unwrap_or_default()
}

/// Returns the `T` of an `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
