//! `webhooks`.

use bird_connectors::models::{SubscriptionId, WebhookService};
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::webhook::{Delivery, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier};
use futures_util::stream;
use serde_json::{Value, json};

use crate::args::webhooks::{
    SubscribeArguments, SubscriptionStatus, UpdateArguments, VerifyArguments, WebhooksCommand,
};
use crate::context::Context;
use crate::errors::CliError;
use crate::messages;
use crate::output::{Column, CommandOutput, prose, to_json};
use crate::prompt;
use crate::secrets::{self, signing_key};

use super::{deletion, known_values, listen, lists};

const LIST: &[Column] = &[
    Column::new("id", "id"),
    Column::new("event", "event"),
    Column::new("status", "status"),
    Column::new("URL", "url"),
];

const ONE: &[Column] = &[
    Column::new("id", "id"),
    Column::new("service", "service"),
    Column::new("event", "event"),
    Column::new("filters", "eventFilters"),
    Column::new("status", "status"),
    Column::new("URL", "url"),
    Column::new("created", "createdAt"),
];

const SUBSCRIBED: &[Column] = &[
    Column::new("id", "id"),
    Column::new("event", "event"),
    Column::new("created", "created"),
    Column::new("key applied", "signingKeyApplied"),
    Column::new("URL", "url"),
];

const LOGS: &[Column] = &[
    Column::new("request", "requestId"),
    Column::new("status", "executionStatus"),
    Column::new("HTTP", "httpStatusCode"),
    Column::new("attempts", "attemptCount"),
    Column::new("created", "createdAt"),
];

/// The API documentation lists no values; a response in it has this one.
const EXECUTION_STATUS_EXAMPLES: &[&str] = &["succeeded"];

const EVENTS: &[Column] = &[
    Column::new("service", "service"),
    Column::new("event", "event"),
    Column::new("filters", "filterKeys"),
];

const DELETED: &[Column] = &[
    Column::new("subscription", "subscriptionId"),
    Column::new("gone", "gone"),
    Column::new("result", "result"),
];

const VERIFIED: &[Column] = &[
    Column::new("valid", "valid"),
    Column::new("service", "service"),
    Column::new("event", "event"),
    Column::new("channel", "channelId"),
    Column::new("connector", "connectorId"),
    Column::new("sent", "timestamp"),
];

pub(super) async fn run(
    context: &Context,
    command: WebhooksCommand,
) -> Result<CommandOutput, CliError> {
    match command {
        WebhooksCommand::Subscribe(arguments) => subscribe(context, arguments).await,
        WebhooksCommand::List { list } => {
            let subscriptions = context.workspace()?.webhook_subscriptions();
            Ok(lists::output(context, subscriptions.list(), &list, LIST))
        }
        WebhooksCommand::Get { id } => {
            let subscription = context.workspace()?.webhook_subscriptions().get(id).await?;
            Ok(CommandOutput::object(&subscription, ONE))
        }
        WebhooksCommand::Update(arguments) => update(context, arguments).await,
        WebhooksCommand::Delete {
            id,
            yes,
            missing_ok,
        } => {
            if !yes && !confirm_delete(context, id).await? {
                context.message("Nothing was deleted.");
                return Ok(CommandOutput::Nothing);
            }
            let delete = context.workspace()?.webhook_subscriptions().delete(id);
            let resume = context.resume.delete("webhooks", &id.to_string());
            context.interruption.reached(None, resume.clone());
            let result = deletion::run(context, delete, missing_ok).await;
            let result =
                result.map_err(|error| CliError::write(error).with_repetition(|| resume))?;
            Ok(CommandOutput::Object {
                value: result.to_json("subscriptionId", id),
                columns: DELETED,
            })
        }
        WebhooksCommand::Logs {
            id,
            execution_status,
            list,
        } => {
            let mut logs = context.workspace()?.webhook_subscriptions().logs(id);
            if let Some(status) = execution_status {
                known_values::suggest(
                    context,
                    "--execution-status",
                    &status,
                    EXECUTION_STATUS_EXAMPLES,
                );
                logs = logs.execution_status(status);
            }
            Ok(lists::output(context, logs, &list, LOGS))
        }
        WebhooksCommand::Events { service } => events(context, service).await,
        WebhooksCommand::Listen(arguments) => listen::run(context, arguments).await,
        WebhooksCommand::Verify(arguments) => verify(&arguments),
    }
}

/// Asks whether to delete a subscription, and names what stops.
async fn confirm_delete(context: &Context, id: SubscriptionId) -> Result<bool, CliError> {
    let otherwise = format!(
        "deleting a subscription stops its events: to delete {id} without a question, pass --yes"
    );
    if !context.interactive() {
        return Err(CliError::usage(otherwise));
    }
    let subscription = context.workspace()?.webhook_subscriptions().get(id).await?;
    let consequences = format!(
        "Subscription {id}: {} receives no more `{}` events from it.",
        subscription.url, subscription.event
    );
    // A part of the question, which --quiet does not shorten.
    messages::print(prose::wrap(&consequences, prose::error_width()));
    prompt::confirm(context, "Delete it?", &otherwise).await
}

/// Ensures one subscription for each event. Repeating it adopts those that exist.
async fn subscribe(
    context: &Context,
    arguments: SubscribeArguments,
) -> Result<CommandOutput, CliError> {
    let key = signing_key(arguments.signing_key.as_ref())?;
    check_service(context, &arguments.service);
    for event in &arguments.events {
        known_values::suggest(context, "--event", event, known_values::EVENT_EXAMPLES);
    }
    let subscriptions = context.workspace()?.webhook_subscriptions();
    context.interruption.reached(None, context.resume.same());
    let mut results: Vec<Value> = Vec::new();
    for event in &arguments.events {
        let mut wanted =
            NewSubscription::new(event, &arguments.url).service(arguments.service.as_str());
        for (key, value) in &arguments.filter {
            wanted = wanted.filter(key, value);
        }
        if let Some(key) = &key {
            wanted = wanted.signing_key(key.clone());
        }
        let ensuring = subscriptions.ensure(wanted);
        let ensured = context.interruption.while_sending(ensuring).await;
        let ensured = ensured.map_err(|error| {
            // The error replaces the output, and these are not undone.
            for done in &results {
                context.message(&format!(
                    "The subscription {} for {} exists.",
                    done["id"].as_str().unwrap_or_default(),
                    done["event"].as_str().unwrap_or_default()
                ));
            }
            let error = CliError::write(error);
            error.with_repetition(|| context.resume.same())
        })?;
        if !ensured.signing_key_applied {
            context.message(&format!(
                "warning: the subscription {} existed and keeps its signing key: `webhooks update` changes it",
                ensured.subscription.id
            ));
        }
        let mut value = to_json(&ensured.subscription);
        value["created"] = json!(!ensured.adopted);
        // Without a key, there is none to apply.
        value["signingKeyApplied"] = json!(key.as_ref().map(|_| ensured.signing_key_applied));
        results.push(value);
    }
    Ok(list_of(results, SUBSCRIBED))
}

async fn update(context: &Context, arguments: UpdateArguments) -> Result<CommandOutput, CliError> {
    let mut update = SubscriptionUpdate::new();
    if let Some(url) = arguments.url {
        update = update.url(url);
    }
    if let Some(status) = arguments.status {
        update = update.status(match status {
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::Inactive => "inactive",
        });
    }
    if !arguments.filter.is_empty() {
        update = update.filters(arguments.filter);
    }
    if let Some(key) = signing_key(arguments.signing_key.as_ref())? {
        update = update.signing_key(key);
    }
    let subscriptions = context.workspace()?.webhook_subscriptions();
    context.interruption.reached(None, context.resume.same());
    let updating = subscriptions.update(arguments.id, update);
    let updated = context.interruption.while_sending(updating).await;
    let updated = updated
        .map_err(CliError::write)
        .map_err(|error| error.with_repetition(|| context.resume.same()))?;
    Ok(CommandOutput::object(&updated, ONE))
}

async fn events(context: &Context, service: Option<String>) -> Result<CommandOutput, CliError> {
    let mut list = context
        .workspace()?
        .webhook_subscriptions()
        .available_events();
    if let Some(service) = service {
        check_service(context, &service);
        list = list.service(service.as_str());
    }
    let mut services = list.items();
    let mut rows = Vec::new();
    while let Some(service) = services.try_next().await? {
        rows.extend(service.events.iter().map(|event| {
            json!({"service": service.service, "event": event.name, "filterKeys": event.filter_keys})
        }));
    }
    Ok(list_of(rows, EVENTS))
}

fn check_service(context: &Context, service: &str) {
    known_values::check(context, "--service", service, WebhookService::KNOWN);
}

fn verify(arguments: &VerifyArguments) -> Result<CommandOutput, CliError> {
    let key = secrets::read(arguments.signing_key.as_str(), "--signing-key")?;
    let body = secrets::input(&arguments.body, "--body")?;
    let mut verifier = Verifier::new([key], [arguments.url.as_str()])?;
    if let Some(age) = arguments.max_age {
        verifier = verifier.max_age(age);
    }
    let headers = [
        (SIGNATURE_HEADER, arguments.signature.as_str()),
        (TIMESTAMP_HEADER, arguments.timestamp.as_str()),
    ];
    let event = verifier
        .verify(Delivery::new(&headers, &body))
        .map_err(CliError::Webhook)?;
    Ok(CommandOutput::Object {
        value: json!({
            "valid": true,
            "service": event.service,
            "event": event.event,
            "channelId": event.channel_id(),
            "connectorId": event.connector_id(),
            "timestamp": event.timestamp,
            "payload": event.payload,
        }),
        columns: VERIFIED,
    })
}

fn list_of(items: Vec<Value>, columns: &'static [Column]) -> CommandOutput {
    CommandOutput::List {
        pages: Box::pin(stream::once(async { Ok(items) })),
        columns,
    }
}
