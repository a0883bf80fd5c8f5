//! What does not change while the sandbox runs: its addresses, the operations, the faults and the readings of the API.

use serde_json::{Value, json};

use crate::api::operation::Operation;
use crate::scenario::behavior::Behavior;
use crate::scenario::fault::Fault;
use crate::scene::data::Scene;
use crate::state::State;
use crate::state::entry::Entry;
use crate::state::observations::{BODY, BYTES, DELIVERIES, REQUESTS};
use crate::ui::page::Page;

/// What each fault does, by its name.
const EFFECTS: [(&str, &str); 28] = [
    (
        "down",
        "All connections to the API are closed, and new ones are refused for one second.",
    ),
    (
        "reset_before_headers",
        "The connection is reset instead of a response.",
    ),
    (
        "reset_in_body",
        "The connection is reset after half of the body.",
    ),
    (
        "stall_before_headers",
        "No bytes are sent, and the connection stays open.",
    ),
    (
        "stall_before_body",
        "Only the headers are sent, and the connection stays open.",
    ),
    (
        "stall_in_body",
        "The headers and half of the body are sent, and the connection stays open.",
    ),
    (
        "lost_response",
        "The connection is closed without a byte of the response.",
    ),
    (
        "close_idle",
        "The response is sent, and the keep-alive connection is closed afterwards.",
    ),
    ("html_500", "A proxy answers 500 with an HTML page."),
    ("html_502", "A proxy answers 502 with an HTML page."),
    ("html_503", "A proxy answers 503 with an HTML page."),
    ("html_504", "A proxy answers 504 with an HTML page."),
    ("too_many_requests", "429 without Retry-After."),
    ("retry_after", "429 with Retry-After: 1."),
    (
        "truncated_json",
        "Half of the body, with a Content-Length to match.",
    ),
    ("length_too_long", "Content-Length is twice the body."),
    (
        "length_too_short",
        "Content-Length is half of the body, and the rest follows.",
    ),
    (
        "html_200",
        "200 with an HTML page, as a captive portal sends it.",
    ),
    (
        "wrong_shape",
        "200 with JSON that does not fit any schema of the API.",
    ),
    (
        "gzip_bomb",
        "200 with a megabyte that decompresses to a gigabyte.",
    ),
    ("huge", "200 with a gigabyte of JSON."),
    ("not_utf8", "200 with JSON that is not UTF-8."),
    ("empty", "200 with an empty body."),
    ("redirect", "307 to another origin."),
    (
        "continue_storm",
        "Many 100 Continue responses before the response.",
    ),
    (
        "slow_commit",
        "A create is answered immediately, but its result is visible only one second later.",
    ),
    (
        "duplicate_items",
        "The first item of a page is repeated at its end.",
    ),
    (
        "token_loop",
        "Page tokens form a cycle, and the list never ends.",
    ),
];

/// The addresses of the sandbox, and the bounds of what it records for the page.
pub(super) fn settings(page: &Page, state: &State) -> Value {
    let workspace = state.workspaces.get(&page.workspace);
    let key = state.keys.first().filter(|key| key.is_generated());
    let observations = state.observations.as_ref();
    let numbers = workspace
        .into_iter()
        .flat_map(|workspace| &workspace.numbers);
    let numbers = numbers.filter_map(Entry::resource);
    let redactor = state.redactor();
    let routes = state.webhooks.routes().iter();
    let routes =
        routes.map(|(public, local)| json!({ "public": redactor.url(public), "local": local }));
    json!({
        "instance": observations.map(|observations| observations.instance),
        "version": env!("CARGO_PKG_VERSION"),
        "pagePort": page.address.port(),
        "baseUrl": format!("http://{}", page.api),
        // A key that somebody has chosen may be used elsewhere, too.
        "accessKey": key.map(|key| key.secret()),
        "workspaceId": page.workspace,
        "organizationId": workspace.map(|workspace| workspace.organization),
        "command": page.command,
        "routes": routes.collect::<Vec<_>>(),
        "numbers": numbers
            .map(|number| json!({ "id": number.id(), "number": number.number_string() }))
            .collect::<Vec<_>>(),
        "bounds": { "requests": REQUESTS, "deliveries": DELIVERIES, "bytes": BYTES, "body": BODY },
    })
}

pub(super) fn catalog() -> Value {
    let operations = Operation::ALL.iter().map(|operation| {
        json!({ "id": operation.id(), "method": operation.method(), "path": operation.path() })
    });
    let faults = Fault::all().into_iter().map(|fault| {
        json!({
            "name": fault.name(),
            "effect": effect(fault.name()),
            "processed": fault.needs_response(),
        })
    });
    let settings = Behavior::default().settings();
    let behavior = settings.iter().map(|setting| {
        let values = setting
            .values()
            .map(|(name, description)| json!({ "name": name, "description": description }));
        json!({
            "name": setting.name(),
            "description": setting.description(),
            "fact": setting.fact(),
            "values": values.collect::<Vec<_>>(),
        })
    });
    json!({
        "operations": operations.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
        "behavior": behavior.collect::<Vec<_>>(),
    })
}

fn effect(name: &str) -> &'static str {
    let mut effects = EFFECTS.iter();
    effects
        .find(|(known, _)| *known == name)
        .map_or("", |(_, effect)| effect)
}

/// The scene at this moment.
pub(super) fn scene(page: &Page, state: &State) -> Scene {
    let workspace = state.workspaces.get(&page.workspace);
    workspace.map_or_else(Scene::default, |workspace| Scene::capture(state, workspace))
}

#[cfg(test)]
mod tests {
    use super::{EFFECTS, effect};
    use crate::scenario::fault::Fault;

    #[test]
    fn every_fault_has_an_effect_and_every_effect_a_fault() {
        for fault in Fault::all() {
            assert!(!effect(fault.name()).is_empty(), "{fault} has no effect");
        }
        assert_eq!(EFFECTS.len(), Fault::all().len());
    }
}
