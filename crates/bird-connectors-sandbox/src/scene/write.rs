//! A scene to JSON. Only what differs from a default sandbox is written.

#[cfg(feature = "ui")]
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

#[cfg(feature = "ui")]
use crate::api::format_character::is_format_character;
use crate::scenario::script::Script;
use crate::scene::data::{Scene, VERSION};
use crate::scene::rule_json::write_rule;
use crate::scene::script_json;
use crate::state::number::Number;

pub(super) fn scene(scene: &Scene) -> Value {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if !is_empty {
            body.insert(name.to_owned(), value);
        }
    };
    set("version", json!(VERSION));
    let settings = scene.behavior.settings();
    let changed = settings.iter().filter(|setting| setting.current > 0);
    let changed = changed.map(|setting| (setting.name(), json!(setting.value())));
    set("behavior", Value::Object(changed.collect()));
    let limits = [
        ("get", scene.rate_limits.get),
        ("post", scene.rate_limits.post),
        ("other", scene.rate_limits.other),
    ];
    let limits = limits
        .into_iter()
        .filter_map(|(name, limit)| Some((name.to_owned(), json!(limit?))));
    set("rateLimits", Value::Object(limits.collect()));
    // An empty list is not the same as the default numbers.
    if let Some(numbers) = &scene.numbers {
        body.insert("numbers".to_owned(), numbers.iter().map(number).collect());
    }
    if let Some(use_cases) = &scene.use_cases {
        let use_cases = use_cases.iter().map(|use_case| {
            let (name, status, case_type) = use_case.parts();
            json!({ "id": use_case.id(), "name": name, "status": status, "caseType": case_type })
        });
        body.insert("useCases".to_owned(), use_cases.collect());
    }
    let mut set = |name: &str, items: Vec<Value>| {
        if !items.is_empty() {
            body.insert(name.to_owned(), Value::Array(items));
        }
    };
    let connectors = scene.connectors.iter().map(|connector| {
        let mut body = json!({
            "name": connector.name,
            "template": connector.template,
            "script": script_json::write(&connector.script),
        });
        if let Some(id) = connector.id {
            body["id"] = json!(id);
        }
        if let Some(arguments) = &connector.arguments {
            body["arguments"] = json!(arguments);
        }
        body
    });
    set("connectors", connectors.collect());
    let subscriptions = scene.subscriptions.iter().map(|subscription| {
        let mut body = json!({ "event": subscription.event, "url": subscription.url });
        if let Some(id) = subscription.id {
            body["id"] = json!(id);
        }
        if let Some(key) = &subscription.signing_key {
            body["signingKey"] = json!(key);
        }
        if !subscription.filters.is_empty() {
            let filters = subscription.filters.iter();
            body["filters"] = filters
                .map(|(key, value)| json!({ "key": key, "value": value }))
                .collect();
        }
        if !subscription.active {
            body["inactive"] = json!(true);
        }
        body
    });
    set("subscriptions", subscriptions.collect());
    set("rules", scene.rules.iter().filter_map(write_rule).collect());
    let scripts = scripts(scene);
    if !scripts.is_empty() {
        body.insert("scripts".to_owned(), Value::Object(scripts));
    }
    Value::Object(body)
}

/// The text of the JSON document. Numbers are written as they are, which a browser could not do.
#[cfg(feature = "ui")]
pub(super) fn file(scene: &Scene) -> String {
    let json = format!("{:#}\n", self::scene(scene));
    let mut file = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_format_character(letter) || (letter.is_control() && letter != '\n') {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(file, "\\u{unit:04x}");
            }
        } else {
            file.push(letter);
        }
    }
    file
}

fn scripts(scene: &Scene) -> Map<String, Value> {
    let by_key = |scripts: &[(String, Script)]| {
        let scripts = scripts.iter();
        let written = scripts.map(|(key, script)| (key.clone(), script_json::write(script)));
        Value::Object(written.collect())
    };
    let mut body = Map::new();
    if let Some(script) = &scene.default_script {
        body.insert("default".to_owned(), script_json::write(script));
    }
    for (name, scripts) in [
        ("templates", &scene.template_scripts),
        ("names", &scene.name_scripts),
    ] {
        if !scripts.is_empty() {
            body.insert(name.to_owned(), by_key(scripts));
        }
    }
    if !scene.next_scripts.is_empty() {
        let next = scene.next_scripts.iter().map(script_json::write);
        body.insert("next".to_owned(), next.collect());
    }
    body
}

fn number(number: &Number) -> Value {
    let mut body = json!({
        "id": number.id(),
        "number": number.number_string(),
        "country": number.country_code(),
        "type": number.type_name(),
    });
    for (name, set) in [
        ("alphanumeric", !number.is_long_code()),
        ("tenDlc", number.needs_use_case()),
        ("mms", number.has_mms()),
    ] {
        if set {
            body[name] = json!(true);
        }
    }
    for (name, value) in [
        ("status", number.filter_status()),
        ("providerId", number.filter_provider()),
    ] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    body
}
