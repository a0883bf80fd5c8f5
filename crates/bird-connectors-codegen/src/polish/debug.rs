//! `Debug` of the types that contain free JSON. The derived one would show secrets whose names the contract does not know.
//! The macros that this step names are in `masked.rs` of the raw layer.

use quote::{ToTokens as _, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, File, Item, ItemStruct, Path, Token, parse_quote};

/// Replaces the derived `Debug` of every struct with free JSON by one that masks values whose names suggest a secret, and
/// shows only the names of unknown fields.
pub(crate) fn mask(types: &mut File) {
    let mut items = Vec::new();
    for item in types.items.drain(..) {
        let Item::Struct(mut item) = item else {
            items.push(item);
            continue;
        };
        let implementation = item.fields.iter().any(is_free).then(|| {
            drop_derived_debug(&mut item);
            implementation(&item)
        });
        items.push(Item::Struct(item));
        items.extend(implementation);
    }
    types.items = items;
}

/// Whether the field is free JSON, which can be optional.
fn is_free(field: &Field) -> bool {
    let ty = field.ty.to_token_stream().to_string();
    ty.contains("serde_json :: Value")
}

fn drop_derived_debug(item: &mut ItemStruct) {
    for attribute in &mut item.attrs {
        let Some(derives) = derives(attribute) else {
            continue;
        };
        let kept = derives.into_iter().filter(|path| !path.is_ident("Debug"));
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
}

fn derives(attribute: &Attribute) -> Option<Punctuated<Path, Token![,]>> {
    let is_derive = attribute.path().is_ident("derive");
    let parsed = attribute.parse_args_with(Punctuated::parse_terminated);
    parsed.ok().filter(|_| is_derive)
}

fn implementation(item: &ItemStruct) -> Item {
    let object = &item.ident;
    let Fields::Named(fields) = &item.fields else {
        return parse_quote!(crate::masked::debug! { #object });
    };
    let entries = fields.named.iter().map(|field| {
        let ident = &field.ident;
        let name = ident.to_token_stream().to_string();
        let name = name.trim_start_matches("r#");
        let mark = match name {
            "extra" => Some(format_ident!("names")),
            _ => is_free(field).then(|| format_ident!("masked")),
        };
        quote!(#name => #ident #mark,)
    });
    parse_quote!(crate::masked::debug! { #object { #(#entries)* } })
}

#[cfg(test)]
mod tests;
