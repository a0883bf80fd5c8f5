//! What each template must have, and how the lack of it is told.

use super::*;
use crate::error::ErrorKind;

const NUMBER: Uuid = Uuid::from_u128(1);

fn sms() -> Sms {
    Sms::new("a")
        .phone_number_id(NUMBER)
        .channel_message_type("2fa")
}

fn whatsapp() -> WhatsApp {
    WhatsApp::new("a")
        .waba_id("1")
        .phone_id("2")
        .phone_number("+31612345678")
        .access_token("t")
}

#[track_caller]
fn refused<T: TryInto<Template, Error = Error>>(template: T, problems: &str) {
    let error = template.try_into().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let (_, told) = error
        .message()
        .split_once(" cannot be installed like this: ")
        .unwrap();
    assert!(told.starts_with(problems), "{told}");
}

#[test]
fn sms_and_voice() {
    refused(
        Sms::new(""),
        "the name is empty; `phoneNumberId` is missing: it is the id of a number of the workspace (list the numbers \
         to find it); `channelMessageType` is missing: say what the messages are for, such as `conversational`",
    );
    refused(
        Sms::new("a").phone_number_id(NUMBER),
        "`channelMessageType` is missing",
    );
    refused(
        Sms::new("a").channel_message_type("2fa"),
        "`phoneNumberId` is missing",
    );
    refused(
        sms().channel_message_type(""),
        "`channelMessageType` is empty",
    );
    refused(Voice::new("a"), "`phoneNumberId` is missing");
    Template::try_from(sms()).unwrap();
    Template::try_from(Voice::new("a").phone_number_id(NUMBER)).unwrap();
}

#[test]
fn whatsapp_fields_need_each_other() {
    refused(
        WhatsApp::new("a").waba_id("1"),
        "`phoneId` is missing: it is what Meta calls `phone_number_id`; `phoneNumber` is missing: it is the number in \
         E.164 form; `accessToken` is missing: Meta hands it out for the account",
    );
    refused(whatsapp().waba_id(""), "`wabaId` is empty");
    refused(whatsapp().phone_id(" "), "`phoneId` is empty");
    refused(whatsapp().access_token(" "), "`accessToken` is empty");
    refused(whatsapp().phone_number(""), "`phoneNumber` is empty");
    for number in [
        "0612345678",
        "+31 6 12345678",
        "31612345678",
        "+3161",
        "+3161234567890123",
        "+３１６１２３４５６７８",
    ] {
        refused(
            whatsapp().phone_number(number),
            "`phoneNumber` is not in E.164 form",
        );
    }
    Template::try_from(whatsapp()).unwrap();
}

#[test]
fn a_name_is_always_needed() {
    refused(Instagram::new(""), "the name is empty");
    refused(Facebook::new(" "), "the name is empty");
    refused(Telegram::new("\t"), "the name is empty");
    refused(Line::new("\n"), "the name is empty");
    refused(Email::new(""), "the name is empty");
    refused(Custom::new("a:1", ""), "the name is empty");
}

#[test]
fn a_custom_reference_has_two_parts() {
    for reference in ["", "sms", ":1", "sms:", "sms:1:2", "s ms:1", "sms:1\n"] {
        refused(
            Custom::new(reference, "a"),
            "the reference is not of the form `slug:version`",
        );
    }
    for reference in ["sms-messagebird:1", "anything:new", "a:latest"] {
        let template = Template::try_from(Custom::new(reference, "a")).unwrap();
        assert_eq!((template.reference(), template.name()), (reference, "a"));
    }
}

#[test]
fn secrets_are_known_by_their_names_only() {
    let template = Template::try_from(whatsapp().invitation_token("i")).unwrap();
    let text = format!("{template:?}");
    assert!(text.contains(r#"{"accessToken": [redacted]}"#), "{text}");
    assert_eq!(template.secrets().len(), 2);
}
