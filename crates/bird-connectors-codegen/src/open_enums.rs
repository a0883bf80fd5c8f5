//! Open enums: every list of strings in the contract becomes a type that also holds values it does not know.
//!
//! typify's own enums are closed, so one new status would make a whole page unreadable. The contract keeps plain `enum`s;
//! this file collects them, keeps typify from generating them, and writes the enums themselves. What they can do
//! beyond naming their values is hand-written once, in the macro `open_enum!` of the raw layer.

use anyhow::{Context as _, Result, ensure};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::contract::schemas;

/// One named list of strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenEnum {
    /// The schema's name, which is the type's.
    pub(crate) name: String,
    pub(crate) description: String,
    /// Variant and wire text.
    pub(crate) variants: Vec<(String, String)>,
}

/// Every named string enum of the contract.
pub(crate) fn collect(document: &Value) -> Result<Vec<OpenEnum>> {
    schemas(document)
        .filter(|(_, schema)| schema.get("enum").is_some())
        .map(|(name, schema)| read(name, schema).with_context(|| format!("the enum {name}")))
        .collect()
}

fn read(name: &str, schema: &Value) -> Result<OpenEnum> {
    let texts = strings(&schema["enum"]).context("has a value that is no string")?;
    let names = match schema.get("x-enum-varnames") {
        Some(names) => {
            strings(names).context("has an x-enum-varnames that is no list of strings")?
        }
        None => texts.iter().map(|text| variant_name(text)).collect(),
    };
    ensure!(
        names.len() == texts.len(),
        "has {} values but {} x-enum-varnames",
        texts.len(),
        names.len()
    );
    for (index, variant) in names.iter().enumerate() {
        ensure!(
            syn::parse_str::<syn::Ident>(variant).is_ok() && variant != "Unknown",
            "needs x-enum-varnames: {variant} cannot be the name of {:?}",
            texts[index]
        );
        ensure!(
            !names[..index].contains(variant),
            "needs x-enum-varnames: two values would be called {variant}"
        );
    }
    Ok(OpenEnum {
        name: name.to_owned(),
        description: schema["description"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        variants: names.into_iter().zip(texts).collect(),
    })
}

fn strings(list: &Value) -> Option<Vec<String>> {
    let texts = list.as_array()?.iter();
    texts.map(|text| text.as_str().map(str::to_owned)).collect()
}

/// `toll-free` becomes `TollFree`. A leading digit gets an `X` before it, so `2fa` becomes `X2fa`; where that reads
/// badly the contract names all variants with `x-enum-varnames`.
fn variant_name(text: &str) -> String {
    let mut name: String = text
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| first.to_ascii_uppercase() + rest)
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, 'X');
    }
    name
}

/// The source of `open.rs`.
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
    let texts: Vec<_> = open.variants.iter().map(|(_, text)| text).collect();
    let docs = texts.iter().map(|text| format!("`{text}`"));
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
            /// The values that this version knows, as they travel.
            pub const KNOWN: &'static [&'static str] = &[#(#texts),*];

            /// The value as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Unknown(value) => value.as_str(),
                }
            }

            fn known(text: &str) -> Option<Self> {
                match text {
                    #(#texts => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }

        open_enum!(#name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(schema: Value) -> Result<OpenEnum> {
        let document =
            json!({"components": {"schemas": {"Kind": schema, "Plain": {"type": "string"}}}});
        collect(&document).map(|mut all| all.remove(0))
    }

    #[test]
    fn variants_are_named_mechanically() {
        for (text, name) in [
            ("active", "Active"),
            ("toll-free", "TollFree"),
            ("long_code number", "LongCodeNumber"),
            ("2fa", "X2fa"),
            ("inApp", "InApp"),
        ] {
            assert_eq!(variant_name(text), name);
        }
    }

    #[test]
    fn the_contract_can_name_variants_itself() {
        let open =
            one(json!({"enum": ["2fa", "sms"], "x-enum-varnames": ["TwoFactor", "Sms"]})).unwrap();
        assert_eq!(
            open.variants,
            [
                ("TwoFactor".to_owned(), "2fa".to_owned()),
                ("Sms".to_owned(), "sms".to_owned())
            ]
        );
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for (schema, complaint) in [
            (json!({"enum": ["a", 1]}), "no string"),
            (
                json!({"enum": ["a"], "x-enum-varnames": []}),
                "1 values but 0",
            ),
            (
                json!({"enum": ["a-b", "a_b"]}),
                "two values would be called AB",
            ),
            (json!({"enum": ["unknown"]}), "Unknown cannot be"),
            (json!({"enum": ["?"]}), "cannot be the name of \"?\""),
        ] {
            let error = format!("{:#}", one(schema).unwrap_err());
            assert!(
                error.starts_with("the enum Kind: ") && error.contains(complaint),
                "{error}"
            );
        }
    }
}
