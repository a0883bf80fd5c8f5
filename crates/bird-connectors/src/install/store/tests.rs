use bird_connectors_api::types::NumberId;
use uuid::Uuid;

use super::*;
use crate::install::same::identity_of;
use crate::templates::Sms;

const NUMBER: NumberId = NumberId::from_u128(3);

fn wanted() -> Wanted {
    let sms = Sms::new("Support", NUMBER, "2fa");
    let template = Template::from(sms);
    Wanted::new(&template, identity_of(&template))
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
    let page = crate::list::item_by_item::<Connector>(page.as_bytes()).unwrap();
    page.entries.into_iter().next().unwrap().unwrap_err()
}

fn pick(connectors: Vec<Connector>, items: &[Value]) -> Pick {
    let undecodable = items.iter().map(undecodable).collect();
    Snapshot {
        connectors,
        undecodable,
    }
    .pick(&wanted())
}

#[test]
fn a_list_may_show_one_twice() {
    let one = connector(1, "Support", Some(NUMBER));
    let pick = pick(
        vec![
            one.clone(),
            connector(2, "Other", Some(NumberId::from_u128(4))),
            one,
        ],
        &[],
    );
    assert!(matches!(pick, Pick::One(found) if found.connector.id == ConnectorId::from_u128(1)));
}

#[test]
fn several_are_listed_and_not_chosen_from() {
    let all = vec![
        connector(1, "Support", Some(NUMBER)),
        connector(2, "Sales", Some(NUMBER)),
    ];
    let Pick::Several(error) = pick(all, &[]) else {
        panic!("chosen");
    };
    let text = error.to_string();
    assert!(
        text.contains(&Uuid::from_u128(1).to_string()) && text.contains("`Sales`"),
        "{text}"
    );
    assert_eq!(
        error.details(),
        Some(&json!([Uuid::from_u128(1), Uuid::from_u128(2)]))
    );
    let named = vec![connector(1, "Support", None), connector(2, "Support", None)];
    assert!(matches!(pick(named, &[]), Pick::Several(_)));
}

#[test]
fn an_argument_goes_before_a_name() {
    let all = vec![
        connector(1, "Support", None),
        connector(2, "Sales", Some(NUMBER)),
    ];
    let Pick::One(found) = pick(all, &[]) else {
        panic!("not one");
    };
    assert_eq!(found.connector.id, ConnectorId::from_u128(2));
    assert_eq!(found.matched_by.as_str(), "arguments");
}

#[test]
fn what_cannot_be_read_hides_nothing() {
    let slug = "sms-messagebird";
    let maybe = json!({"id": "x", "connectorTemplateSlug": slug, "name": "Support"});
    let Pick::Unclear(error) = pick(vec![], std::slice::from_ref(&maybe)) else {
        panic!("passed over");
    };
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error
            .to_string()
            .contains("may be a connector of template `sms-messagebird`"),
        "{error}"
    );
    assert_eq!(error.raw(), Some(maybe.to_string().as_str()));
    // What is certain goes before it, and what is certainly another is passed over.
    let certain = connector(1, "Support", Some(NUMBER));
    assert!(matches!(pick(vec![certain], &[maybe]), Pick::One(_)));
    let others = [
        json!({"id": "x", "connectorTemplateSlug": "whatsapp", "name": "Support"}),
        json!({"id": "x", "connectorTemplateSlug": slug, "name": "Sales"}),
        json!({"id": "x", "arguments": {"phoneNumberId": Uuid::from_u128(4)}, "name": "Support"}),
    ];
    assert!(matches!(pick(vec![], &others), Pick::Nothing));
}

#[test]
fn without_a_template_shown_it_is_not_guessed() {
    let mut shown = connector(1, "Support", Some(NUMBER));
    shown.connector_template_ref = None;
    let Pick::Unclear(error) = pick(vec![shown], &[]) else {
        panic!("guessed");
    };
    assert_eq!(error.details(), Some(&json!([Uuid::from_u128(1)])));
}
