//! Idempotent subscriptions. A duplicate subscription would deliver every event once more, signed with its own key.

use bird_connectors_api::types::{
    CreateWebhookSubscription, EventFilter, WebhookSubscription, WebhookSubscriptionStatus,
};
use serde_json::json;
use tracing::Instrument as _;

use super::WebhookSubscriptions;
use super::requests::NewSubscription;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::resources::telemetry;

const ACTION: &str = "ensure a webhook subscription";

/// The maximum number of subscriptions with the same filters.
const MAX_PER_FILTERS: usize = 5;

/// An existing or a new subscription, returned by [`WebhookSubscriptions::ensure`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnsuredSubscription {
    /// The subscription.
    pub subscription: WebhookSubscription,
    /// Whether the subscription existed before. If so, it was not changed: it may be inactive, and may use another signing
    /// key.
    pub adopted: bool,
    /// Whether the subscription is known to use the given signing key. False if it existed before and the API returned no
    /// key or another one; [`update`](WebhookSubscriptions::update) sets the key. True if no key was given.
    pub signing_key_applied: bool,
}

/// The subscriptions to both channel events, returned by [`WebhookSubscriptions::subscribe_to_channels`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChannelSubscriptions {
    /// The subscription to `channel.created`.
    pub created: EnsuredSubscription,
    /// The subscription to `channel.updated`.
    pub updated: EnsuredSubscription,
}

impl WebhookSubscriptions {
    /// Adopts the subscription with this service, event, URL and filters, or creates it if there is none. It can be
    /// repeated, for example at every start of a service.
    ///
    /// The order of filters does not matter, and no filters equal an empty list. URLs must be identical strings. The call
    /// does not change the signing key or the status of an adopted subscription. If the create gets a 409 or its outcome is
    /// unknown, the list is read once more.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
    ///
    /// let subscriptions = workspace.webhook_subscriptions();
    /// # for adopted in [false, true] {
    /// let wanted = NewSubscription::new("channel.updated", "https://hooks.example.com/bird").signing_key("signing key");
    /// let ensured = subscriptions.ensure(wanted).await?;
    /// if !ensured.signing_key_applied {
    ///     let update = SubscriptionUpdate::new().signing_key("signing key");
    ///     subscriptions.update(ensured.subscription.id, update).await?;
    /// }
    /// # assert_eq!(ensured.adopted, adopted);
    /// # }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if several subscriptions match, because each of them delivers;
    /// [`details`](Error::details) lists their ids. If the API rejects a sixth subscription with the same filters, the error
    /// lists the five. Otherwise the errors of [`create`](Self::create).
    pub async fn ensure(
        &self,
        subscription: NewSubscription,
    ) -> Result<EnsuredSubscription, Error> {
        let span = telemetry::ensure_subscription(self.workspace().id());
        let work = async {
            let wanted = subscription.checked()?;
            let known = self.existing().await?;
            self.ensure_among(&known, wanted).await
        };
        let result = work.instrument(span.span().clone()).await;
        telemetry::create_ended(span, &result, |ensured| ensured.adopted);
        result
    }

    /// Ensures the subscriptions to `channel.created` and `channel.updated` of every channel of the workspace, both signed
    /// with this key.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// let subscriptions = workspace.webhook_subscriptions();
    /// let both = subscriptions.subscribe_to_channels("https://hooks.example.com/bird", "signing key").await?;
    /// assert_eq!(both.updated.subscription.event, "channel.updated");
    /// # assert_eq!(both.created.subscription.event, "channel.created");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if the key is empty; nothing was sent. Otherwise the errors of
    /// [`ensure`](Self::ensure). If the second subscription fails, the first one stays, and the next call adopts it.
    pub async fn subscribe_to_channels(
        &self,
        url: impl Into<String>,
        signing_key: impl Into<bird_connectors_api::SentSecret>,
    ) -> Result<ChannelSubscriptions, Error> {
        let (url, key) = (url.into(), signing_key.into());
        let span = telemetry::subscribe_to_channels(self.workspace().id());
        let work = self.subscribe(url, key);
        let result = work.instrument(span.span().clone()).await;
        telemetry::create_ended(span, &result, |both| {
            both.created.adopted && both.updated.adopted
        });
        result
    }

    async fn subscribe(
        &self,
        url: String,
        key: bird_connectors_api::SentSecret,
    ) -> Result<ChannelSubscriptions, Error> {
        if key.expose().is_empty() {
            return Err(Error::invalid_input(
                "subscribe to channels",
                "the signing key is empty, so deliveries could not be verified",
            ));
        }
        let wanted = |event: &str| {
            NewSubscription::new(event, url.clone())
                .signing_key(key.clone())
                .checked()
        };
        let (created, updated) = (wanted("channel.created")?, wanted("channel.updated")?);
        let known = self.existing().await?;
        Ok(ChannelSubscriptions {
            created: self.ensure_among(&known, created).await?,
            updated: self.ensure_among(&known, updated).await?,
        })
    }

    /// Reads all subscriptions. An item that cannot be decoded is an error, because it could be the wanted one.
    pub(crate) async fn existing(&self) -> Result<Vec<WebhookSubscription>, Error> {
        let mut items = self.list().items();
        let mut known = Vec::new();
        while let Some(item) = items.next().await {
            known.push(item?);
        }
        Ok(known)
    }

    async fn ensure_among(
        &self,
        known: &[WebhookSubscription],
        wanted: CreateWebhookSubscription,
    ) -> Result<EnsuredSubscription, Error> {
        let (ensured, _) = self.ensure_from(known, wanted).await?;
        Ok(ensured)
    }

    /// Also returns whether the subscription comes from the create that this has sent, as far as that is known.
    pub(crate) async fn ensure_from(
        &self,
        known: &[WebhookSubscription],
        wanted: CreateWebhookSubscription,
    ) -> Result<(EnsuredSubscription, bool), Error> {
        if let Some(adopted) = adopt(known, &wanted)? {
            return Ok((adopted, false));
        }
        let error = match self.send_create(&wanted).await {
            Ok(subscription) => {
                let created = EnsuredSubscription {
                    subscription,
                    adopted: false,
                    signing_key_applied: true,
                };
                return Ok((created, true));
            }
            Err(error) => error,
        };
        if error.is_conflict() || error.outcome() == Some(RequestOutcome::Unknown) {
            // The subscription may exist. If that cannot be determined, the first error is more useful.
            let known = self.existing().await;
            let adopted = known.and_then(|known| adopt(&known, &wanted));
            if let Ok(Some(adopted)) = adopted {
                // After a 409, it may be the subscription of somebody else.
                return Ok((adopted, !error.is_conflict()));
            }
        }
        Err(explain_limit(error, known, &wanted))
    }
}

/// Returns the matching subscription, or an error if there are several.
pub(crate) fn adopt(
    known: &[WebhookSubscription],
    wanted: &CreateWebhookSubscription,
) -> Result<Option<EnsuredSubscription>, Error> {
    let matching: Vec<_> = known
        .iter()
        .filter(|known| known.url == wanted.url && has_same_filters(known, wanted))
        .collect();
    match matching[..] {
        [] => Ok(None),
        [one] => Ok(Some(EnsuredSubscription {
            subscription: one.clone(),
            adopted: true,
            signing_key_applied: match (&wanted.signing_key, &one.signing_key) {
                (None, _) => true,
                (Some(wanted), Some(returned)) => wanted.expose() == returned.expose(),
                (Some(_), None) => false,
            },
        })),
        _ => Err(Error::new(
            ErrorKind::Conflict,
            ACTION,
            format!(
                "{} subscriptions send this event to this URL already, each with its own signing key; delete all but one of {}",
                matching.len(),
                ids(&matching)
            ),
        )
        .with_details(json!(matching.iter().map(|one| one.id).collect::<Vec<_>>()))),
    }
}

/// Adds an explanation to the error if the limit is the likely reason. How the server counts is not documented.
fn explain_limit(
    error: Error,
    known: &[WebhookSubscription],
    wanted: &CreateWebhookSubscription,
) -> Error {
    let matching: Vec<_> = known
        .iter()
        .filter(|known| has_same_filters(known, wanted))
        .collect();
    let rejected = matches!(
        error.kind(),
        ErrorKind::Validation | ErrorKind::Conflict | ErrorKind::PermissionDenied | ErrorKind::Api
    );
    if !rejected || matching.len() < MAX_PER_FILTERS {
        return error;
    }
    let help = format!(
        "the API allows {MAX_PER_FILTERS} subscriptions with the same filters, and {} send {} already: {}; delete one, or let one receiver forward its events",
        matching.len(),
        wanted.event,
        ids(&matching)
    );
    error.with_help(help)
}

/// What identifies a subscription, in a canonical form.
pub(crate) fn identity(wanted: &CreateWebhookSubscription) -> String {
    let filters = filters(wanted.event_filters.as_deref());
    json!([
        "subscription",
        wanted.service,
        wanted.event,
        wanted.url,
        filters
    ])
    .to_string()
}

/// Compares service, event and filters.
fn has_same_filters(known: &WebhookSubscription, wanted: &CreateWebhookSubscription) -> bool {
    known.service == wanted.service
        && known.event == wanted.event
        && filters(known.event_filters.as_deref()) == filters(wanted.event_filters.as_deref())
}

/// The filters in a canonical order.
fn filters(filters: Option<&[EventFilter]>) -> Vec<(&str, &str)> {
    let filters = filters.unwrap_or_default().iter();
    let mut pairs: Vec<_> = filters
        .map(|filter| (filter.key.as_str(), filter.value.as_str()))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Describes subscriptions in an error message.
fn ids(subscriptions: &[&WebhookSubscription]) -> String {
    let each = subscriptions.iter().map(|one| {
        let rest = match one.status {
            WebhookSubscriptionStatus::Active => "",
            _ => ", not active",
        };
        format!("{} ({}{rest})", one.id, one.url)
    });
    each.collect::<Vec<_>>().join(", ")
}
