//! Use cases: list and get.

use serde_json::Value;

use crate::api::error::ApiError;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::workspace;
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::state::State;
use crate::state::entry::{Entry, Item};
use crate::state::use_case::UseCase;

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 1000));
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let items = workspace.use_cases.iter().map(|entry| ListItem {
        order: entry.order,
        matches: true,
        item: entry,
    });
    let list = format!("use cases {}", call.workspace);
    let page = page.cut(items.collect(), &list, &state.behavior)?;
    Ok(ok(page.into_json(&state.behavior, |entry| {
        entry_json(state, entry)
    })))
}

pub(super) fn get(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("useCaseId")?;
    call.query.finish()?;
    let mut entries = workspace(state, call.workspace)?.use_cases.iter();
    let has_id = |entry: &&Entry<UseCase>| {
        let resource = entry.resource();
        resource.is_some_and(|use_case| use_case.id() == id) || entry.raw_with_id(id).is_some()
    };
    let entry = entries
        .find(has_id)
        .ok_or_else(|| ApiError::not_found(format_args!("use case {id}")))?;
    Ok(ok(entry_json(state, entry)))
}

fn entry_json(state: &State, entry: &Entry<UseCase>) -> Value {
    match &entry.item {
        Item::Resource(use_case) => use_case.to_json(&state.behavior, &state.clock),
        Item::Raw(value) => value.clone(),
    }
}
