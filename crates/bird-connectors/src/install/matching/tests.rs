use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::install::drift::find_drift;
use crate::templates::{Custom, Telegram, WhatsAppAccount};

const NUMBER: NumberId = NumberId::from_u128(0x0a0b_0c0d_0000_4000_8000_0000_0000_0001);
const OTHER: NumberId = NumberId::from_u128(0x0a0b_0c0d_0000_4000_8000_0000_0000_0002);

fn sms() -> Template {
    Sms::new("Support", NUMBER, "conversational").into()
}

fn voice() -> Template {
    Voice::new("Support", NUMBER).into()
}

fn whatsapp() -> Template {
    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: "planted",
    };
    WhatsApp::new("Support", account).into()
}

fn telegram() -> Template {
    let telegram = Telegram::new("Support")
        .argument("bot", "b")
        .argument("region", "eu");
    telegram.into()
}

fn wanted(template: &Template) -> WantedConnector {
    WantedConnector::new(template, identity_of(template))
}

fn identified(template: &Template, keys: &[&str]) -> WantedConnector {
    let keys: Vec<_> = keys.iter().map(|&key| key.to_owned()).collect();
    WantedConnector::new(template, chosen_identity(template, &keys).unwrap())
}

/// A connector as the API may return it. `number` is its `numberId`.
fn seen(reference: &str, name: &str, arguments: Value, number: Option<NumberId>) -> Connector {
    let number = number.map(|id| json!({"numberId": id}));
    serde_json::from_value(json!({
        "id": OTHER, "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": reference, "arguments": arguments, "number": number,
    }))
    .unwrap()
}

fn by(keys: &[&str]) -> Match {
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    Match::Matches(MatchedBy::Arguments(keys))
}

const BY_NUMBER: Match = Match::Matches(MatchedBy::NumberId);
const BY_NAME: Match = Match::Matches(MatchedBy::Name);
const DIFFERS: Match = Match::Differs;

/// The cases are in the order of the table at `Connectors::ensure`.
#[test]
fn connector_matches_by_the_documented_table() {
    let id = json!({"phoneNumberId": NUMBER});
    let uppercase = json!({"phoneNumberId": NUMBER.as_uuid().simple().to_string().to_uppercase()});
    let other = json!({"phoneNumberId": OTHER});
    let blank = json!({"phoneNumberId": "", "channelMessageType": "conversational"});
    let (sms, voice, whatsapp, telegram) = (sms(), voice(), whatsapp(), telegram());
    let bot = identified(&telegram, &["bot"]);
    let both = identified(&telegram, &["bot", "region"]);
    let custom = Custom::new("sms-messagebird:7", "Support")
        .argument("phoneNumberId", uppercase["phoneNumberId"].clone());
    let custom = Template::from(custom);
    let bare = Template::from(Custom::new("sms-messagebird:7", "Support"));
    let phone = |id: &str, number: &str| json!({"phoneId": id, "phoneNumber": number});
    let cases = [
        // SMS and Voice: the argument or, if the API does not return it, the number.
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", id.clone(), None),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", uppercase, Some(OTHER)),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", other.clone(), Some(NUMBER)),
            DIFFERS,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", Value::Null, Some(NUMBER)),
            BY_NUMBER,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", blank.clone(), Some(NUMBER)),
            BY_NUMBER,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", Value::Null, Some(OTHER)),
            DIFFERS,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", Value::Null, None),
            BY_NAME,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", blank, None),
            BY_NAME,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", Value::Null, None),
            DIFFERS,
        ),
        (
            wanted(&voice),
            seen("voice-messagebird:1", "Renamed", id.clone(), None),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&voice),
            seen("voice-messagebird:1", "Renamed", json!({}), Some(NUMBER)),
            BY_NUMBER,
        ),
        (
            wanted(&voice),
            seen("sms-messagebird:1", "Support", id.clone(), Some(NUMBER)),
            DIFFERS,
        ),
        // WhatsApp: one of two arguments.
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Renamed", phone("2", "+44"), None),
            by(&["phoneId"]),
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Renamed", json!({"phoneId": 2}), None),
            by(&["phoneId"]),
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Renamed", phone("9", "31 6 12345678"), None),
            by(&["phoneNumber"]),
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", phone("2", "+31612345678"), None),
            by(&["phoneId", "phoneNumber"]),
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", phone("9", "+44"), None),
            DIFFERS,
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", phone("9", ""), None),
            DIFFERS,
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", json!({"wabaId": "1"}), None),
            BY_NAME,
        ),
        // Others: the name, or the selected arguments.
        (
            wanted(&telegram),
            seen("telegram:1", "Support", json!({"bot": "c"}), None),
            BY_NAME,
        ),
        (
            wanted(&telegram),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            DIFFERS,
        ),
        (
            bot.clone(),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            by(&["bot"]),
        ),
        (
            bot.clone(),
            seen("telegram:1", "Support", json!({"bot": "c"}), None),
            DIFFERS,
        ),
        (
            bot.clone(),
            seen("telegram:1", "Support", Value::Null, None),
            BY_NAME,
        ),
        (
            bot,
            seen("telegram:1", "Renamed", Value::Null, None),
            DIFFERS,
        ),
        (
            both.clone(),
            seen(
                "telegram:1",
                "Renamed",
                json!({"bot": "b", "region": "eu"}),
                None,
            ),
            by(&["bot", "region"]),
        ),
        (
            both.clone(),
            seen(
                "telegram:1",
                "Support",
                json!({"bot": "b", "region": "us"}),
                None,
            ),
            DIFFERS,
        ),
        (
            both.clone(),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            DIFFERS,
        ),
        (
            both,
            seen("telegram:1", "Support", json!({"bot": "b"}), None),
            BY_NAME,
        ),
        // The slug selects the row of the table. The version does not matter.
        (
            wanted(&custom),
            seen("sms-messagebird:1", "Renamed", id.clone(), None),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:9", "Renamed", id.clone(), None),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&bare),
            seen("sms-messagebird:1", "Support", other, None),
            BY_NAME,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird-next:1", "Support", id.clone(), None),
            DIFFERS,
        ),
        // Without a slug, it may be a Voice connector with the same number.
        (
            wanted(&sms),
            seen("", "Support", id, None),
            Match::Undecided,
        ),
        (
            wanted(&sms),
            seen("", "Renamed", Value::Null, None),
            DIFFERS,
        ),
    ];
    for (index, (wanted, seen, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            compare(&wanted, (&seen).into()),
            expected,
            "{index}: {seen:?}"
        );
    }
}

#[test]
fn undecodable_item_differs_only_if_a_returned_field_differs() {
    let wanted = wanted(&sms());
    for (item, expected) in [
        (
            json!({"connectorTemplateSlug": "whatsapp", "name": 5}),
            DIFFERS,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "arguments": {"phoneNumberId": OTHER}}),
            DIFFERS,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "arguments": {"phoneNumberId": NUMBER}}),
            by(&["phoneNumberId"]),
        ),
        (
            json!({"connectorTemplateSlug": "sms-messagebird", "number": {"numberId": NUMBER}}),
            BY_NUMBER,
        ),
        // The platform of a channel is not the slug of a template.
        (
            json!({"channel": {"platform": "sms-messagebird"}, "number": {"numberId": NUMBER}}),
            Match::Undecided,
        ),
        (
            json!({"channel": {"platform": "whatsapp"}, "number": {"numberId": NUMBER}}),
            Match::Undecided,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "name": "Support"}),
            BY_NAME,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1"}),
            Match::Undecided,
        ),
        (json!({"arguments": {"phoneNumberId": OTHER}}), DIFFERS),
        (json!(null), Match::Undecided),
        (json!("x"), Match::Undecided),
    ] {
        assert_eq!(
            compare(&wanted, ConnectorView::raw(&item)),
            expected,
            "{item}"
        );
    }
}

#[test]
fn another_name_is_no_difference_if_the_identity_cannot_be_read() {
    let template = |fields: Value| {
        let mut item = json!({"id": OTHER, "name": "Another name", "connectorTemplateRef": "sms-messagebird:1"});
        item.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        item
    };
    for (fields, expected) in [
        (json!({"arguments": "x"}), Match::Undecided),
        (json!({"number": "x"}), Match::Undecided),
        (json!({"number": {"numberId": "x"}}), Match::Undecided),
        (
            json!({"arguments": "x", "number": {"numberId": NUMBER}}),
            BY_NUMBER,
        ),
        (json!({"arguments": "x", "name": "Support"}), BY_NAME),
        (json!({"arguments": null, "number": null}), DIFFERS),
        (
            json!({"arguments": {}, "number": {"numberId": null}}),
            DIFFERS,
        ),
    ] {
        let item = template(fields);
        let connector: Connector = serde_json::from_value(item.clone()).unwrap();
        let wanted = wanted(&sms());
        assert_eq!(
            compare(&wanted, ConnectorView::from(&connector)),
            expected,
            "{item}"
        );
        assert_eq!(
            compare(&wanted, ConnectorView::raw(&item)),
            expected,
            "{item}"
        );
    }
    // A template that its name identifies.
    let item = template(json!({"arguments": "x", "connectorTemplateRef": "telegram:1"}));
    let wanted = wanted(&telegram());
    assert_eq!(compare(&wanted, ConnectorView::raw(&item)), DIFFERS);
}

#[test]
fn selected_arguments_must_have_values() {
    let template = telegram();
    assert!(
        chosen_identity(&template, &[])
            .unwrap_err()
            .contains("at least one argument")
    );
    let unknown = chosen_identity(&template, &["bat".to_owned()]).unwrap_err();
    assert!(unknown.contains("`bat`"), "{unknown}");
}

#[test]
fn equal_identities_have_one_canonical_form_without_secrets() {
    let spelled = |id: String| {
        let custom = Custom::new("sms-messagebird:3", "Other").argument("phoneNumberId", id);
        wanted(&Template::from(custom)).canonical()
    };
    let plain = wanted(&sms()).canonical();
    assert_eq!(spelled(NUMBER.to_string().to_uppercase()), plain);
    assert_eq!(spelled(NUMBER.as_uuid().simple().to_string()), plain);
    assert_ne!(spelled(OTHER.to_string()), plain);
    assert_ne!(wanted(&voice()).canonical(), plain);
    assert!(
        !wanted(&whatsapp())
            .canonical()
            .to_string()
            .contains("planted")
    );
}

fn argument() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(json!(""))),
        Just(Some(json!(NUMBER))),
        Just(Some(json!(
            NUMBER.as_uuid().simple().to_string().to_uppercase()
        ))),
        Just(Some(json!(OTHER))),
        Just(Some(json!(7))),
        any::<String>().prop_map(|string| Some(json!(string))),
    ]
}

/// The fields of an identity. Two of them are often equal, in several spellings.
fn identity() -> impl Strategy<Value = (IdentityRule, &'static str, [Option<Value>; 2])> {
    use IdentityRule::{AllArguments, Name, Number};
    let argument = || {
        prop_oneof![
            argument(),
            Just(Some(json!("7"))),
            Just(Some(json!(["7"]))),
            Just(Some(json!("[\"7\"]"))),
        ]
    };
    (
        prop::sample::select(vec![Number, AllArguments, Name]),
        prop::sample::select(vec!["Support", " Support", "Other"]),
        [argument(), argument()],
    )
}

fn identified_by(
    (by, name, [id, number]): (IdentityRule, &str, [Option<Value>; 2]),
) -> WantedConnector {
    let arguments = [("phoneNumberId", id), ("phoneNumber", number)];
    let arguments = arguments.into_iter();
    let arguments: Map<_, _> = arguments
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect();
    WantedConnector {
        reference: "a-template:1".to_owned(),
        name: name.to_owned(),
        arguments: arguments.clone().into(),
        identity: Identity { by, arguments },
    }
}

proptest! {
    #[test]
    fn identity_keys_are_equal_exactly_if_the_canonical_identities_are(one in identity(), other in identity()) {
        let (one, other) = (identified_by(one), identified_by(other));
        let is_same = one.canonical() == other.canonical();
        prop_assert_eq!(one.identity_keys() == other.identity_keys(), is_same);
    }

    /// A connector with another identifying argument never matches, and one with an equal argument always matches. The
    /// version and the other arguments that the API returns have no effect.
    #[test]
    fn identifying_argument_takes_precedence(
        returned in argument(), name in "Support|Renamed", number in proptest::option::of(0u8..2),
        version in 0u32..99, extra: String,
    ) {
        let wanted = wanted(&sms());
        let mut arguments = Map::new();
        arguments.insert("extra".to_owned(), json!(extra));
        if let Some(returned) = &returned {
            arguments.insert("phoneNumberId".to_owned(), returned.clone());
        }
        let number = number.map(|which| [NUMBER, OTHER][usize::from(which)]);
        let reference = format!("sms-messagebird:{version}");
        let seen = seen(&reference, &name, Value::Object(arguments), number);
        let result = compare(&wanted, (&seen).into());
        let id = returned.as_ref().and_then(Value::as_str).and_then(|id| id.trim().parse().ok());
        let blank = match &returned {
            None | Some(Value::Null) => true,
            Some(Value::String(string)) => string.trim().is_empty(),
            Some(_) => false,
        };
        let expected = match (blank, number) {
            (false, _) if id == Some(NUMBER) => by(&["phoneNumberId"]),
            (false, _) => DIFFERS,
            (true, Some(NUMBER)) => BY_NUMBER,
            (true, Some(_)) => DIFFERS,
            (true, None) if name == "Support" => BY_NAME,
            (true, None) => DIFFERS,
        };
        prop_assert_eq!(result, expected);
    }

    /// The connector of a template matches it, whichever fields the API returns in addition to the name.
    #[test]
    fn created_connector_matches_its_template(returns_arguments: bool, returns_number: bool, which in 0usize..4) {
        let template = [sms(), voice(), whatsapp(), telegram()][which].clone();
        let wanted = wanted(&template);
        let arguments = if returns_arguments { Value::Object(template.arguments().clone()) } else { Value::Null };
        let number = (returns_number && which < 2).then_some(NUMBER);
        let seen = seen(template.reference(), template.name(), arguments, number);
        let matched = matches!(compare(&wanted, (&seen).into()), Match::Matches(_));
        prop_assert!(matched);
        prop_assert!(find_drift(&wanted, &seen, &[]).is_empty());
    }

    #[test]
    fn arbitrary_json_does_not_panic(json in ".{0,200}") {
        let item: Value = serde_json::from_str(&json).unwrap_or(Value::String(json));
        let _ = compare(&wanted(&whatsapp()), ConnectorView::raw(&item));
    }
}
