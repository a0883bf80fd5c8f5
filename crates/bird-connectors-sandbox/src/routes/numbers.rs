//! Numbers: the list, and the list of long code numbers.

use serde_json::Value;

use super::{Outcome, ok, workspace};
use crate::dispatch::Call;
use crate::number::Number;
use crate::operation::Operation;
use crate::paging::{Listed, PageRequest, PageSize};
use crate::state::{Entry, Item, State};

pub(super) fn list(state: &State, mut call: Call) -> Outcome {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let only_long_codes = call.operation == Operation::ListLongCodeNumbers;
    let belongs =
        |entry: &&Entry<Number>| !only_long_codes || entry.made().is_none_or(Number::is_long_code);
    let listed = workspace
        .numbers
        .iter()
        .filter(belongs)
        .map(|entry| Listed {
            order: entry.order,
            matches: true,
            item: entry,
        });
    let page = page.cut(
        listed.collect(),
        &format!("{} {}", call.operation, call.workspace),
        &state.behavior,
    )?;
    Ok(ok(page.into_json(
        &state.behavior,
        |entry: &Entry<Number>| match &entry.item {
            Item::Made(number) => number.to_json(&state.behavior, &state.clock),
            Item::Raw(value) => Value::clone(value),
        },
    )))
}
