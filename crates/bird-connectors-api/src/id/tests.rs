use std::collections::{BTreeSet, HashSet};

use serde_json::json;
use uuid::Uuid;

use crate::types::{ChannelId, ConnectorId, NumberId, WorkspaceId};

const TEXT: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

#[test]
fn id_converts_to_and_from_uuid() {
    const ID: ChannelId = ChannelId::from_u128(7);
    assert_eq!(Uuid::from(ID), Uuid::from_u128(7));
    assert_eq!(ChannelId::from(Uuid::from_u128(7)), ID);
    assert_eq!(ID.as_uuid(), &Uuid::from_u128(7));
    assert_eq!(AsRef::<Uuid>::as_ref(&ID), ID.as_uuid());
    assert_eq!(HashSet::from([ID, ID]).len(), 1);
    let later = ChannelId::new(Uuid::from_u128(8));
    assert_eq!(BTreeSet::from([later, ID]).first(), Some(&ID));
}

#[test]
fn id_is_transparent_in_json() {
    let id: ConnectorId = serde_json::from_value(json!(TEXT)).unwrap();
    assert_eq!(serde_json::to_value(id).unwrap(), json!(TEXT));
    assert_eq!(
        format!("{id} {id:?}"),
        format!("{TEXT} ConnectorId({TEXT})")
    );
    // The version nibble is not checked: documented samples have impossible ones.
    serde_json::from_value::<ConnectorId>(json!("8362fa40-9ff1-0430-a3ab-79ecc61b96b1")).unwrap();
}

#[test]
fn id_parses_every_spelling_of_a_uuid() {
    let id: ConnectorId = TEXT.parse().unwrap();
    for spelling in [
        TEXT.to_uppercase(),
        TEXT.replace('-', ""),
        format!("{{{TEXT}}}"),
        format!("urn:uuid:{TEXT}"),
        format!(" {TEXT}\n"),
    ] {
        assert_eq!(spelling.parse(), Ok(id));
    }
}

#[test]
fn invalid_id_names_its_kind_and_hides_the_string() {
    let error = "a-secret".parse::<NumberId>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid number id: expected a UUID such as 5d0c6a4e-0000-4000-8000-000000000004, got a string of 8 characters"
    );
    assert!(!format!("{error:?}").contains("a-secret"));
}

#[test]
fn invalid_id_says_what_was_given_and_what_is_wanted() {
    let app = format!(
        "https://app.bird.com/workspaces/w/channels/sms-messagebird:1/{TEXT}/configurations"
    );
    let encoded = app.replace(':', "%3A").replace("https%3A", "https:");
    let template_and_id = format!("sms-messagebird:1/{TEXT}");
    let connector = "the UUID in it is the id of the connector";
    for (string, given, advice) in [
        (
            app.as_str(),
            "got the URL of a page in Bird's app; ",
            connector,
        ),
        (&encoded, "got the URL of a page in Bird's app; ", connector),
        (
            &app["https://".len()..],
            "got the URL of a page in Bird's app; ",
            connector,
        ),
        (
            &template_and_id,
            "got a template reference and an id; ",
            connector,
        ),
        (
            "sms-messagebird:1",
            "got a template reference; ",
            "in the list of channels",
        ),
        (
            "+31 6 1234-5678",
            "got a phone number; ",
            "in the list of channels",
        ),
        (
            "0031612345678",
            "got a phone number; ",
            "in the list of channels",
        ),
        ("https://example.com/planted", "got a URL", ""),
        ("", "got an empty string", ""),
        (
            "00000000-0000-0000-0000-000000000000",
            "got the zero UUID",
            "",
        ),
        (" \n", "got an empty string", ""),
        (
            r#"{"v":1,"planted":2}"#,
            "got a wait token, a checkpoint or an unresolved create; ",
            "pass a wait token to `resume`",
        ),
        (
            "eyJ2IjoxLCJwbGFudGVkIjoyfQ",
            "got a wait token, a checkpoint or an unresolved create; ",
            "pass a wait token to `resume`",
        ),
        ("p", "got a string of 1 character", ""),
        ("planted-\u{1f426}", "got a string of 9 characters", ""),
        ("planted:key", "got a string of 11 characters", ""),
    ] {
        let error = string.parse::<ChannelId>().unwrap_err().to_string();
        let expected =
            "invalid channel id: expected a UUID such as 8362fa40-9ff1-5430-a3ab-79ecc61b96b1, ";
        assert!(error.starts_with(&format!("{expected}{given}")), "{error}");
        assert!(
            error.contains(advice) && !error.contains("planted"),
            "{error}"
        );
    }
    let wrong = |error: crate::types::InvalidId| error.to_string();
    assert!(
        wrong(app.parse::<ConnectorId>().unwrap_err())
            .ends_with("pass only the UUID after the template reference")
    );
    assert!(
        wrong("+31612345678".parse::<NumberId>().unwrap_err()).ends_with("not the number itself")
    );
    assert!(
        wrong("a-key".parse::<WorkspaceId>().unwrap_err())
            .ends_with("the access key was not passed in its place")
    );
}
