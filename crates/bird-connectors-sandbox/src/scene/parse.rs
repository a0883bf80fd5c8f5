//! JSON to a scene.

use serde_json::{Map, Value};

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;
use crate::api::object_reader::ObjectReader;
use crate::scenario::behavior::Behavior;
use crate::scenario::rate_limits::RateLimits;
use crate::scenario::script::Script;
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::scene::data::{Scene, VERSION};
use crate::scene::{rule_json, script_json};
use crate::state::connector::Template;
use crate::state::number::Number;
use crate::state::use_case::UseCase;

pub(super) fn scene(mut body: ObjectReader) -> Result<Scene, ApiError> {
    let version = body.optional_whole_number("version");
    if version.is_some_and(|version| version != VERSION) {
        body.add_field_error("version", format_args!("must be {VERSION}"));
    }
    let mut scene = Scene {
        behavior: read_behavior(&mut body),
        rate_limits: read_rate_limits(&mut body),
        numbers: body
            .contains("numbers")
            .then(|| body.objects("numbers", read_number)),
        use_cases: body
            .contains("useCases")
            .then(|| body.objects("useCases", read_use_case)),
        connectors: body.objects("connectors", read_connector),
        subscriptions: body.objects("subscriptions", read_subscription),
        rules: body.objects("rules", rule_json::read),
        ..Scene::default()
    };
    if body.contains("scripts") {
        let scripts = body.any("scripts");
        let read = body.read_object("scripts", scripts, &|scripts| {
            let default = script_json::read(scripts, "default");
            let templates = read_named_scripts(scripts, "templates");
            let names = read_named_scripts(scripts, "names");
            let next = scripts.nullable_array("next").unwrap_or_default();
            let next = next.into_iter().enumerate().filter_map(|(index, script)| {
                script_json::read_value(scripts, &format!("next[{index}]"), script)
            });
            (default, templates, names, next.collect())
        });
        if let Some((default, templates, names, next)) = read {
            scene.default_script = default;
            scene.template_scripts = templates;
            scene.name_scripts = names;
            scene.next_scripts = next;
        }
    }
    body.finish()?;
    Ok(scene)
}

fn read_behavior(body: &mut ObjectReader) -> Behavior {
    let mut behavior = Behavior::default();
    for (name, value) in body.nullable_object("behavior").unwrap_or_default() {
        let settings = behavior.settings();
        let Some(setting) = settings.iter().find(|setting| setting.name() == name) else {
            body.add_error(format!("behavior.{name} is not a known field"));
            continue;
        };
        let variant = setting.values().position(|(known, _)| value == known);
        match variant {
            Some(variant) => drop(behavior.set(setting.field, variant)),
            None => {
                let known: Vec<_> = setting.values().map(|(name, _)| name).collect();
                body.add_error(format!(
                    "behavior.{name} must be one of {}",
                    known.join(", ")
                ));
            }
        }
    }
    behavior
}

fn read_rate_limits(body: &mut ObjectReader) -> RateLimits {
    let Some(limits) = body.nullable_object("rateLimits") else {
        return RateLimits::default();
    };
    let limits = body.read_object("rateLimits", Some(Value::Object(limits)), &|limits| {
        let mut limit = |name: &str| {
            let limit = limits.optional_whole_number(name)?;
            Some(u32::try_from(limit).unwrap_or(u32::MAX))
        };
        RateLimits {
            get: limit("get"),
            post: limit("post"),
            other: limit("other"),
        }
    });
    limits.unwrap_or_default()
}

fn read_id(body: &mut ObjectReader) -> Option<uuid::Uuid> {
    body.contains("id")
        .then(|| parse_uuid(&body.required_uuid("id")))
        .flatten()
}

fn read_number(body: &mut ObjectReader) -> Number {
    let id = read_id(body);
    let mut number = Number::new(body.required_string("number"));
    if let Some(id) = id {
        number = number.with_id(id);
    }
    if let Some(country) = body.optional_string("country") {
        number = number.country(country);
    }
    if let Some(number_type) = body.optional_string("type") {
        number = number.number_type(number_type);
    }
    if body.nullable_bool("alphanumeric") == Some(true) {
        number = number.alphanumeric();
    }
    if body.nullable_bool("tenDlc") == Some(true) {
        number = number.ten_dlc();
    }
    if body.nullable_bool("mms") == Some(true) {
        number = number.mms();
    }
    if let Some(status) = body.optional_string("status") {
        number = number.status(status);
    }
    if let Some(provider) = body.optional_string("providerId") {
        number = number.provider_id(provider);
    }
    number
}

fn read_use_case(body: &mut ObjectReader) -> UseCase {
    let id = read_id(body);
    let mut use_case = UseCase::new(body.required_string("name"));
    if let Some(id) = id {
        use_case = use_case.with_id(id);
    }
    if let Some(status) = body.optional_string("status") {
        use_case = use_case.status(status);
    }
    if let Some(case_type) = body.optional_string("caseType") {
        use_case = use_case.case_type(case_type);
    }
    use_case
}

fn read_connector(body: &mut ObjectReader) -> SeededConnector {
    let id = read_id(body);
    let name = body.required_string("name");
    let template = body.required_string("template");
    if !template.is_empty() && Template::parse(&template).is_none() {
        body.add_field_error("template", "must have the form slug:version");
    }
    let mut connector = SeededConnector::new(name, template);
    if let Some(id) = id {
        connector = connector.with_id(id);
    }
    if let Some(arguments) = body.nullable_object("arguments") {
        connector = connector.arguments(Value::Object(arguments));
    }
    if let Some(script) = script_json::read(body, "script") {
        connector = connector.script(script);
    }
    connector
}

fn read_subscription(body: &mut ObjectReader) -> SeededSubscription {
    let id = read_id(body);
    let event = body.required_string("event");
    let mut subscription = SeededSubscription::new(event, body.required_string("url"));
    if let Some(id) = id {
        subscription = subscription.with_id(id);
    }
    if let Some(key) = body.optional_string("signingKey") {
        subscription = subscription.signing_key(key);
    }
    let filters = body.objects("filters", |filter| {
        (
            filter.required_string("key"),
            filter.required_string("value"),
        )
    });
    for (key, value) in filters {
        subscription = subscription.filter(key, value);
    }
    if body.nullable_bool("inactive") == Some(true) {
        subscription = subscription.inactive();
    }
    subscription
}

fn read_named_scripts(body: &mut ObjectReader, name: &str) -> Vec<(String, Script)> {
    let scripts: Map<String, Value> = body.nullable_object(name).unwrap_or_default();
    let scripts = scripts.into_iter().filter_map(|(key, script)| {
        let path = format!("{name}.{key}");
        Some((key, script_json::read_value(body, &path, script)?))
    });
    scripts.collect()
}
