//! Numbers: the list of all numbers and the list of long code numbers.

use serde_json::Value;

use crate::api::operation::Operation;
use crate::api::query::Query;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::workspace;
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::state::State;
use crate::state::entry::{Entry, Item};
use crate::state::number::Number;

/// The filters of both lists of numbers. How the API compares them is not documented; this is the likely meaning of their
/// names.
#[derive(Debug)]
struct NumberFilters {
    prefix: Option<String>,
    search_term: Option<String>,
    status: Option<String>,
    number_type: Option<String>,
    country: Option<String>,
    capabilities: Option<String>,
    number_string: Option<String>,
    country_codes: Vec<String>,
    provider_ids: Vec<String>,
}

impl NumberFilters {
    /// Reads the filters. Only the list of long codes has the last three.
    fn read(query: &mut Query, long_codes: bool) -> Self {
        let mut filters = Self {
            prefix: query.string("prefix"),
            search_term: query.string("searchTerm"),
            status: query.string("status"),
            number_type: query.string("type"),
            country: query.string("country"),
            capabilities: query.string("capabilities"),
            number_string: None,
            country_codes: Vec::new(),
            provider_ids: Vec::new(),
        };
        if long_codes {
            filters.number_string = query.string("numberString");
            filters.country_codes = query.strings("countryCodes");
            filters.provider_ids = query.strings("providerIds");
        }
        filters
    }

    fn accept(&self, fields: &FilterFields<'_>) -> bool {
        let equal = |accepted: &Option<String>, value: Option<&str>| {
            accepted.is_none() || accepted.as_deref() == value
        };
        let any = |accepted: &[String], value: Option<&str>| {
            accepted.is_empty()
                || value.is_some_and(|value| accepted.iter().any(|one| one == value))
        };
        let number = fields.number.unwrap_or_default();
        let starts_with = |prefix: &String| {
            number
                .trim_start_matches('+')
                .starts_with(prefix.trim_start_matches('+'))
        };
        self.prefix.as_ref().is_none_or(starts_with)
            && self
                .search_term
                .as_ref()
                .is_none_or(|term| number.contains(term))
            && equal(&self.status, fields.status)
            && equal(&self.number_type, fields.number_type)
            && equal(&self.country, fields.country)
            && self
                .capabilities
                .as_ref()
                .is_none_or(|name| fields.capabilities.contains(&name.as_str()))
            && equal(&self.number_string, fields.number)
            && any(&self.country_codes, fields.country)
            && any(&self.provider_ids, fields.provider)
    }
}

/// The fields of a number that filters compare.
#[derive(Default)]
struct FilterFields<'a> {
    number: Option<&'a str>,
    status: Option<&'a str>,
    number_type: Option<&'a str>,
    country: Option<&'a str>,
    capabilities: Vec<&'static str>,
    provider: Option<&'a str>,
}

impl<'a> FilterFields<'a> {
    fn of(entry: &'a Entry<Number>) -> Self {
        match &entry.item {
            Item::Resource(number) => Self {
                number: Some(number.number_string()),
                status: number.filter_status(),
                number_type: Some(number.type_name()),
                country: Some(number.country_code()),
                capabilities: number.capability_names(),
                provider: number.filter_provider(),
            },
            Item::Raw(value) => Self {
                number: value["numberString"].as_str(),
                status: value["status"].as_str(),
                number_type: value["type"].as_str(),
                country: value["countryCode"].as_str(),
                capabilities: Vec::new(),
                provider: None,
            },
        }
    }
}

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 99));
    let long_codes_only = call.operation == Operation::ListLongCodeNumbers;
    let filters = NumberFilters::read(&mut call.query, long_codes_only);
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let is_listed = |entry: &&Entry<Number>| {
        !long_codes_only || entry.resource().is_none_or(Number::is_long_code)
    };
    let items = workspace
        .numbers
        .iter()
        .filter(is_listed)
        .map(|entry| ListItem {
            order: entry.order,
            matches: filters.accept(&FilterFields::of(entry)),
            item: entry,
        });
    let page = page.cut(
        items.collect(),
        &format!("{} {} {filters:?}", call.operation, call.workspace),
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
