use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::templates::{Custom, Telegram};

const NUMBER: NumberId = NumberId::from_u128(0x0a0b_0c0d_0000_4000_8000_0000_0000_0001);
const OTHER: NumberId = NumberId::from_u128(0x0a0b_0c0d_0000_4000_8000_0000_0000_0002);

fn sms() -> Template {
    Sms::new("Support", NUMBER, "conversational").into()
}

fn voice() -> Template {
    let voice = Voice::new("Support", NUMBER);
    voice.into()
}

fn whatsapp() -> Template {
    let whatsapp = WhatsApp::new("Support", "1", "2", "+31612345678", "planted");
    whatsapp.into()
}

fn telegram() -> Template {
    let telegram = Telegram::new("Support")
        .argument("bot", "b")
        .argument("region", "eu");
    telegram.try_into().unwrap()
}

fn wanted(template: &Template) -> Wanted {
    Wanted::new(template, identity_of(template))
}

fn identified(template: &Template, keys: &[&str]) -> Wanted {
    let keys: Vec<_> = keys.iter().map(|&key| key.to_owned()).collect();
    Wanted::new(template, chosen_identity(template, &keys).unwrap())
}

/// A connector as the API may show it. `number` is its `numberId`, an empty one is none.
fn seen(reference: &str, name: &str, arguments: Value, number: Option<NumberId>) -> Connector {
    let number = number.map(|id| json!({"numberId": id}));
    serde_json::from_value(json!({
        "id": OTHER, "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": reference, "arguments": arguments, "number": number,
    }))
    .unwrap()
}

fn by(keys: &[&str]) -> Verdict {
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    Verdict::Same(MatchedBy::Arguments(keys))
}

const BY_NUMBER: Verdict = Verdict::Same(MatchedBy::NumberId);
const BY_NAME: Verdict = Verdict::Same(MatchedBy::Name);
const NO: Verdict = Verdict::Different;

/// In the order of the table.
#[test]
fn the_table() {
    let id = json!({"phoneNumberId": NUMBER});
    let loud = json!({"phoneNumberId": NUMBER.as_uuid().simple().to_string().to_uppercase()});
    let other = json!({"phoneNumberId": OTHER});
    let telling = json!({"phoneNumberId": "", "channelMessageType": "conversational"});
    let (sms, voice, whatsapp, telegram) = (sms(), voice(), whatsapp(), telegram());
    let bot = identified(&telegram, &["bot"]);
    let both = identified(&telegram, &["bot", "region"]);
    let custom = Custom::new("sms-messagebird:7", "Support")
        .argument("phoneNumberId", loud["phoneNumberId"].clone());
    let custom = Template::from(custom);
    let bare = Template::from(Custom::new("sms-messagebird:7", "Support"));
    let phone = |id: &str, number: &str| json!({"phoneId": id, "phoneNumber": number});
    let cases = [
        // SMS and Voice: the argument, and where it is not shown the number.
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", id.clone(), None),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", loud, Some(OTHER)),
            by(&["phoneNumberId"]),
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", other.clone(), Some(NUMBER)),
            NO,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", Value::Null, Some(NUMBER)),
            BY_NUMBER,
        ),
        (
            wanted(&sms),
            seen(
                "sms-messagebird:1",
                "Renamed",
                telling.clone(),
                Some(NUMBER),
            ),
            BY_NUMBER,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", Value::Null, Some(OTHER)),
            NO,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", Value::Null, None),
            BY_NAME,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Support", telling, None),
            BY_NAME,
        ),
        (
            wanted(&sms),
            seen("sms-messagebird:1", "Renamed", Value::Null, None),
            NO,
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
            NO,
        ),
        // WhatsApp: one of two.
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
            NO,
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", phone("9", ""), None),
            NO,
        ),
        (
            wanted(&whatsapp),
            seen("whatsapp:1", "Support", json!({"wabaId": "1"}), None),
            BY_NAME,
        ),
        // Others: the name, or what the caller says.
        (
            wanted(&telegram),
            seen("telegram:1", "Support", json!({"bot": "c"}), None),
            BY_NAME,
        ),
        (
            wanted(&telegram),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            NO,
        ),
        (
            bot.clone(),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            by(&["bot"]),
        ),
        (
            bot.clone(),
            seen("telegram:1", "Support", json!({"bot": "c"}), None),
            NO,
        ),
        (
            bot.clone(),
            seen("telegram:1", "Support", Value::Null, None),
            BY_NAME,
        ),
        (bot, seen("telegram:1", "Renamed", Value::Null, None), NO),
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
            NO,
        ),
        (
            both.clone(),
            seen("telegram:1", "Renamed", json!({"bot": "b"}), None),
            NO,
        ),
        (
            both,
            seen("telegram:1", "Support", json!({"bot": "b"}), None),
            BY_NAME,
        ),
        // The slug decides which row it is, and the version does not matter.
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
            NO,
        ),
        // Without a template it cannot be told from Voice over the same number.
        (
            wanted(&sms),
            seen("", "Support", id, None),
            Verdict::Unclear,
        ),
        (wanted(&sms), seen("", "Renamed", Value::Null, None), NO),
    ];
    for (index, (wanted, seen, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            verdict(&wanted, (&seen).into()),
            expected,
            "{index}: {seen:?}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_different_only_where_that_shows() {
    let wanted = wanted(&sms());
    for (item, expected) in [
        (json!({"connectorTemplateSlug": "whatsapp", "name": 5}), NO),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "arguments": {"phoneNumberId": OTHER}}),
            NO,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "arguments": {"phoneNumberId": NUMBER}}),
            by(&["phoneNumberId"]),
        ),
        (
            json!({"channel": {"platform": "sms-messagebird"}, "number": {"numberId": NUMBER}}),
            BY_NUMBER,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1", "name": "Support"}),
            BY_NAME,
        ),
        (
            json!({"connectorTemplateRef": "sms-messagebird:1"}),
            Verdict::Unclear,
        ),
        (json!({"arguments": {"phoneNumberId": OTHER}}), NO),
        (json!(null), Verdict::Unclear),
        (json!("x"), Verdict::Unclear),
    ] {
        assert_eq!(verdict(&wanted, Sight::raw(&item)), expected, "{item}");
    }
}

#[test]
fn drift_is_what_was_asked_for_and_is_shown_otherwise() {
    let wanted = wanted(&whatsapp());
    let arguments = json!({"phoneId": "2", "wabaId": "has planted in it", "extra": 1});
    let found = seen("whatsapp:2", "Renamed", arguments, None);
    let drift = drift(&wanted, &found, &["planted"]);
    let fields: Vec<_> = drift.iter().map(|drift| drift.field.as_str()).collect();
    assert_eq!(fields, ["name", "connectorTemplateRef", "arguments.wabaId"]);
    assert_eq!(
        (&drift[0].wanted, &drift[0].found),
        (&json!("Support"), &json!("Renamed"))
    );
    assert!(!drift[2].found.to_string().contains("planted"));
    assert!(
        !format!("{drift:?}").contains("waba has"),
        "values are not shown"
    );

    let same = seen(
        "whatsapp:1",
        " Support ",
        json!({"phoneNumber": "0031 invalid", "phoneId": 2}),
        None,
    );
    let drift = super::drift(&wanted, &same, &[]);
    assert_eq!(drift.len(), 1, "{drift:?}");
}

#[test]
fn a_choice_must_name_arguments_that_there_are() {
    let template = telegram();
    assert!(
        chosen_identity(&template, &[])
            .unwrap_err()
            .contains("no argument")
    );
    let unknown = chosen_identity(&template, &["bat".to_owned()]).unwrap_err();
    assert!(unknown.contains("`bat`"), "{unknown}");
}

#[test]
fn what_is_the_same_has_one_canonical_form_without_secrets() {
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
        any::<String>().prop_map(|text| Some(json!(text))),
    ]
}

proptest! {
    /// Whatever the API shows: an argument that identifies and differs is never adopted, one that is equal always is,
    /// and the version and other arguments change nothing.
    #[test]
    fn the_argument_has_the_last_word(
        shown in argument(), name in "Support|Renamed", number in proptest::option::of(0u8..2),
        version in 0u32..99, extra: String,
    ) {
        let wanted = wanted(&sms());
        let mut arguments = Map::new();
        arguments.insert("extra".to_owned(), json!(extra));
        if let Some(shown) = &shown {
            arguments.insert("phoneNumberId".to_owned(), shown.clone());
        }
        let number = number.map(|which| [NUMBER, OTHER][usize::from(which)]);
        let reference = format!("sms-messagebird:{version}");
        let seen = seen(&reference, &name, Value::Object(arguments), number);
        let verdict = verdict(&wanted, (&seen).into());
        let id = shown.as_ref().and_then(Value::as_str).and_then(|id| id.trim().parse().ok());
        let blank = match &shown {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        };
        let expected = match (blank, number) {
            (false, _) if id == Some(NUMBER) => by(&["phoneNumberId"]),
            (false, _) => NO,
            (true, Some(NUMBER)) => BY_NUMBER,
            (true, Some(_)) => NO,
            (true, None) if name == "Support" => BY_NAME,
            (true, None) => NO,
        };
        prop_assert_eq!(verdict, expected);
    }

    /// What a template makes is found again, whatever part of it the API shows, as long as the name is shown.
    #[test]
    fn what_was_created_is_found_again(shows: bool, shows_number: bool, which in 0usize..4) {
        let template = [sms(), voice(), whatsapp(), telegram()][which].clone();
        let wanted = wanted(&template);
        let arguments = if shows { Value::Object(template.arguments().clone()) } else { Value::Null };
        let number = (shows_number && which < 2).then_some(NUMBER);
        let seen = seen(template.reference(), template.name(), arguments, number);
        let found = matches!(verdict(&wanted, (&seen).into()), Verdict::Same(_));
        prop_assert!(found);
        prop_assert!(drift(&wanted, &seen, &[]).is_empty());
    }

    #[test]
    fn nothing_read_off_any_json_panics(text in ".{0,200}") {
        let item: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let _ = verdict(&wanted(&whatsapp()), Sight::raw(&item));
    }
}
