use serde_json::json;

use super::*;
use crate::install::matching::identity_of;
use crate::templates::{Template, WhatsApp, WhatsAppAccount};

fn returned(reference: &str, name: &str, arguments: Value) -> Connector {
    serde_json::from_value(json!({
        "id": "00000000-0000-0000-0000-000000000001", "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": reference, "arguments": arguments,
    }))
    .unwrap()
}

#[test]
fn drift_lists_returned_fields_that_differ_without_secrets() {
    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: "planted",
    };
    let template = Template::from(WhatsApp::new("Support", account));
    let wanted = WantedConnector::new(&template, identity_of(&template));
    let arguments = json!({"phoneId": "2", "wabaId": "has planted in it", "extra": 1});
    let found = returned("whatsapp:2", "Renamed", arguments);
    let drift = find_drift(&wanted, &found, &["planted"]);
    let fields: Vec<_> = drift.iter().map(|drift| drift.field.as_str()).collect();
    assert_eq!(fields, ["name", "connectorTemplateRef", "arguments.wabaId"]);
    assert_eq!(
        (&drift[0].wanted, &drift[0].found),
        (&json!("Support"), &json!("Renamed"))
    );
    assert!(!drift[2].found.to_string().contains("planted"));
    assert!(!format!("{drift:?}").contains("planted"), "{drift:?}");

    let equal = returned(
        "whatsapp:1",
        " Support ",
        json!({"phoneNumber": "0031 invalid", "phoneId": 2}),
    );
    let drift = find_drift(&wanted, &equal, &[]);
    assert_eq!(drift.len(), 1, "{drift:?}");
}

#[test]
fn drift_error_contains_values_of_documented_fields_only() {
    let drift = |field: &str| Drift {
        field: field.to_owned(),
        wanted: json!("a"),
        found: json!("b"),
    };
    let connector = returned("telegram:1", "Support", Value::Null);
    let all = [drift("name"), drift("arguments.bot")];
    let error = drift_error("ensure a connector", &connector, &all);
    assert_eq!(
        error.message(),
        "connector 00000000-0000-0000-0000-000000000001 matches, but differs from the template: \
         `name` is \"b\" instead of \"a\", `arguments.bot` has another value"
    );
    let fields = json!([
        {"field": "name", "wanted": "a", "found": "b"},
        {"field": "arguments.bot"},
    ]);
    assert_eq!(error.details().unwrap()["drift"], fields);
    assert_eq!(
        format!("{all:?}"),
        r#"[Drift { field: "name", wanted: String("a"), found: String("b") }, Drift { field: "arguments.bot", .. }]"#
    );
}
