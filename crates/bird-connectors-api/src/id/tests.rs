use std::collections::{BTreeSet, HashSet};

use serde_json::json;
use uuid::Uuid;

use crate::types::{ChannelId, ConnectorId, NumberId};

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
    ] {
        assert_eq!(spelling.parse(), Ok(id));
    }
}

#[test]
fn invalid_id_names_its_kind_and_hides_the_string() {
    let error = "a-secret".parse::<NumberId>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid number id: expected a UUID such as 5d0c6a4e-0000-4000-8000-000000000004"
    );
    assert!(!format!("{error:?}").contains("a-secret"));
}
