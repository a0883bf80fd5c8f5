use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::install::matching::{Match, compare};
use crate::resume::Identity;

/// Values of which two are often equal, in several spellings, or cannot be read.
fn value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(""),
        json!("00000000-0000-0000-0000-000000000007"),
        json!(" 00000000000000000000000000000007 "),
        json!("+31 6 1234"),
        json!("3161234"),
        json!(7),
        json!("7"),
        json!(["7"]),
        json!({}),
    ])
}

fn name() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("Shop"),
        json!(" Shop"),
        json!("Other"),
        json!(7),
    ])
}

fn arguments() -> impl Strategy<Value = Map<String, Value>> {
    (value(), value()).prop_map(|(id, number)| {
        let fields = [("phoneNumberId", id), ("phoneNumber", number)];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
        fields.map(|(key, value)| (key.to_owned(), value)).collect()
    })
}

/// A connector whose arguments, or all of them, can have an unexpected form.
fn connector() -> impl Strategy<Value = Connector> {
    let arguments = prop_oneof![arguments().prop_map(Value::Object), value()];
    let slug = prop::sample::select(vec![json!("a-template"), json!("another"), json!(null)]);
    (arguments, value(), name(), slug).prop_map(|(arguments, number, name, slug)| {
        serde_json::from_value(json!({
            "id": "0b9f2c1e-0000-4000-8000-000000000002",
            "name": name,
            "connectorTemplateSlug": slug,
            "arguments": arguments,
            "number": {"numberId": number},
        }))
        .unwrap()
    })
}

fn identity() -> impl Strategy<Value = Identity> {
    let rule = prop::sample::select(vec![
        IdentityRule::Number,
        IdentityRule::AnyArgument,
        IdentityRule::AllArguments,
        IdentityRule::Name,
    ]);
    (arguments(), rule).prop_map(|(arguments, by)| Identity { by, arguments })
}

proptest! {
    #[test]
    fn index_finds_every_connector_that_the_comparison_does_not_reject(
        connectors in prop::collection::vec(connector(), 1..8),
        identity in identity(),
    ) {
        let wanted = WantedConnector {
            reference: "a-template:1".to_owned(),
            name: "Shop".to_owned(),
            arguments: identity.arguments.clone().into(),
            identity,
        };
        let index = SnapshotIndex::of(&connectors);
        let candidates = index.find(&wanted);
        for (at, connector) in connectors.iter().enumerate() {
            let is_candidate = candidates.as_ref().is_none_or(|found| found.contains(&at));
            let matches = compare(&wanted, connector.into()) != Match::Differs;
            prop_assert!(is_candidate || !matches, "{connector:?}");
        }
    }
}
