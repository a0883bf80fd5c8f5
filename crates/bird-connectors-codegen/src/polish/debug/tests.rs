use super::*;

#[test]
fn debug_of_a_struct_with_free_json_masks_its_free_fields() {
    let mut file: File = parse_quote! {
        #[derive(Clone, Debug, PartialEq)]
        pub struct Parcel {
            pub id: String,
            pub r#type: Option<String>,
            pub notes: Option<::serde_json::Map<String, ::serde_json::Value>>,
            pub extra: ::serde_json::Map<String, ::serde_json::Value>,
        }
        #[derive(Clone, Debug)]
        pub struct Free(pub ::serde_json::Map<String, ::serde_json::Value>);
    };
    mask(&mut file);
    // prettyplease breaks the lines of a macro anywhere.
    let source = prettyplease::unparse(&file);
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!source.contains("Debug"), "{source}");
    for line in [
        "#[derive(Clone, PartialEq)]",
        "\"id\" => id, \"type\" => r#type, \"notes\" => notes masked,",
        "\"extra\" => extra names,",
        "crate::masked::debug! { Free }",
    ] {
        assert!(source.contains(line), "{line}\n{source}");
    }
}

#[test]
fn debug_of_other_types_stays_derived() {
    let mut file: File = parse_quote! {
        #[derive(Clone, Debug)]
        pub struct Plain {
            pub id: String,
        }
        #[derive(Clone, Debug)]
        pub enum Capabilities {
            Text(String),
        }
    };
    let before = prettyplease::unparse(&file);
    mask(&mut file);
    assert_eq!(prettyplease::unparse(&file), before);
}
