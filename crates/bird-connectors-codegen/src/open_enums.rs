//! Open enums: every named list of strings in the contract becomes an enum that can also carry an unknown value.
//!
//! typify generates closed enums, with which one new status would make a whole page undecodable. This file collects the
//! lists, so that typify does not generate them, and writes the enums. The macro `open_enum!` of the raw layer, which is
//! hand-written, implements their methods and traits.

use anyhow::{Context as _, Result, ensure};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::schemas;

/// A named list of strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenEnum {
    /// The name of the schema, which is also the name of the type.
    pub(crate) name: String,
    pub(crate) description: String,
    /// The name of each variant, and its value in JSON.
    pub(crate) variants: Vec<(String, String)>,
}

/// Collects every named string enum of the contract.
pub(crate) fn collect(document: &Value) -> Result<Vec<OpenEnum>> {
    schemas(document)
        .filter(|(_, schema)| schema.get("enum").is_some())
        .map(|(name, schema)| read(name, schema).with_context(|| format!("the enum {name}")))
        .collect()
}

fn read(name: &str, schema: &Value) -> Result<OpenEnum> {
    let values = strings(&schema["enum"]).context("a value is not a string")?;
    let names = match schema.get("x-enum-varnames") {
        Some(names) => strings(names).context("x-enum-varnames is not a list of strings")?,
        None => values.iter().map(|value| variant_name(value)).collect(),
    };
    ensure!(
        names.len() == values.len(),
        "{} values have {} x-enum-varnames",
        values.len(),
        names.len()
    );
    for (index, variant) in names.iter().enumerate() {
        ensure!(
            syn::parse_str::<syn::Ident>(variant).is_ok() && variant != "Unknown",
            "the variant name {variant:?} of the value {:?} is invalid or reserved: add x-enum-varnames",
            values[index]
        );
        ensure!(
            !names[..index].contains(variant),
            "two values have the variant name {variant}: add x-enum-varnames"
        );
    }
    Ok(OpenEnum {
        name: name.to_owned(),
        description: schema["description"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        variants: names.into_iter().zip(values).collect(),
    })
}

fn strings(list: &Value) -> Option<Vec<String>> {
    let values = list.as_array()?.iter();
    values
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// Derives the name of a variant: `toll-free` becomes `TollFree`. A name cannot start with a digit, so `2fa` becomes
/// `X2fa`; the contract can give all variants better names with `x-enum-varnames`.
fn variant_name(value: &str) -> String {
    let mut name: String = value
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| first.to_ascii_uppercase() + rest)
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, 'X');
    }
    name
}

/// Writes the source of `open.rs`.
pub(crate) fn source(enums: &[OpenEnum]) -> TokenStream {
    let items = enums.iter().map(item);
    quote! {
        use crate::open_enum::{UnknownValue, open_enum};

        #(#items)*
    }
}

fn item(open: &OpenEnum) -> TokenStream {
    let name = format_ident!("{}", open.name);
    let description = &open.description;
    let variants: Vec<_> = open
        .variants
        .iter()
        .map(|(variant, _)| format_ident!("{variant}"))
        .collect();
    let values: Vec<_> = open.variants.iter().map(|(_, value)| value).collect();
    let docs = values.iter().map(|value| format!("`{value}`"));
    quote! {
        #[doc = #description]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #docs] #variants,)*
            /// A value that this version does not know.
            Unknown(UnknownValue),
        }

        impl #name {
            /// The values that this version knows, as in JSON.
            pub const KNOWN: &'static [&'static str] = &[#(#values),*];

            /// Returns the value as in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #values,)*
                    Self::Unknown(value) => value.as_str(),
                }
            }

            fn known(value: &str) -> Option<Self> {
                match value {
                    #(#values => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }

        open_enum!(#name);
    }
}

#[cfg(test)]
mod tests;
