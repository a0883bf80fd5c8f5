use super::*;

fn tolerated(field: Field) -> String {
    let reach = Reach {
        sent: ["A".to_owned(), "Sent".to_owned()].into(),
        received: ["A".to_owned()].into(),
        ..Reach::default()
    };
    let mut file: File = parse_quote!(struct A { #field } struct Sent { #field });
    tolerate(&mut file, &reach, &[TypedId::named("ThingId")]).unwrap();
    prettyplease::unparse(&file)
}

#[test]
fn optional_scalar_reads_blank_as_none() {
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
fn optional_timestamp_reads_blank_as_none() {
    let source = tolerated(parse_quote!(
        #[serde(skip_serializing_if = "x")] pub at: ::std::option::Option<crate::types::Timestamp>
    ));
    assert_eq!(source.matches("blank_as_none").count(), 2, "{source}");
    let source = tolerated(parse_quote!(pub at: crate::types::Timestamp));
    assert!(!source.contains("blank_as_none"), "{source}");
    assert!(!source.contains("default"), "{source}");
}

#[test]
fn list_reads_null_as_empty_and_only_an_optional_one_can_be_missing() {
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
fn received_free_json_is_redacted() {
    let both_ways = tolerated(parse_quote!(#[serde(flatten)] pub extra: Map<String, Value>));
    assert_eq!(
        both_ways.matches("redacted::free\"").count(),
        2,
        "{both_ways}"
    );
    let mut newtype: File = parse_quote!(
        #[serde(transparent)]
        struct Free(pub Map<String, Value>);
    );
    let reach = Reach {
        received: ["Free".to_owned()].into(),
        ..Reach::default()
    };
    tolerate(&mut newtype, &reach, &[]).unwrap();
    let source = prettyplease::unparse(&newtype);
    assert!(source.contains("redacted::free\""), "{source}");
    assert!(
        source.contains("impl crate::ReportUndecoded for Free"),
        "{source}"
    );
}

#[test]
fn strings_and_required_fields_are_unchanged() {
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

#[test]
fn received_object_is_read_and_written_by_the_macro() {
    let reach = Reach {
        received: ["A".to_owned(), "APage".to_owned()].into(),
        ..Reach::default()
    };
    let mut file: File = parse_quote! {
        #[derive(::serde::Deserialize, ::serde::Serialize, Clone)]
        struct A {
            #[serde(rename = "createdAt")]
            pub created_at: Option<Timestamp>,
            pub id: ThingId,
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }
        #[derive(::serde::Deserialize, ::serde::Serialize, Clone)]
        struct APage {
            #[serde(rename = "nextPageToken")]
            pub next_page_token: Option<String>,
            pub results: Vec<A>,
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }
    };
    add_undecoded_fields(&mut file, &reach);
    tolerate(&mut file, &reach, &[]).unwrap();
    let source = prettyplease::unparse(&file);
    assert!(!source.contains("serde::"), "{source}");
    assert!(!source.contains("serde("), "{source}");
    assert_eq!(source.matches("undecoded: ").count(), 1, "{source}");
    let source: String = source.split_whitespace().collect();
    assert!(
        source.contains(r#"object!{A{"createdAt"=>created_at,"id"=>id,}}"#),
        "{source}"
    );
    assert!(source.contains("page!{APage}"), "{source}");
}
