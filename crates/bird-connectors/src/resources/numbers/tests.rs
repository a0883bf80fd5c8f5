//! The filters and the page sizes of the lists of numbers.

use crate::{Client, ErrorKind, WorkspaceId};

use super::*;

fn numbers() -> Numbers {
    // Nothing listens on this port, so a test that sends a request fails.
    let client = Client::builder().base_url("http://127.0.0.1:9");
    let client = client.access_key("key").build().unwrap();
    client.workspace(WorkspaceId::from_u128(7)).numbers()
}

#[tokio::test]
async fn list_with_long_code_filter_is_refused_before_sending() {
    for (name, list) in [
        (
            "number_string",
            numbers().list().number_string("+31612345678"),
        ),
        ("country_code", numbers().list().country_code("NL")),
        ("provider_id", numbers().list().provider_id("one")),
    ] {
        let error = list.first_page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "list numbers: only the list of long codes has the filter {name}; use list_long_codes, or another filter \
                 [errors#invalid_input]"
            )
        );
    }
}

#[tokio::test]
async fn page_size_above_99_is_refused_before_sending() {
    for list in [numbers().list(), numbers().list_long_codes()] {
        let error = list.page_size(100).first_page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(
            error
                .message()
                .ends_with("page_size is 100; the maximum for this list is 99"),
            "{error}"
        );
    }
}
