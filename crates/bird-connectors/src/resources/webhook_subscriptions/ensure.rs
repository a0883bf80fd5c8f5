//! Subscribing without doing it twice: each further subscription is a further delivery of the same event, signed with
//! a key of its own.

use bird_connectors_api::types::{
    CreateWebhookSubscription, EventFilter, WebhookSubscription, WebhookSubscriptionStatus,
};
use serde_json::json;

use super::{NewSubscription, WebhookSubscriptions};
use crate::error::{Error, ErrorKind, RequestOutcome};

const ACTION: &str = "ensure a webhook subscription";

/// The API allows this many subscriptions with the same filters.
const PER_FILTERS: usize = 5;

/// A subscription that was there already, or was made. Made by [`WebhookSubscriptions::ensure`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnsuredSubscription {
    /// The subscription.
    pub subscription: WebhookSubscription,
    /// True where it was there already. Then nothing of it was changed: it may be inactive, and signed with another key.
    pub adopted: bool,
    /// False where it may be signed with another key than the one that was given: it was there already, and the API
    /// does not show its key, or shows another one. [`update`](WebhookSubscriptions::update) sets it.
    pub signing_key_applied: bool,
}

/// The two subscriptions that tell of channels. Made by [`WebhookSubscriptions::subscribe_to_channels`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChannelSubscriptions {
    /// The one to `channel.created`.
    pub created: EnsuredSubscription,
    /// The one to `channel.updated`.
    pub updated: EnsuredSubscription,
}

impl WebhookSubscriptions {
    /// Creates a subscription, unless there is one for the same service, event, URL and filters: that one is adopted as
    /// it is. Doing it again does nothing.
    ///
    /// Filters are the same in any order, none and an empty list are one, and the URL is compared letter by letter.
    /// Neither the signing key nor the status of an adopted subscription is touched. Where the outcome of the create is
    /// unknown, or it is answered with 409, the list is read once more.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where several such subscriptions exist: each delivers, and which one is meant cannot be told;
    /// [`details`](Error::details) lists their ids. Where the API refuses a sixth subscription with the same filters, the
    /// error says so and lists the five. Otherwise as [`create`](Self::create).
    pub async fn ensure(
        &self,
        subscription: NewSubscription,
    ) -> Result<EnsuredSubscription, Error> {
        let wanted = subscription.checked()?;
        let known = self.known().await?;
        self.ensure_among(&known, wanted).await
    }

    /// Ensures the two subscriptions that tell of every channel of the workspace: to `channel.created` and to
    /// `channel.updated`, without filters, both signed with this key.
    ///
    /// # Errors
    /// As [`ensure`](Self::ensure). Where the second one fails the first one stays; doing it again adopts it.
    pub async fn subscribe_to_channels(
        &self,
        url: impl Into<String>,
        signing_key: impl Into<bird_connectors_api::SentSecret>,
    ) -> Result<ChannelSubscriptions, Error> {
        let (url, key) = (url.into(), signing_key.into());
        if key.expose().is_empty() {
            return Err(Error::invalid_input(
                "subscribe to channels",
                "the signing key is empty, so that nothing could be verified",
            ));
        }
        let wanted = |event: &str| {
            NewSubscription::new(event, url.clone())
                .signing_key(key.clone())
                .checked()
        };
        let (created, updated) = (wanted("channel.created")?, wanted("channel.updated")?);
        let known = self.known().await?;
        Ok(ChannelSubscriptions {
            created: self.ensure_among(&known, created).await?,
            updated: self.ensure_among(&known, updated).await?,
        })
    }

    /// Every subscription there is. One that cannot be read may be the wanted one, so it is an error.
    async fn known(&self) -> Result<Vec<WebhookSubscription>, Error> {
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
        if let Some(adopted) = adopt(known, &wanted)? {
            return Ok(adopted);
        }
        let error = match self.post(&wanted).await {
            Ok(subscription) => {
                return Ok(EnsuredSubscription {
                    subscription,
                    adopted: false,
                    signing_key_applied: true,
                });
            }
            Err(error) => error,
        };
        if error.is_conflict() || error.outcome() == Some(RequestOutcome::Unknown) {
            // It may have come about all the same. Where that cannot be found out, the first error tells more.
            let known = self.known().await;
            let adopted = known.and_then(|known| adopt(&known, &wanted));
            if let Ok(Some(adopted)) = adopted {
                return Ok(adopted);
            }
        }
        Err(with_limit(error, known, &wanted))
    }
}

/// The one subscription that is the same.
fn adopt(
    known: &[WebhookSubscription],
    wanted: &CreateWebhookSubscription,
) -> Result<Option<EnsuredSubscription>, Error> {
    let same: Vec<_> = known
        .iter()
        .filter(|known| known.url == wanted.url && filters_alike(known, wanted))
        .collect();
    match same[..] {
        [] => Ok(None),
        [one] => Ok(Some(EnsuredSubscription {
            subscription: one.clone(),
            adopted: true,
            signing_key_applied: match (&wanted.signing_key, &one.signing_key) {
                (None, _) => true,
                (Some(wanted), Some(shown)) => wanted.expose() == shown.expose(),
                (Some(_), None) => false,
            },
        })),
        _ => Err(Error::new(
            ErrorKind::Conflict,
            ACTION,
            format!(
                "{} subscriptions send this event to this URL already, each with its own signing key; delete all but one of {}",
                same.len(),
                ids(&same)
            ),
        )
        .with_details(json!(same.iter().map(|one| one.id).collect::<Vec<_>>()))),
    }
}

/// Says what a refusal is about where the limit is the likely reason. The server decides: how exactly it counts is not
/// documented.
fn with_limit(
    error: Error,
    known: &[WebhookSubscription],
    wanted: &CreateWebhookSubscription,
) -> Error {
    let alike: Vec<_> = known
        .iter()
        .filter(|known| filters_alike(known, wanted))
        .collect();
    let refused = matches!(
        error.kind(),
        ErrorKind::Validation | ErrorKind::Conflict | ErrorKind::PermissionDenied | ErrorKind::Api
    );
    if !refused || alike.len() < PER_FILTERS {
        return error;
    }
    let help = format!(
        "the API allows {PER_FILTERS} subscriptions with the same filters, and {} send {} already: {}; delete one, or let one URL pass events on",
        alike.len(),
        wanted.event,
        ids(&alike)
    );
    error.with_help(help)
}

/// The same service, event and filters.
fn filters_alike(known: &WebhookSubscription, wanted: &CreateWebhookSubscription) -> bool {
    known.service == wanted.service
        && known.event == wanted.event
        && filters(known.event_filters.as_deref()) == filters(wanted.event_filters.as_deref())
}

/// In an order that does not depend on how they were written.
fn filters(filters: Option<&[EventFilter]>) -> Vec<(&str, &str)> {
    let filters = filters.unwrap_or_default().iter();
    let mut pairs: Vec<_> = filters
        .map(|filter| (filter.key.as_str(), filter.value.as_str()))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// For people: which they are, and where they lead.
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
