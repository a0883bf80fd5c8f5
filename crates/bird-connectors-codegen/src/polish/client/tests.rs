use serde_json::json;

use super::*;

fn raw() -> File {
    parse_quote! {
        pub mod types { pub struct A; }
        pub struct Client;
        impl Client {
            pub fn new() -> Self { build().unwrap() }
            pub fn new_with_client() -> Self { Client }
        }
        impl Client {
            fn get_a(&self) { OperationInfo { operation_id: "get_a" } }
        }
        pub mod prelude { pub use super::Client; }
    }
}

#[test]
fn split_separates_types_and_client() {
    let (types, client) = split(raw()).unwrap();
    assert_eq!(prettyplease::unparse(&types), "pub struct A;\n");
    let client = prettyplease::unparse(&client);
    assert!(
        client.starts_with("use crate::types;") && !client.contains("mod "),
        "{client}"
    );
}

#[test]
fn split_fails_without_types() {
    assert!(
        split(parse_quote!(
            pub struct Client;
        ))
        .is_err()
    );
}

#[test]
fn panicking_constructor_is_removed() {
    let (_, mut client) = split(raw()).unwrap();
    remove_panicking_constructor(&mut client);
    let source = prettyplease::unparse(&client);
    assert!(
        !source.contains("unwrap") && source.contains("new_with_client"),
        "{source}"
    );
}

#[test]
fn client_and_constructor_are_documented() {
    let mut client: File = parse_quote! {
        pub use progenitor_client::Error;
        /// The whole introduction of the contract.
        pub struct Client;
        impl Client {
            /// progenitor's documentation.
            pub fn new_with_client() {}
            /// Get a.
            pub fn get_a() {}
        }
    };
    describe(&mut client);
    let source = prettyplease::unparse(&client);
    assert!(source.starts_with("use progenitor_client"), "{source}");
    assert!(
        !source.contains("introduction") && !source.contains("progenitor's"),
        "{source}"
    );
    assert!(
        source.contains("`baseurl`") && source.contains("Get a."),
        "{source}"
    );
}

#[test]
fn hooks_get_the_operation_id_of_the_contract() {
    let (_, mut client) = split(raw()).unwrap();
    let document =
        json!({"paths": {"/a": {"get": {"operationId": "getA", "summary": "A", "tags": ["a"]}}}});
    let operations = crate::operations::collect(&document).unwrap();
    use_contract_operation_ids(&mut client, &operations);
    assert!(prettyplease::unparse(&client).contains("operation_id: \"getA\""));
}

#[test]
fn replies_are_read_by_the_raw_layer() {
    let mut client: File = parse_quote! {
        async fn get_a() { ResponseValue::from_response(response).await }
        async fn delete_a() { Ok(ResponseValue::empty(response)) }
    };
    replace_reply_reader(&mut client);
    let source = prettyplease::unparse(&client);
    assert!(
        source.contains("crate::response::read(response).await")
            && source.contains("ResponseValue::empty(response)"),
        "{source}"
    );
}

#[test]
fn only_the_version_header_is_removed() {
    let mut client: File = parse_quote! {
        async fn get_a() {
            let mut header_map = HeaderMap::with_capacity(1usize);
            header_map.append(HeaderName::from_static("api-version"), version());
            let mut request = self.client.get(url).headers(header_map).build()?;
        }
        async fn get_b() {
            let mut header_map = HeaderMap::with_capacity(2usize);
            header_map.append(HeaderName::from_static("api-version"), version());
            header_map.append("b", b);
            let mut request = self.client.get(url).headers(header_map).build()?;
        }
    };
    remove_version_header(&mut client);
    let source = prettyplease::unparse(&client);
    let (a, b) = source.split_once("get_b").unwrap();
    assert!(!a.contains("header"), "{source}");
    assert!(a.contains("self.client.get(url).build()"), "{source}");
    assert!(
        b.contains("headers(header_map)") && b.contains("\"b\""),
        "{source}"
    );
}

#[test]
fn only_typed_ids_are_written_without_encoding() {
    let ids = crate::ids::collect(&contract(), &contract()).unwrap();
    let mut client: File = parse_quote! {
        impl Client {
            async fn get<'a>(&'a self, thing_id: &'a crate::types::ThingId, name: &'a str) {
                let url = format!(
                    "{}/{}/{}", self.baseurl, encode_path(&thing_id.to_string()),
                    encode_path(&name.to_string()),
                );
            }
        }
    };
    write_ids_directly(&mut client, &ids);
    let source = prettyplease::unparse(&client);
    assert!(!source.contains("encode_path(& thing_id"), "{source}");
    assert!(source.contains("thing_id, encode_path(& name"), "{source}");
}

fn contract() -> serde_json::Value {
    serde_json::json!({"components": {"schemas": {"ThingId": {
        "type": "string", "format": "uuid", "example": "0b9f2c1e-0000-4000-8000-000000000002",
    }}}})
}
