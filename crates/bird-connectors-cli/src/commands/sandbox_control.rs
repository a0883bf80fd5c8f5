//! `sandbox trigger` and `sandbox fault`: control of a sandbox that runs in another process.

use std::net::IpAddr;

use bird_connectors::client::{Method, RawResponse};
use bird_connectors::{Client, ErrorKind};
use clap::ValueEnum as _;
use futures_util::stream;
use http::Uri;
use serde_json::{Map, Value, json};

use crate::args::sandbox::{FaultArguments, TriggerArguments};
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

const DELIVERIES: &[Column] = &[
    Column::new("subscription", "subscriptionId"),
    Column::new("event", "event"),
    Column::new("URL", "url"),
    Column::new("request", "requestId"),
    Column::new("HTTP", "httpStatusCode"),
];

const CLEARED: &[Column] = &[Column::new("removed", "removed")];

/// Sends an event to the subscriptions that select it, and returns the first attempt of each delivery.
pub(super) async fn trigger(
    context: &Context,
    arguments: TriggerArguments,
) -> Result<CommandOutput, CliError> {
    let event = arguments.event.to_possible_value();
    let event = event.map(|event| event.get_name().to_owned());
    let mut body = json!({"event": event, "channelId": arguments.channel});
    if let Some(status) = arguments.set {
        body["status"] = json!(status);
    }
    if let Some(age) = arguments.late {
        body["ageSeconds"] = json!(age.as_secs());
    }
    if arguments.duplicate {
        body["copies"] = json!(1);
    }
    if arguments.forged {
        body["forged"] = json!(true);
    }
    let response = send(context, Method::POST, "/_sandbox/events", &body).await?;
    let response: Value = response.json()?;
    let deliveries = response["deliveries"].as_array().cloned();
    let deliveries = deliveries.unwrap_or_default();
    if deliveries.is_empty() {
        context.message(
            "Nothing was sent: no active subscription selects the event. Create one with: bird-connectors webhooks subscribe",
        );
    }
    for delivery in &deliveries {
        if delivery["hasRoute"] == json!(false) {
            context.message(&format!(
                "Not sent to {}: start the sandbox with --deliver to give the address a route.",
                delivery["url"].as_str().unwrap_or_default()
            ));
        } else if delivery["httpStatusCode"].is_null() {
            context.message(&format!(
                "No response from {}: no receiver listens on the local address of its --deliver route.",
                delivery["url"].as_str().unwrap_or_default()
            ));
        }
    }
    Ok(CommandOutput::List {
        pages: Box::pin(stream::once(async { Ok(deliveries) })),
        columns: DELIVERIES,
    })
}

/// Adds a fault, or removes all of them.
pub(super) async fn fault(
    context: &Context,
    arguments: FaultArguments,
) -> Result<CommandOutput, CliError> {
    if arguments.clear {
        let response = send(context, Method::DELETE, "/_sandbox/rules", &Value::Null).await?;
        let value: Value = response.json()?;
        return Ok(CommandOutput::Object {
            value,
            columns: CLEARED,
        });
    }
    let selected = selected_requests(&arguments);
    let delay = arguments
        .delay
        .map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    let fields = [
        ("fault", json!(arguments.fault)),
        ("operation", json!(arguments.on)),
        ("delayMilliseconds", json!(delay)),
        ("times", json!(arguments.times)),
        ("nth", json!(arguments.nth)),
        ("always", json!(arguments.always)),
        ("afterProcessing", json!(arguments.after_processing)),
    ];
    let body: Map<String, Value> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    send(context, Method::POST, "/_sandbox/rules", &body.into()).await?;
    context.message(&format!("The sandbox applies it to {selected}."));
    Ok(CommandOutput::Nothing)
}

/// Which requests a fault applies to.
fn selected_requests(arguments: &FaultArguments) -> String {
    let requests = match &arguments.on {
        Some(operation) => format!("of {operation}"),
        None => "of any operation".to_owned(),
    };
    match (arguments.times, arguments.nth) {
        _ if arguments.always => format!("every request {requests}, until --clear"),
        (Some(times), _) if times != 1 => format!("the next {times} requests {requests}"),
        (_, Some(nth)) => format!("request number {nth} {requests}, counted from now"),
        _ => format!("the next request {requests}"),
    }
}

/// Sends a request of the sandbox's control API, which no other server gets.
async fn send(
    context: &Context,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<RawResponse, CliError> {
    let client = context.client()?;
    if !is_local(client) {
        return Err(CliError::usage(format!(
            "{} is not a sandbox on this machine: set BIRD_BASE_URL and BIRD_ACCESS_KEY to the values that \
             `bird-connectors sandbox` printed",
            client.base_url()
        )));
    }
    let mut request = client.request(method, path);
    if !body.is_null() {
        request = request.json(body);
    }
    request.send().await.map_err(|error| {
        let not_found = error.kind() == ErrorKind::NotFound;
        let unknown_path = not_found && error.code().is_none();
        let error = CliError::from(error);
        if unknown_path {
            error.with_hint("the server is not a sandbox, or one of an older version")
        } else if not_found {
            error.with_hint("`bird-connectors channels list` shows the channels and their ids")
        } else {
            error
        }
    })
}

/// Whether the base URL is on this machine, where a sandbox listens.
fn is_local(client: &Client) -> bool {
    let uri = client.base_url().parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
