//! Rules in JSON, in scenes and in requests of the control API.

use serde_json::{Map, Value, json};

use crate::api::error::ApiError;
use crate::api::object_reader::{ObjectReader, whole_milliseconds};
use crate::api::operation::Operation;
use crate::api::response::{Content, Response};
use crate::scenario::fault::Fault;
use crate::scenario::rule::{Rule, SelectedCalls};

/// Parses a rule. Without `operation` it applies to every request, and without a selection to the next one.
pub(crate) fn parse_rule(mut body: ObjectReader) -> Result<Rule, ApiError> {
    let rule = read(&mut body);
    body.finish()?;
    Ok(rule)
}

/// Reads the fields of a rule. The result is meaningless if there is an error.
pub(super) fn read(body: &mut ObjectReader) -> Rule {
    let mut rule = match parsed::<Operation>(body, "operation") {
        Some(operation) => Rule::on(operation),
        None => Rule::on_any(),
    };
    let fault = read_fault(body);
    let delay = body.optional_milliseconds("delayMilliseconds");
    let response_delay = body.optional_milliseconds("responseDelayMilliseconds");
    let response = body.any("response");
    let response =
        response.and_then(|value| body.read_object("response", Some(value), &read_response));
    if fault.is_none() && delay.is_none() && response_delay.is_none() && response.is_none() {
        body.add_object_error(
            "one of fault, delayMilliseconds, responseDelayMilliseconds and response is required",
        );
    }
    if let Some(fault) = fault {
        rule = rule.fault(fault);
    }
    if let Some(delay) = delay {
        rule = rule.delay(delay);
    }
    if let Some(delay) = response_delay {
        rule = rule.delay_response(delay);
    }
    if let Some(response) = response {
        rule = rule.respond_with(response);
    }
    let times = body.optional_whole_number("times");
    let nth = body.optional_whole_number("nth");
    let always = body.nullable_bool("always").unwrap_or_default();
    rule = match (times, nth, always) {
        (None, None, false) => rule,
        (Some(times), None, false) => rule.times(times),
        (None, Some(0), false) => {
            body.add_field_error("nth", "must be 1 or more");
            rule
        }
        (None, Some(nth), false) => rule.nth(nth),
        (None, None, true) => rule.always(),
        _ => {
            body.add_object_error("only one of times, nth and always can be set");
            rule
        }
    };
    if body.nullable_bool("afterProcessing").unwrap_or_default() {
        rule = rule.after_processing();
    }
    rule
}

fn parsed<T>(body: &mut ObjectReader, name: &str) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parsed = body.optional_string(name)?.parse();
    parsed
        .map_err(|error| body.add_field_error(name, format_args!("must be a known name: {error}")))
        .ok()
}

/// A fault is its name, or an object with its name and its value.
fn read_fault(body: &mut ObjectReader) -> Option<Fault> {
    if !body.is_object("fault") {
        return parsed(body, "fault");
    }
    let value = body.any("fault");
    body.read_object("fault", value, &|fault| {
        let read = parsed::<Fault>(fault, "name");
        let value = fault.any("value").unwrap_or(Value::Null);
        let with_value = read.and_then(|read| read.with_value(&value));
        if with_value.is_none() {
            fault.add_field_error("value", "is not a value of this fault");
        }
        with_value
    })
    .flatten()
}

fn read_response(body: &mut ObjectReader) -> Response {
    let status = body.optional_whole_number("status").unwrap_or_default();
    let status = u16::try_from(status).unwrap_or_default();
    if !(100..1000).contains(&status) {
        body.add_field_error("status", "must be an HTTP status from 100 to 999");
    }
    let content_type = body.optional_string("contentType");
    let json = body.any("json");
    let text = body.nullable_string("text");
    let mut response = match (json, text) {
        (Some(json), None) => Response::json(status, json),
        (None, Some(text)) => {
            let content_type = content_type.unwrap_or_else(|| "text/plain".to_owned());
            Response::text(status, content_type, text)
        }
        (None, None) => Response::empty(status),
        (Some(_), Some(_)) => {
            body.add_object_error("only one of json and text can be set");
            Response::empty(status)
        }
    };
    for (name, value) in body.nullable_object("headers").unwrap_or_default() {
        match value {
            Value::String(value) => response = response.header(name, value),
            _ => body.add_field_error("headers", "must be an object of strings"),
        }
    }
    response
}

/// Writes a rule for the calls that are still to come. `None` if code decides which requests match.
pub(crate) fn write_rule(rule: &Rule) -> Option<Value> {
    if rule.is_conditional() {
        return None;
    }
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if let Some(operation) = rule.operation() {
        set("operation", json!(operation.id()));
    }
    if let Some(fault) = rule.injected_fault() {
        let is_default = fault.name().parse::<Fault>().as_ref() == Ok(fault);
        let written = match fault.value() {
            // `html` alone is not a name that can be parsed.
            Some(value) if matches!(fault, Fault::Html(_)) && !is_default => {
                json!({ "name": "html_500", "value": value })
            }
            Some(value) if !is_default => json!({ "name": fault.name(), "value": value }),
            _ => json!(fault.name()),
        };
        set("fault", written);
    }
    let (delay, response_delay) = rule.delays();
    for (name, delay) in [
        ("delayMilliseconds", delay),
        ("responseDelayMilliseconds", response_delay),
    ] {
        if !delay.is_zero() {
            set(name, json!(whole_milliseconds(delay)));
        }
    }
    if let Some(response) = rule.response() {
        set("response", write_response(response));
    }
    match rule.remaining_calls() {
        SelectedCalls::Next(times) => set("times", json!(times)),
        SelectedCalls::Nth(nth) => set("nth", json!(nth)),
        SelectedCalls::Always => set("always", json!(true)),
    }
    if rule.is_after_processing() {
        set("afterProcessing", json!(true));
    }
    Some(Value::Object(body))
}

fn write_response(response: &Response) -> Value {
    let mut body = json!({ "status": response.status_code() });
    let mut headers = Map::new();
    for (name, value) in response.headers() {
        if !name.eq_ignore_ascii_case("content-type") {
            headers.insert(name.clone(), json!(value));
        } else if !matches!(response.content(), Content::Json(_)) {
            body["contentType"] = json!(value);
        }
    }
    match response.content() {
        Content::Empty => {}
        Content::Json(json) => body["json"] = json.clone(),
        Content::Bytes(bytes) => body["text"] = json!(String::from_utf8_lossy(bytes)),
    }
    if !headers.is_empty() {
        body["headers"] = Value::Object(headers);
    }
    body
}
