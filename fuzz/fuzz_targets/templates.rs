//! Templates from arbitrary strings and JSON: each is rejected with a reason, or built without exposing a secret.

#![no_main]

use bird_connectors::models::NumberId;
use bird_connectors::templates::{
    Custom, Sms, Telegram, Template, Voice, WhatsApp, WhatsAppAccount,
};
use serde_json::{Map, Value};

const MARKER: &str = "planted-marker";

fn check(template: impl Into<Template>, name: &str) {
    let template = template.into();
    match template.validate() {
        Ok(()) => {
            assert_eq!(template.name(), name);
            let (slug, version) = template
                .reference()
                .split_once(':')
                .expect("slug and version");
            assert!(!slug.is_empty() && !version.is_empty());
            let arguments =
                serde_json::to_string(template.arguments()).expect("arguments serialize");
            let exposed = format!("{template:?}{arguments}");
            assert!(!exposed.contains(MARKER), "{exposed}");
            assert_eq!(template.clone(), template);
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains('\n') && !line.contains(MARKER), "{line:?}");
        }
    }
}

// The input has four lines: a reference, a name, the key of an argument, and the arguments as JSON.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    if input.contains("planted") {
        return;
    }
    let mut lines = input.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (reference, name, key, json) = (line(), line(), line(), line());
    let arguments: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();

    let custom = Custom::new(reference, name)
        .arguments(arguments.clone())
        .security_argument(key, key, MARKER)
        .invitation_token(MARKER);
    check(custom, name);
    let telegram = Telegram::new(name)
        .argument(key, json)
        .security_argument("bot", key, MARKER);
    check(telegram, name);
    let number = reference.parse().unwrap_or_else(|_| NumberId::from_u128(1));
    check(Sms::new(name, number, key), name);
    check(Voice::new(name, number), name);
    let account = WhatsAppAccount {
        waba_id: reference,
        phone_id: key,
        phone_number: json,
        access_token: MARKER,
    };
    check(WhatsApp::new(name, account), name);
});
