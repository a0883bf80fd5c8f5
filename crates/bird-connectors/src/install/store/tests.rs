use bird_connectors_api::FromJson as _;
use bird_connectors_api::types::NumberId;
use uuid::Uuid;

use super::*;
use crate::install::matching::identity_of;
use crate::templates::Sms;

const NUMBER: NumberId = NumberId::from_u128(3);

fn wanted() -> WantedConnector {
    let sms = Sms::new("Support", NUMBER, "2fa");
    let template = Template::from(sms);
    WantedConnector::new(&template, identity_of(&template))
}

fn connector(id: u128, name: &str, number: Option<NumberId>) -> Connector {
    let arguments = number.map(|number| json!({"phoneNumberId": number}));
    serde_json::from_value(json!({
        "id": Uuid::from_u128(id), "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": "sms-messagebird:1", "arguments": arguments,
    }))
    .unwrap()
}

fn undecodable(raw: &Value) -> UndecodableItem {
    let page = format!(r#"{{"results":[{raw}]}}"#);
    let page = crate::list::item_by_item(page.as_bytes(), Connector::from_json).unwrap();
    page.entries.into_iter().next().unwrap().unwrap_err()
}

fn find(connectors: Vec<Connector>, items: &[Value]) -> SnapshotMatch {
    let undecodable = items.iter().map(undecodable).collect();
    let snapshot = Snapshot::new(connectors, undecodable);
    let found = snapshot.find(&wanted());
    let by_index = snapshot.indexed().find(&wanted());
    assert_eq!(format!("{by_index:?}"), format!("{found:?}"));
    found
}

#[test]
fn connector_listed_twice_counts_once() {
    let one = connector(1, "Support", Some(NUMBER));
    let found = find(
        vec![
            one.clone(),
            connector(2, "Other", Some(NumberId::from_u128(4))),
            one,
        ],
        &[],
    );
    assert!(
        matches!(found, SnapshotMatch::One(matched) if matched.connector.id == ConnectorId::from_u128(1))
    );
}

#[test]
fn several_matches_are_a_conflict_that_lists_them() {
    let all = vec![
        connector(1, "Support", Some(NUMBER)),
        connector(2, "Sales", Some(NUMBER)),
    ];
    let SnapshotMatch::Several(error) = find(all, &[]) else {
        panic!("expected a conflict");
    };
    let message = error.to_string();
    assert!(
        message.contains(&Uuid::from_u128(1).to_string()) && message.contains("`Sales`"),
        "{message}"
    );
    assert_eq!(
        error.details(),
        Some(&json!([Uuid::from_u128(1), Uuid::from_u128(2)]))
    );
    let named = vec![connector(1, "Support", None), connector(2, "Support", None)];
    assert!(matches!(find(named, &[]), SnapshotMatch::Several(_)));
}

#[test]
fn match_by_argument_takes_precedence_over_name() {
    let all = vec![
        connector(1, "Support", None),
        connector(2, "Sales", Some(NUMBER)),
    ];
    let SnapshotMatch::One(found) = find(all, &[]) else {
        panic!("expected one match");
    };
    assert_eq!(found.connector.id, ConnectorId::from_u128(2));
    assert_eq!(found.matched_by.as_str(), "arguments");
}

#[test]
fn undecodable_item_that_may_match_is_undecided() {
    let slug = "sms-messagebird";
    let maybe = json!({"id": "x", "connectorTemplateSlug": slug, "name": "Support"});
    let SnapshotMatch::Undecided(error) = find(vec![], std::slice::from_ref(&maybe)) else {
        panic!("expected an undecided match");
    };
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error
            .to_string()
            .contains("may be a connector of template `sms-messagebird`"),
        "{error}"
    );
    assert_eq!(error.raw(), Some(maybe.to_string().as_str()));
    // A certain match takes precedence, and items that certainly differ are ignored.
    let certain = connector(1, "Support", Some(NUMBER));
    assert!(matches!(
        find(vec![certain], &[maybe]),
        SnapshotMatch::One(_)
    ));
    let others = [
        json!({"id": "x", "connectorTemplateSlug": "whatsapp", "name": "Support"}),
        json!({"id": "x", "connectorTemplateSlug": slug, "name": "Sales"}),
        json!({"id": "x", "arguments": {"phoneNumberId": Uuid::from_u128(4)}, "name": "Support"}),
    ];
    assert!(matches!(find(vec![], &others), SnapshotMatch::None));
}

#[test]
fn connector_without_a_template_reference_is_undecided() {
    let mut returned = connector(1, "Support", Some(NUMBER));
    returned.connector_template_ref = None;
    let SnapshotMatch::Undecided(error) = find(vec![returned], &[]) else {
        panic!("expected an undecided match");
    };
    assert_eq!(error.details(), Some(&json!([Uuid::from_u128(1)])));
}
