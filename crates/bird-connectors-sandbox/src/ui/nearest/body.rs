//! Corrects the body of a request: fields that are missing, misspelled, unknown or mistyped.

use std::mem::discriminant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::ui::nearest::form::{Known, ValidForm, nearest};

/// The slugs of the documented templates.
const SLUGS: [&str; 8] = [
    "sms-messagebird",
    "whatsapp",
    "instagram",
    "facebook",
    "telegram",
    "line",
    "email-messagebird",
    "voice-messagebird",
];

pub(super) fn correct(form: &mut ValidForm, operation: Operation, error: &ApiError, known: &Known) {
    let Some(Value::Object(_)) = &form.body else {
        form.body = Some(sample(operation, known));
        form.changes
            .push("the body is an object such as this one".to_owned());
        return;
    };
    let mut body = form.body.take().unwrap_or_default();
    let fields = sample(operation, known);
    // A misspelled name first: its value is better than one that is made up.
    let is_unknown = |message: &&str| message.ends_with("is not a known field");
    let unknown = error.messages().filter(is_unknown);
    let others = error.messages().filter(|message| !is_unknown(message));
    for message in unknown.chain(others) {
        let Some((path, problem)) = message.split_once(' ') else {
            continue;
        };
        let path = path.trim_end_matches(':');
        if problem == "is not a known field" {
            rename_or_remove(&mut body, &fields, path, &mut form.changes);
        } else if message.starts_with("unknown template ") {
            let slug = message
                .trim_start_matches("unknown template ")
                .trim_matches('"');
            let slug = nearest(slug, SLUGS).unwrap_or(SLUGS[0]);
            set(
                &mut body,
                "connectorTemplateRef",
                json!(format!("{slug}:1")),
            );
            form.changes
                .push(format!("connectorTemplateRef is {slug}:1"));
        } else if problem.starts_with("must have the form slug:version") {
            let slug = body[path].as_str().unwrap_or_default();
            let slug = slug.split(':').next().unwrap_or_default();
            let slug = nearest(slug, SLUGS).unwrap_or(SLUGS[0]);
            set(&mut body, path, json!(format!("{slug}:1")));
            form.changes
                .push(format!("{path} has a version, such as {slug}:1"));
        } else if message.starts_with("at least one ") || problem.contains("at least one field") {
            merge(&mut body, &fields);
            form.changes.push("with a field to change".to_owned());
        } else if path == "eventFilters" {
            remove(&mut body, path);
            form.changes
                .push("without filters that the service does not have".to_owned());
        } else if problem == "is required" && get(&body, path).is_some() {
            // The misspelled name was corrected.
        } else if let Some(value) = value_for(path, &fields, known) {
            set(&mut body, path, value);
            form.changes.push(format!("{path} {problem}"));
        } else if remove(&mut body, path) {
            form.changes
                .push(format!("without {path}, which {problem}"));
        }
    }
    if operation == Operation::CreateConnector {
        add_arguments(&mut body, known, &mut form.changes);
    }
    form.body = Some(body);
}

/// A body that was not checked, because something else was refused first: an operation that needs one gets it, and the fields that
/// it requires.
pub(super) fn complete(form: &mut ValidForm, operation: Operation, known: &Known) {
    if !matches!(operation.method(), "POST" | "PATCH") {
        form.body = None;
        return;
    }
    let fields = sample(operation, known);
    match &mut form.body {
        Some(body @ Value::Object(_)) => {
            let names = body.as_object().into_iter().flat_map(Map::keys);
            let unknown: Vec<_> = names
                .filter(|name| !is_known(&fields, name))
                .cloned()
                .collect();
            for name in unknown {
                // Such a name is no path.
                if name.contains(['.', '[', ' ']) {
                    body.as_object_mut().map(|body| body.remove(&name));
                    form.changes
                        .push(format!("without {name}, which is not a known field"));
                } else {
                    rename_or_remove(body, &fields, &name, &mut form.changes);
                }
            }
            for name in REQUIRED {
                let Some(value) = fields.get(name) else {
                    continue;
                };
                let problem = match body.get(name) {
                    None => "is required",
                    Some(sent) if sent == "" => "must not be empty",
                    Some(sent) if discriminant(sent) != discriminant(value) => {
                        "must have the type of this value"
                    }
                    Some(_) => continue,
                };
                body[name] = value.clone();
                form.changes.push(format!("{name} {problem}"));
            }
        }
        _ => {
            form.body = Some(fields);
            form.changes
                .push("with a JSON object such as this one".to_owned());
        }
    }
    if operation == Operation::CreateConnector
        && let Some(body) = &mut form.body
    {
        add_arguments(body, known, &mut form.changes);
    }
}

/// Whether an operation knows a field of its body. `fields` is a valid body.
fn is_known(fields: &Value, name: &str) -> bool {
    let mut others = OTHER_FIELDS
        .iter()
        .filter(|(field, _)| fields.get(*field).is_some())
        .peekable();
    others.peek().is_none()
        || fields.get(name).is_some()
        || others.any(|(_, others)| others.contains(&name))
}

/// The fields without which no operation that has them accepts a body.
const REQUIRED: [&str; 7] = [
    "name",
    "connectorTemplateRef",
    "receiver",
    "body",
    "service",
    "event",
    "url",
];

/// The arguments that the template requires, which are only checked once the reference is valid.
fn add_arguments(body: &mut Value, known: &Known, changes: &mut Vec<String>) {
    let reference = body["connectorTemplateRef"].as_str().unwrap_or_default();
    let slug = reference.split(':').next().unwrap_or_default();
    let required: &[&str] = match slug {
        "sms-messagebird" => &["phoneNumberId", "channelMessageType"],
        "voice-messagebird" => &["phoneNumberId"],
        "whatsapp" => &["wabaId", "phoneId", "phoneNumber"],
        _ => &[],
    };
    for name in required {
        let path = format!("arguments.{name}");
        let is_missing = body["arguments"].get(*name).is_none();
        if let (true, Some(value)) = (is_missing, argument(name, known)) {
            set(body, &path, value);
            changes.push(format!("{path} is required"));
        }
    }
}

/// A valid body of an operation.
pub(super) fn sample(operation: Operation, known: &Known) -> Value {
    match operation {
        Operation::CreateConnector => json!({
            "name": "Shop",
            "connectorTemplateRef": "sms-messagebird:1",
            "arguments": {
                "phoneNumberId": argument("phoneNumberId", known),
                "channelMessageType": "conversational",
            },
        }),
        Operation::UpdateChannelConversational => json!({ "status": "active" }),
        Operation::SendChannelMessage => json!({
            "receiver": { "contacts": [{ "identifierValue": "+31612345678" }] },
            "body": { "type": "text", "text": { "text": "Hello" } },
        }),
        Operation::CreateWebhookSubscription | Operation::CreateOrganizationWebhookSubscription => {
            json!({
                "service": "channels",
                "event": "channel.updated",
                "url": "https://hooks.example.com/bird",
            })
        }
        Operation::UpdateWebhookSubscription | Operation::UpdateOrganizationWebhookSubscription => {
            json!({ "status": "active" })
        }
        _ => json!({}),
    }
}

/// The other fields that an operation knows, for misspelled names.
const OTHER_FIELDS: [(&str, &[&str]); 2] = [
    (
        "name",
        &[
            "securityArguments",
            "channelConversationalStatusEnabled",
            "invitationToken",
        ],
    ),
    ("service", &["eventFilters", "signingKey", "template"]),
];

/// A valid value of an argument of a template.
fn argument(name: &str, known: &Known) -> Option<Value> {
    let number = known.numbers.iter();
    let number = number.min_by_key(|(_, needs_use_case)| *needs_use_case);
    let number = number.map_or_else(Uuid::nil, |(id, _)| *id);
    Some(match name {
        "phoneNumberId" => json!(number),
        "channelMessageType" => json!("conversational"),
        "useCaseId" => json!(known.use_case.unwrap_or_default()),
        "wabaId" => json!("102290129340398"),
        "phoneId" => json!("106540352242922"),
        "phoneNumber" => json!("+31612345678"),
        _ => return None,
    })
}

/// A valid value of a field, by its path.
fn value_for(path: &str, fields: &Value, known: &Known) -> Option<Value> {
    if let Some(name) = path.strip_prefix("arguments.")
        && let Some(value) = argument(name, known)
    {
        return Some(value);
    }
    if let Some(value) = get(fields, path) {
        return Some(value.clone());
    }
    match path {
        "url" => Some(json!("https://hooks.example.com/bird")),
        "status" => Some(json!("active")),
        _ => None,
    }
}

/// A misspelled field gets its name, and any other one is removed.
fn rename_or_remove(body: &mut Value, fields: &Value, path: &str, changes: &mut Vec<String>) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let is_free = |body: &Value, candidate: &str| {
        let siblings = if parent.is_empty() {
            Some(body)
        } else {
            get(body, parent)
        };
        siblings.is_some_and(|siblings| siblings.get(candidate).is_none())
    };
    let known = if parent.is_empty() {
        Some(fields)
    } else {
        get(fields, parent)
    };
    let mut names: Vec<&str> = known
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    if parent.is_empty() {
        let others = OTHER_FIELDS
            .iter()
            .filter(|(field, _)| fields.get(*field).is_some());
        names.extend(others.flat_map(|(_, others)| others.iter().copied()));
    }
    let similar = nearest(name, names).filter(|similar| is_free(body, similar));
    let value = take(body, path);
    match (similar, value) {
        (Some(similar), Some(value)) => {
            let renamed = if parent.is_empty() {
                similar.to_owned()
            } else {
                format!("{parent}.{similar}")
            };
            set(body, &renamed, value);
            changes.push(format!("{path} is spelled {similar}"));
        }
        _ => changes.push(format!("without {path}, which is not a known field")),
    }
}

/// The fields that the body does not have.
fn merge(body: &mut Value, fields: &Value) {
    if let (Value::Object(body), Value::Object(fields)) = (body, fields) {
        for (name, value) in fields {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// The path as a JSON pointer: `receiver.contacts[0].name` as `/receiver/contacts/0/name`.
fn pointer(path: &str) -> String {
    let escaped = path.replace('~', "~0").replace('/', "~1");
    format!("/{}", escaped.replace(['.', '['], "/").replace(']', ""))
}

fn get<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    body.pointer(&pointer(path))
}

/// Sets a field, and creates the objects that contain it.
fn set(body: &mut Value, path: &str, value: Value) {
    let pointer = pointer(path);
    let mut target = body;
    for segment in pointer.split('/').skip(1) {
        if let (Value::Array(_), Ok(index)) = (&*target, segment.parse::<usize>()) {
            let Some(item) = target.get_mut(index) else {
                return;
            };
            target = item;
            continue;
        }
        if !target.is_object() {
            *target = json!({});
        }
        let Value::Object(fields) = target else {
            return;
        };
        target = fields.entry(segment.to_owned()).or_insert(Value::Null);
    }
    *target = value;
}

fn take(body: &mut Value, path: &str) -> Option<Value> {
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/')?;
    body.pointer_mut(parent)?.as_object_mut()?.remove(name)
}

fn remove(body: &mut Value, path: &str) -> bool {
    take(body, path).is_some()
}
