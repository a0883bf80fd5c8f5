//! The filters of the list of connectors.

use crate::{Client, ErrorKind, WorkspaceId};

use super::*;

#[tokio::test]
async fn template_filter_without_a_version_is_refused_before_sending() {
    // Nothing listens on this port, so a request fails in another way.
    let client = Client::builder().base_url("http://127.0.0.1:9");
    let client = client.access_key("key").build().unwrap();
    let connectors = client.workspace(WorkspaceId::from_u128(7)).connectors();
    for reference in [
        "sms",
        "sms-messagebird",
        "sms-messagebird:",
        ":1",
        "",
        "a:1:2",
    ] {
        let list = connectors.list().template(reference);
        let error = list.first_page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{reference}");
        assert_eq!(
            error.to_string(),
            "list connectors: the filter template is not of the form `slug:version`, such as `sms-messagebird:1`; the API \
             only returns connectors of exactly this template and version [errors#invalid_input]"
        );
    }
}

#[test]
fn template_filter_with_any_version_is_valid() {
    for reference in ["sms-messagebird:1", "viber:1", "telegram:2-beta"] {
        let query = ConnectorQuery {
            template: Some(reference.to_owned()),
            ..ConnectorQuery::default()
        };
        assert_eq!(query.check(), Ok(()), "{reference}");
    }
    assert_eq!(ConnectorQuery::default().check(), Ok(()));
}
