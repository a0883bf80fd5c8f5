//! The checks: each is a pure function of the facts, with a stable id. They run in this order.

mod access;
mod contract;
mod network;
mod prevented;
mod settings;
mod webhooks;

use crate::facts::Facts;
use crate::verdict::Verdict;

/// A check. [`CHECKS`] lists all.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Check {
    /// The stable id, such as `access_key.accepted`.
    pub id: &'static str,
    /// What it checks, as a phrase.
    pub about: &'static str,
    pub(crate) judge: fn(&Facts) -> Verdict,
}

/// Every check, in the order of a report.
pub const CHECKS: &[Check] = &[
    Check {
        id: "configuration",
        about: "the access key and the workspace are set, and where they are from",
        judge: settings::configuration,
    },
    Check {
        id: "access_key.form",
        about: "the access key has no foreign prefix, no pasted header and no characters around it",
        judge: settings::key_form,
    },
    Check {
        id: "base_url",
        about: "the base URL is valid",
        judge: settings::base_url,
    },
    Check {
        id: "proxy",
        about: "the proxy variables are valid, the proxy opens a tunnel, and whether the access key passes it",
        judge: settings::proxy,
    },
    Check {
        id: "certificates",
        about: "the certificate store can be read, and trusts the server",
        judge: settings::certificates,
    },
    Check {
        id: "dns",
        about: "the name of the API, or of the proxy, resolves",
        judge: network::dns,
    },
    Check {
        id: "connection",
        about: "the API answers every read",
        judge: network::connection,
    },
    Check {
        id: "access_key.accepted",
        about: "the API accepts the access key",
        judge: access::key_accepted,
    },
    Check {
        id: "workspace",
        about: "the workspace exists, and the access key belongs to it",
        judge: access::workspace,
    },
    Check {
        id: "permission.listConnectors",
        about: "the access key may list connectors",
        judge: |facts| access::permission(facts, "listConnectors"),
    },
    Check {
        id: "permission.getConnector",
        about: "the access key may read a connector",
        judge: |facts| access::permission(facts, "getConnector"),
    },
    Check {
        id: "permission.getConnectorStatus",
        about: "the access key may read the readiness of a connector",
        judge: |facts| access::permission(facts, "getConnectorStatus"),
    },
    Check {
        id: "permission.listChannels",
        about: "the access key may list channels",
        judge: |facts| access::permission(facts, "listChannels"),
    },
    Check {
        id: "permission.getChannel",
        about: "the access key may read a channel",
        judge: |facts| access::permission(facts, "getChannel"),
    },
    Check {
        id: "permission.getChannelConversational",
        about: "the access key may read the conversational flag of a channel",
        judge: |facts| access::permission(facts, "getChannelConversational"),
    },
    Check {
        id: "permission.listNumbers",
        about: "the access key may list numbers",
        judge: |facts| access::permission(facts, "listNumbers"),
    },
    Check {
        id: "permission.listLongCodeNumbers",
        about: "the access key may list long-code numbers",
        judge: |facts| access::permission(facts, "listLongCodeNumbers"),
    },
    Check {
        id: "permission.listUseCases",
        about: "the access key may list use cases",
        judge: |facts| access::permission(facts, "listUseCases"),
    },
    Check {
        id: "permission.getUseCase",
        about: "the access key may read a use case",
        judge: |facts| access::permission(facts, "getUseCase"),
    },
    Check {
        id: "permission.listWebhookSubscriptions",
        about: "the access key may list webhook subscriptions",
        judge: |facts| access::permission(facts, "listWebhookSubscriptions"),
    },
    Check {
        id: "permission.getWebhookSubscription",
        about: "the access key may read a webhook subscription",
        judge: |facts| access::permission(facts, "getWebhookSubscription"),
    },
    Check {
        id: "permission.listWebhookSubscriptionLogs",
        about: "the access key may read the delivery log of a webhook subscription",
        judge: |facts| access::permission(facts, "listWebhookSubscriptionLogs"),
    },
    Check {
        id: "permission.listAvailableWebhooks",
        about: "the access key may list the events that webhooks can receive",
        judge: |facts| access::permission(facts, "listAvailableWebhooks"),
    },
    Check {
        id: "clock",
        about: "the clock of this machine agrees with the `Date` header of the API",
        judge: network::clock,
    },
    Check {
        id: "latency",
        about: "the API answers quickly",
        judge: network::latency,
    },
    Check {
        id: "rate_limit",
        about: "the rate limit of the workspace leaves room for more requests",
        judge: network::rate_limit,
    },
    Check {
        id: "webhooks.url",
        about: "the URL of each webhook subscription is https and has a public host",
        judge: webhooks::url,
    },
    Check {
        id: "webhooks.duplicates",
        about: "no event is delivered twice to the same URL",
        judge: webhooks::duplicates,
    },
    Check {
        id: "webhooks.limit",
        about: "at most five webhook subscriptions have the same event and filters",
        judge: webhooks::limit,
    },
    Check {
        id: "webhooks.signing_keys",
        about: "each webhook subscription has a signing key",
        judge: webhooks::signing_keys,
    },
    Check {
        id: "webhooks.deliveries",
        about: "the latest deliveries of each webhook subscription succeeded",
        judge: webhooks::deliveries,
    },
    Check {
        id: "contract",
        about: "responses have only fields, types and values that the contract knows, and all that it requires",
        judge: contract::differences,
    },
];

#[cfg(test)]
mod tests;
