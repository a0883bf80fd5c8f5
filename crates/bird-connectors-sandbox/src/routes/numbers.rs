//! Numbers: the list of all numbers and the list of long code numbers.

use serde_json::Value;

use crate::api::operation::Operation;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::workspace;
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::state::State;
use crate::state::entry::{Entry, Item};
use crate::state::number::Number;

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let long_codes_only = call.operation == Operation::ListLongCodeNumbers;
    let is_listed = |entry: &&Entry<Number>| {
        !long_codes_only || entry.resource().is_none_or(Number::is_long_code)
    };
    let items = workspace
        .numbers
        .iter()
        .filter(is_listed)
        .map(|entry| ListItem {
            order: entry.order,
            matches: true,
            item: entry,
        });
    let page = page.cut(
        items.collect(),
        &format!("{} {}", call.operation, call.workspace),
        &state.behavior,
    )?;
    Ok(ok(page.into_json(
        &state.behavior,
        |entry: &Entry<Number>| match &entry.item {
            Item::Resource(number) => number.to_json(&state.behavior, &state.clock),
            Item::Raw(value) => Value::clone(value),
        },
    )))
}
