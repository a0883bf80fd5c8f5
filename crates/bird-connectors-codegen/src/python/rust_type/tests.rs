use syn::parse_quote;

use super::*;

#[test]
fn types_are_written_by_name_and_imported() {
    let mut types = TypeWriter::default();
    for (ty, source) in [
        (parse_quote!(Option<::uuid::Uuid>), "Option<Uuid>"),
        (
            parse_quote!(::std::option::Option<::std::string::String>),
            "Option<String>",
        ),
        (
            parse_quote!(::serde_json::Map<String, ::serde_json::Value>),
            "Map<String, Value>",
        ),
        (parse_quote!(Vec<Holder>), "Vec<api::Holder>"),
        (parse_quote!(crate::types::State), "api::State"),
        (parse_quote!(Option<crate::Secret>), "Option<Secret>"),
        (parse_quote!(i64), "i64"),
    ] {
        assert_eq!(types.write(&ty).unwrap(), source);
    }
    assert_eq!(
        Vec::from_iter(types.imports()),
        [
            "bird_connectors_api::Secret",
            "bird_connectors_api::types as api",
            "serde_json::Map",
            "serde_json::Value",
            "uuid::Uuid",
        ]
    );
}

#[test]
fn type_that_is_not_a_path_fails() {
    let error = TypeWriter::default()
        .write(&parse_quote!((u8, u8)))
        .unwrap_err();
    assert!(error.to_string().contains("only paths"), "{error}");
}
