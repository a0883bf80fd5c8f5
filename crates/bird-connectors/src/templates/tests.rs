//! The required values of each template, and how invalid values are reported.

use uuid::Uuid;

use super::*;
use crate::error::ErrorKind;

const NUMBER: Uuid = Uuid::from_u128(1);

fn sms() -> Sms {
    Sms::new("a", NUMBER, "2fa")
}

fn whatsapp(waba_id: &str, phone_id: &str, phone_number: &str, access_token: &str) -> WhatsApp {
    let account = WhatsAppAccount {
        waba_id,
        phone_id,
        phone_number,
        access_token,
    };
    WhatsApp::new("a", account)
}

fn valid_whatsapp() -> WhatsApp {
    whatsapp("1", "2", "+31612345678", "t")
}

#[track_caller]
fn assert_invalid(template: impl Into<Template>, problems: &str) {
    let template = template.into();
    let error = template.validate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let prefix = format!("invalid template `{}`: ", template.reference());
    let reported = error.message().strip_prefix(&prefix).unwrap();
    assert!(reported.starts_with(problems), "{reported}");
}

#[track_caller]
fn assert_valid(template: impl Into<Template>) {
    template.into().validate().unwrap();
}

#[test]
fn sms_and_voice_with_empty_values_are_invalid() {
    assert_invalid(
        Sms::new("", NUMBER, ""),
        "the name is empty; `channelMessageType` is empty",
    );
    assert_invalid(Sms::new("a", NUMBER, ""), "`channelMessageType` is empty");
    assert_invalid(Sms::new("a", NUMBER, " "), "`channelMessageType` is empty");
    assert_invalid(Voice::new(" ", NUMBER), "the name is empty");
    assert_valid(sms());
    assert_valid(Voice::new("a", NUMBER));
}

#[test]
fn message_type_in_another_spelling_is_invalid_and_the_right_one_is_suggested() {
    for (value, meant) in [
        ("Conversational", "conversational"),
        ("CONVERSATIONAL", "conversational"),
        (" conversational", "conversational"),
        ("trans-actional", "transactional"),
        ("2FA", "2fa"),
    ] {
        assert_invalid(
            Sms::new("a", NUMBER, value),
            &format!("`channelMessageType` is `{value}`: did you mean `{meant}`?"),
        );
    }
    // A value that this version does not know may be a new one.
    for value in ["conversational", "marketing", "conversation"] {
        assert_valid(Sms::new("a", NUMBER, value));
    }
}

#[test]
fn details_have_all_problems_by_argument() {
    let template = Template::from(whatsapp("", "2", "06", " "));
    let error = template.validate().unwrap_err();
    let details = error.details().unwrap();
    let arguments: Vec<_> = details.as_object().unwrap().keys().collect();
    assert_eq!(arguments, ["accessToken", "phoneNumber", "wabaId"]);
    assert_eq!(details["wabaId"], serde_json::json!(["`wabaId` is empty"]));
}

#[test]
fn whatsapp_reports_all_problems_at_once() {
    assert_invalid(
        whatsapp("", "", "06", ""),
        "`wabaId` is empty; `phoneId` is empty; `phoneNumber` is not in E.164 format: expected a `+` and 7 to 15 \
         digits, such as `+31612345678`; `accessToken` is empty",
    );
    assert_invalid(whatsapp("", "2", "+31612345678", "t"), "`wabaId` is empty");
    assert_invalid(
        whatsapp("1", " ", "+31612345678", "t"),
        "`phoneId` is empty",
    );
    assert_invalid(
        whatsapp("1", "2", "+31612345678", " "),
        "`accessToken` is empty",
    );
    assert_invalid(whatsapp("1", "2", "", "t"), "`phoneNumber` is empty");
    for number in [
        "0612345678",
        "+31 6 12345678",
        "31612345678",
        "+3161",
        "+3161234567890123",
        "+３１６１２３４５６７８",
    ] {
        assert_invalid(
            whatsapp("1", "2", number, "t"),
            "`phoneNumber` is not in E.164 format",
        );
    }
    assert_valid(valid_whatsapp());
}

#[test]
fn whatsapp_id_that_belongs_to_another_argument_is_described_and_not_repeated() {
    let id = NUMBER.to_string();
    let token = "planted".repeat(20);
    for (given, shown) in [
        ("+31612345678", "got a phone number"),
        ("+3161", "got a string of 5 characters"),
        ("06-1234 5678", "got a phone number"),
        ("https://example.com/planted", "got a URL"),
        (&id, "got a UUID, which is an id in Bird and not at Meta"),
        ("whatsapp:1", "got a template reference"),
        (
            &token,
            "got a string of 140 characters, which is too long for an id: check that the access token",
        ),
    ] {
        for (template, argument) in [
            (whatsapp(given, "2", "+31612345678", "t"), "`wabaId`"),
            (whatsapp("1", given, "+31612345678", "t"), "`phoneId`"),
        ] {
            let error = Template::from(template).validate().unwrap_err();
            let message = error.message();
            assert!(
                message.contains(&format!("{argument} is not an id: expected")),
                "{message}"
            );
            assert!(message.contains(shown), "{message}");
            assert!(
                !message.contains("planted") && !message.contains(&id),
                "{message}"
            );
        }
    }
    for id in ["1", "102290129340398", "31612345678", "a-new-kind-of-id"] {
        assert_valid(whatsapp(id, id, "+31612345678", "t"));
    }
}

#[test]
fn access_token_that_cannot_be_right_is_described_and_not_repeated() {
    for (token, problem) in [
        (
            "Bearer planted",
            "`accessToken` begins with the scheme of a header",
        ),
        (
            "bearer\tplanted",
            "`accessToken` begins with the scheme of a header",
        ),
        (
            "\"Bearer planted\"",
            "`accessToken` begins with the scheme of a header",
        ),
        (
            "OAuth planted",
            "`accessToken` begins with the scheme of a header",
        ),
        ("\"planted\"", "`accessToken` contains a quotation mark"),
        ("'planted'", "`accessToken` contains a quotation mark"),
        (
            "planted\n",
            "`accessToken` contains a space or a line break",
        ),
        (" planted", "`accessToken` contains a space or a line break"),
        (
            "pla\0nted",
            "`accessToken` contains a space or a line break",
        ),
        ("https://example.com/planted", "`accessToken` is a URL"),
    ] {
        let template = whatsapp("1", "2", "+31612345678", token);
        assert_invalid(template.clone(), problem);
        let error = Template::from(template).validate().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("planted"), "{error}");
    }
    assert_valid(whatsapp("1", "2", "+31612345678", "EAAG.b-c_d=|"));
}

#[test]
fn every_template_requires_a_name() {
    assert_invalid(Sms::new("", NUMBER, "2fa"), "the name is empty");
    assert_invalid(Instagram::new(""), "the name is empty");
    assert_invalid(Facebook::new(" "), "the name is empty");
    assert_invalid(Telegram::new("\t"), "the name is empty");
    assert_invalid(Line::new("\n"), "the name is empty");
    assert_invalid(Email::new(""), "the name is empty");
    assert_invalid(Custom::new("a:1", ""), "the name is empty");
}

#[test]
fn custom_reference_requires_slug_and_version() {
    for reference in [
        "",
        "sms",
        ":1",
        "sms:",
        "sms:1:2",
        "s ms:1",
        "sms:1\n",
        "viber:-1",
        "viber:+1",
        "viber:.5",
        "-viber:1",
        "viber:1/2",
        "viber:\u{661}",
        "sms-messagebird:1/0b9f2c1e-0000-4000-8000-000000000002",
        "https://example.com",
    ] {
        assert_invalid(
            Custom::new(reference, "a"),
            "the reference is not of the form `slug:version`",
        );
    }
    for reference in [
        "sms-messagebird:1",
        "anything:new",
        "a:latest",
        "a_b:2.0-rc.1",
        "a:0",
    ] {
        let template = Template::from(Custom::new(reference, "a"));
        assert_eq!((template.reference(), template.name()), (reference, "a"));
        assert_valid(template);
    }
}

#[test]
fn debug_shows_only_the_names_of_free_arguments() {
    let telegram = Telegram::new("Bot").argument("botToken", "planted");
    let custom = Custom::new("a:1", "a").arguments([("list".to_owned(), ["planted"].into())]);
    let shown = format!("{telegram:?} {custom:?}");
    let both = format!(
        "{:?} {:?}",
        Template::from(telegram),
        Template::from(custom)
    );
    for shown in [shown, both] {
        assert!(!shown.contains("planted"), "{shown}");
        assert!(
            shown.contains(r#"{"botToken": …}"#) && shown.contains(r#"{"list": …}"#),
            "{shown}"
        );
    }
    let documented = format!("{:?}", Template::from(sms()));
    assert!(documented.contains("2fa"), "{documented}");
}

#[test]
fn templates_that_send_the_same_request_are_equal() {
    let custom =
        Custom::new("voice-messagebird:1", "a").argument("phoneNumberId", NUMBER.to_string());
    assert_eq!(
        Template::from(Voice::new("a", NUMBER)),
        Template::from(custom)
    );
}

#[test]
fn debug_shows_names_of_secrets_but_no_values() {
    let template = Template::from(valid_whatsapp().invitation_token("i"));
    let debug = format!("{template:?}");
    assert!(debug.contains(r#"{"accessToken": [redacted]}"#), "{debug}");
    assert_eq!(template.secrets().len(), 2);
}
