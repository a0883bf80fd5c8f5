use serde_json::json;

use super::*;

#[test]
fn error_module_is_removed_only_if_unused() {
    let mut unused: File = parse_quote!(
        pub mod error {}
        pub struct A;
    );
    drop_unused_errors(&mut unused);
    assert_eq!(unused.items.len(), 1);
    let mut used: File =
        parse_quote!(pub mod error {} impl A { type E = self::error::ConversionError; });
    drop_unused_errors(&mut used);
    assert_eq!(used.items.len(), 2);
}

#[test]
fn every_field_and_variant_is_documented() {
    let mut types: File = parse_quote! {
        pub struct A {
            #[doc = "From the contract."]
            pub described: String,
            #[serde(rename = "notDescribed")]
            pub not_described: String,
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }
        pub enum B { Text(String), Other(u8) }
    };
    let document = json!({"components": {"schemas": {"B": {"oneOf": [{"title": "Text", "description": "As a text."}]}}}});
    describe(&mut types, &document);
    let source = prettyplease::unparse(&types);
    for doc in [
        "From the contract.",
        "The field `notDescribed`.",
        "does not know",
        "As a text.",
        "The alternative `Other`.",
    ] {
        assert_eq!(source.matches(doc).count(), 1, "{doc}: {source}");
    }
    assert!(!source.contains("The field `described`"), "{source}");
}

#[test]
fn only_types_that_are_never_sent_are_non_exhaustive() {
    let mut types: File = parse_quote! {
        pub struct In { a: u8 }
        pub struct Out { a: u8 }
        pub struct Both { a: u8 }
        pub struct Newtype(u8);
        pub enum Either { A(u8) }
    };
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let reach = Reach {
        sent: names(&["Out", "Both"]),
        received: names(&["In", "Both", "Newtype", "Either"]),
        ..Reach::default()
    };
    mark_non_exhaustive(&mut types, &reach);
    let marked: Vec<String> = types
        .items
        .iter()
        .filter(|item| {
            item.to_token_stream()
                .to_string()
                .contains("non_exhaustive")
        })
        .map(|item| match item {
            Item::Struct(item) => item.ident.to_string(),
            Item::Enum(item) => item.ident.to_string(),
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(marked, ["In", "Either"]);
}

#[test]
fn constructor_takes_required_fields_in_the_order_of_the_contract() {
    let mut types: File = parse_quote! {
        pub struct A {
            pub created_at: Date,
            pub id: Uuid,
            #[serde(skip_serializing_if = "Option::is_none")]
            pub label: Option<String>,
            pub name: String,
        }
    };
    let document =
        json!({"components": {"schemas": {"A": {"required": ["id", "name", "created_at"]}}}});
    add_constructors(&mut types, &document);
    let source = prettyplease::unparse(&types);
    assert!(
        source.contains("pub fn new(id: Uuid, name: impl Into<String>, created_at: Date) -> Self"),
        "{source}"
    );
    assert!(
        source.contains("label: Default::default()") && source.contains("name: name.into()"),
        "{source}"
    );
}

#[test]
fn struct_without_required_fields_has_a_default() {
    let mut types: File = parse_quote! {
        #[derive(Clone)]
        pub struct A { #[serde(flatten)] pub extra: Map<String, Value> }
        #[derive(Clone, Default)]
        pub struct B { #[serde(default)] pub list: Vec<u8> }
        pub struct Newtype(u8);
    };
    add_constructors(&mut types, &json!({}));
    let source = prettyplease::unparse(&types);
    assert_eq!(source.matches("Default").count(), 2, "{source}");
    assert!(!source.contains("fn new"), "{source}");
}
