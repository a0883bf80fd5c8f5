//! Scripts in JSON: the name of a usual script, or its steps.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::api::id::parse_uuid;
use crate::api::naming::kebab_case;
use crate::api::object_reader::{ObjectReader, whole_milliseconds};
use crate::scenario::script::{ChannelField, Script, Step};

const CHANNEL_FIELDS: [ChannelField; 4] = [
    ChannelField::Missing,
    ChannelField::Null,
    ChannelField::EmptyObject,
    ChannelField::EmptyId,
];

/// The scripts that have a name.
pub(super) fn named() -> [(&'static str, Script); 3] {
    [
        ("standard", Script::standard()),
        ("instant", Script::instant()),
        ("never", Script::never()),
    ]
}

/// The name in JSON, such as `empty-object`.
fn channel_field_name(field: ChannelField) -> String {
    kebab_case(&format!("{field:?}"))
}

pub(super) fn write(script: &Script) -> Value {
    if let Some((name, _)) = named().iter().find(|(_, known)| known == script) {
        return json!(name);
    }
    let steps = script.steps().iter().map(|(after, step)| {
        let (name, value) = match step {
            Step::NoChannel(field) => ("noChannel", json!(channel_field_name(*field))),
            Step::Channel(status) => ("channel", json!(status)),
            Step::Status(status) => ("status", json!(status)),
            Step::ReadinessStatus(status) => ("readinessStatus", json!(status)),
            Step::Stage(stage) => ("stage", json!(stage)),
            Step::NumberStatus(status) => ("numberStatus", json!(status)),
            Step::Vanish => ("vanish", json!(true)),
        };
        json!({ "atMilliseconds": whole_milliseconds(*after), name: value })
    });
    let mut body = Map::new();
    body.insert("steps".to_owned(), steps.collect());
    if !script.commit_time().is_zero() {
        let commit = whole_milliseconds(script.commit_time());
        body.insert("commitAfterMilliseconds".to_owned(), json!(commit));
    }
    if !script.chosen_channel_ids().is_empty() {
        body.insert("channelIds".to_owned(), json!(script.chosen_channel_ids()));
    }
    if let Some(readiness) = script.readiness_override() {
        body.insert("readiness".to_owned(), json!(readiness));
    }
    Value::Object(body)
}

/// Takes a script. `None` if it is absent or invalid.
pub(super) fn read(body: &mut ObjectReader, name: &str) -> Option<Script> {
    let value = body.any(name)?;
    read_value(body, name, value)
}

/// Reads a script that was taken from this object.
pub(super) fn read_value(body: &mut ObjectReader, name: &str, value: Value) -> Option<Script> {
    if let Value::String(known) = &value {
        let script = named().into_iter().find(|(named, _)| named == known);
        if script.is_none() {
            body.add_field_error(
                name,
                "must be standard, instant, never or an object with steps",
            );
        }
        return script.map(|(_, script)| script);
    }
    body.read_object(name, Some(value), &|script| {
        let steps = script.objects("steps", read_step);
        let commit = script.optional_milliseconds("commitAfterMilliseconds");
        let readiness = script.nullable_bool("readiness");
        let ids = script.strings("channelIds");
        let mut read = Script::never();
        for (after, step) in steps.into_iter().flatten() {
            read.add_step(after, step);
        }
        if let Some(commit) = commit {
            read = read.commit_after(commit);
        }
        if let Some(readiness) = readiness {
            read = read.readiness(readiness);
        }
        let parsed: Vec<_> = ids.iter().filter_map(|id| parse_uuid(id)).collect();
        if parsed.len() != ids.len() {
            script.add_field_error("channelIds", "must be an array of UUIDs");
        }
        read.channel_ids(parsed)
    })
}

fn read_step(step: &mut ObjectReader) -> Option<(Duration, Step)> {
    type NamedStep = (&'static str, fn(String) -> Step);
    const WITH_STRING: [NamedStep; 5] = [
        ("channel", Step::Channel),
        ("status", Step::Status),
        ("readinessStatus", Step::ReadinessStatus),
        ("stage", Step::Stage),
        ("numberStatus", Step::NumberStatus),
    ];
    let after = step.optional_milliseconds("atMilliseconds");
    let after = after.unwrap_or_default();
    let mut found = Vec::new();
    for (name, make) in WITH_STRING {
        found.extend(step.optional_string(name).map(make));
    }
    if let Some(name) = step.optional_string("noChannel") {
        let mut fields = CHANNEL_FIELDS.into_iter();
        let field = fields.find(|field| channel_field_name(*field) == name);
        if field.is_none() {
            step.add_field_error(
                "noChannel",
                "must be missing, null, empty-object or empty-id",
            );
        }
        found.extend(field.map(Step::NoChannel));
    }
    if step.nullable_bool("vanish") == Some(true) {
        found.push(Step::Vanish);
    }
    if found.len() > 1 {
        step.add_object_error("a step must have one change");
    }
    found.pop().map(|found| (after, found))
}
