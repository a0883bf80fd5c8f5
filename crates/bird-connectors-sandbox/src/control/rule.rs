//! A rule in a request of the control API. Pure.

use std::time::Duration;

use crate::api::error::ApiError;
use crate::api::object_reader::ObjectReader;
use crate::api::operation::Operation;
use crate::scenario::fault::Fault;
use crate::scenario::rule::Rule;

/// Parses a rule. Without `operation` it applies to every request, and without a selection to the next one.
pub(super) fn parse(mut body: ObjectReader) -> Result<Rule, ApiError> {
    let mut rule = match parsed::<Operation>(&mut body, "operation") {
        Some(operation) => Rule::on(operation),
        None => Rule::on_any(),
    };
    let fault = parsed::<Fault>(&mut body, "fault");
    let delay = body.optional_whole_number("delayMilliseconds");
    if fault.is_none() && delay.is_none() {
        body.add_error("one of fault and delayMilliseconds is required");
    }
    if let Some(fault) = fault {
        rule = rule.fault(fault);
    }
    if let Some(milliseconds) = delay {
        rule = rule.delay(Duration::from_millis(milliseconds));
    }
    let times = body.optional_whole_number("times");
    let nth = body.optional_whole_number("nth");
    let always = body.nullable_bool("always").unwrap_or_default();
    rule = match (times, nth, always) {
        (None, None, false) => rule,
        (Some(times), None, false) => rule.times(times),
        (None, Some(nth), false) => rule.nth(nth),
        (None, None, true) => rule.always(),
        _ => {
            body.add_error("only one of times, nth and always can be set");
            rule
        }
    };
    if body.nullable_bool("afterProcessing").unwrap_or_default() {
        rule = rule.after_processing();
    }
    body.finish()?;
    Ok(rule)
}

fn parsed<T>(body: &mut ObjectReader, name: &str) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parsed = body.optional_string(name)?.parse();
    parsed
        .map_err(|error| body.add_error(format!("{name} must be a known name: {error}")))
        .ok()
}
