//! The operations of the API: id, method and path of each. The router, the request log, the permissions of an access key and
//! the rules of a test all refer to operations by this type.

use super::excerpt::Excerpt;

#[cfg(test)]
mod tests;

macro_rules! operations {
    ($($(#[doc = $doc:literal])* $variant:ident = $id:literal $method:ident $path:literal;)*) => {
        /// One operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The operation id in the API contract, for example `listConnectors`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The HTTP method.
            #[must_use]
            pub const fn method(self) -> &'static str {
                match self { $(Self::$variant => stringify!($method),)* }
            }

            /// The path, with parameters in braces.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)* }
            }
        }
    };
}

operations! {
    /// Create a connector.
    CreateConnector = "createConnector" POST "/workspaces/{workspaceId}/connectors";
    /// List connectors.
    ListConnectors = "listConnectors" GET "/workspaces/{workspaceId}/connectors";
    /// Read a connector.
    GetConnector = "getConnector" GET "/workspaces/{workspaceId}/connectors/{connectorId}";
    /// Read the readiness of an install.
    GetConnectorStatus = "getConnectorStatus" GET "/workspaces/{workspaceId}/connectors/{connectorId}/status";
    /// Delete a connector and its channel.
    DeleteConnector = "deleteConnector" DELETE "/workspaces/{workspaceId}/connectors/{connectorId}";
    /// List channels.
    ListChannels = "listChannels" GET "/workspaces/{workspaceId}/channels";
    /// Read a channel.
    GetChannel = "getChannel" GET "/workspaces/{workspaceId}/channels/{channelId}";
    /// Read whether inbound messages open conversations.
    GetChannelConversational = "getChannelConversational" GET "/workspaces/{workspaceId}/channels/{channelId}/conversational";
    /// Set whether inbound messages open conversations.
    UpdateChannelConversational = "updateChannelConversational" PATCH "/workspaces/{workspaceId}/channels/{channelId}/conversational";
    /// Send a message over a channel.
    SendChannelMessage = "sendChannelMessage" POST "/workspaces/{workspaceId}/channels/{channelId}/messages";
    /// Create a webhook subscription.
    CreateWebhookSubscription = "createWebhookSubscription" POST "/workspaces/{workspaceId}/webhook-subscriptions";
    /// List webhook subscriptions.
    ListWebhookSubscriptions = "listWebhookSubscriptions" GET "/workspaces/{workspaceId}/webhook-subscriptions";
    /// Read a webhook subscription.
    GetWebhookSubscription = "getWebhookSubscription" GET "/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// Change a webhook subscription.
    UpdateWebhookSubscription = "updateWebhookSubscription" PATCH "/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// Delete a webhook subscription.
    DeleteWebhookSubscription = "deleteWebhookSubscription" DELETE "/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// List the deliveries of a webhook subscription.
    ListWebhookSubscriptionLogs = "listWebhookSubscriptionLogs" GET "/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}/logs";
    /// Read one delivery of a webhook subscription.
    GetWebhookSubscriptionLogDetails = "getWebhookSubscriptionLogDetails" GET "/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}/logs/details";
    /// Create a webhook subscription, under the organization path.
    CreateOrganizationWebhookSubscription = "createOrganizationWebhookSubscription" POST "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions";
    /// List webhook subscriptions, under the organization path.
    ListOrganizationWebhookSubscriptions = "listOrganizationWebhookSubscriptions" GET "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions";
    /// Read a webhook subscription, under the organization path.
    GetOrganizationWebhookSubscription = "getOrganizationWebhookSubscription" GET "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// Change a webhook subscription, under the organization path.
    UpdateOrganizationWebhookSubscription = "updateOrganizationWebhookSubscription" PATCH "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// Delete a webhook subscription, under the organization path.
    DeleteOrganizationWebhookSubscription = "deleteOrganizationWebhookSubscription" DELETE "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}";
    /// List the deliveries of a webhook subscription, under the organization path.
    ListOrganizationWebhookSubscriptionLogs = "listOrganizationWebhookSubscriptionLogs" GET "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}/logs";
    /// Read one delivery of a webhook subscription, under the organization path.
    GetOrganizationWebhookSubscriptionLogDetails = "getOrganizationWebhookSubscriptionLogDetails" GET "/organizations/{organizationId}/workspaces/{workspaceId}/webhook-subscriptions/{webhookSubscriptionId}/logs/details";
    /// List the events that webhook subscriptions can select.
    ListAvailableWebhooks = "listAvailableWebhooks" GET "/workspaces/{workspaceId}/available-webhooks";
    /// List phone numbers.
    ListNumbers = "listNumbers" GET "/workspaces/{workspaceId}/numbers";
    /// List long code numbers.
    ListLongCodeNumbers = "listLongCodeNumbers" GET "/workspaces/{workspaceId}/numbers-long-code";
    /// List use cases.
    ListUseCases = "listUseCases" GET "/workspaces/{workspaceId}/use-cases";
    /// Read a use case.
    GetUseCase = "getUseCase" GET "/workspaces/{workspaceId}/use-cases/{useCaseId}";
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

impl std::str::FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.id() == id);
        found.ok_or_else(|| UnknownOperation {
            id: Excerpt::of(id),
            nearest: nearest(id),
        })
    }
}

/// The error of parsing a string that is not an operation id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperation {
    id: Excerpt,
    nearest: Option<Operation>,
}

/// The smallest similarity, from 0 to 1, at which an operation is suggested.
const SIMILAR: f64 = 0.75;

/// The operation that a misspelled id probably means.
fn nearest(id: &str) -> Option<Operation> {
    let start: String = id.chars().take(MAX_ID).collect();
    let plain = start.to_lowercase().replace(['-', '_', '.', ' '], "");
    Operation::ALL
        .iter()
        .map(|&operation| {
            let known = operation.id().to_lowercase();
            (operation, strsim::normalized_levenshtein(&plain, &known))
        })
        .filter(|(_, similarity)| *similarity >= SIMILAR)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(operation, _)| operation)
}

/// The start of an id that is compared. No operation id is longer.
const MAX_ID: usize = 64;

impl std::fmt::Display for UnknownOperation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = &self.id;
        match self.nearest {
            Some(nearest) => write!(f, "unknown operation \"{id}\": did you mean \"{nearest}\"?"),
            None => {
                let ids: Vec<_> = Operation::ALL.iter().map(|known| known.id()).collect();
                let ids = ids.join(", ");
                write!(f, "unknown operation \"{id}\": expected one of {ids}")
            }
        }
    }
}

impl std::error::Error for UnknownOperation {}
