use quote::ToTokens as _;

use super::*;

#[test]
fn name_and_kind_of_field_come_from_its_serde_entries() {
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
fn type_inside_option_is_found() {
    let ty: Type = parse_quote!(::std::option::Option<::uuid::Uuid>);
    assert_eq!(type_name(&ty), "Option");
    assert_eq!(type_name(inside_option(&ty).unwrap()), "Uuid");
    assert!(inside_option(&parse_quote!(Vec<Uuid>)).is_none());
}
