use serde_json::json;

use super::*;

#[test]
fn every_part_of_a_mock_is_documented() {
    let document =
        json!({"paths": {"/a": {"get": {"operationId": "getA", "summary": "A", "tags": ["a"]}}}});
    let operations = crate::operations::collect(&document).unwrap();
    let file = parse_quote! {
        pub mod operations {
            use bird_connectors_api::*;
            pub struct GetAWhen(::httpmock::When);
            impl GetAWhen {
                pub fn new(inner: ::httpmock::When) -> Self { Self(inner) }
                pub fn limit<T>(self, value: T) -> Self { self }
                pub fn id(self, value: u8) -> Self { self }
            }
            pub struct GetAThen(::httpmock::Then);
            impl GetAThen {
                pub fn ok(self, value: u8) -> Self { self }
                pub fn no_content(self) -> Self { self }
                pub fn client_error(self, status: u16, value: u8) -> Self { self }
            }
        }
        pub trait MockServerExt {
            fn get_a<F>(&self, config_fn: F);
        }
    };
    let source = prettyplease::unparse(&mocks(file, &operations));
    assert_eq!(
        source.matches("bird_connectors_api::Client::get_a").count(),
        3,
        "{source}"
    );
    for part in [
        "use bird_connectors_api::types;",
        "or without one if it is `None`",
        "Matches requests with this `id`.",
        "and no body.",
        "of another class.",
    ] {
        assert_eq!(source.matches(part).count(), 1, "{part}: {source}");
    }
}
