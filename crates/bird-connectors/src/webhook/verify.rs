//! Verification of a delivery: first the signature, then the age, then the body.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::SentSecret;
use chrono::{DateTime, Utc};
use subtle::Choice;
use url::Url;

use super::delivery::malformed;
use super::names::TIMESTAMP_HEADER;
use super::signature::{self, BodyHash, SignedMessage, SigningKey};
use super::{Delivery, Event, WebhookError, telemetry};
use crate::error::Error;

/// Verifies deliveries: the signature, the age and the form of the body. Cheap to clone.
///
/// ```
/// use bird_connectors::webhook::{EventKind, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::new(["test-signing-key"], ["https://example.com/webhooks/bird?tenant=42"])?;
/// let headers = [
///     ("MessageBird-Signature", "UagFN+JcLLPQULzGYh2j9zSPozzQBJIuXfgLd5hZcao="),
///     ("MessageBird-Request-Timestamp", "1767225600"),
///     ("MessageBird-Request-Id", "8e1b7a3e"),
/// ];
/// let body = br#"{"service":"channels","event":"channel.created","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}}"#;
///
/// // The delivery is from January 2026, so `verify` rejects it as too old.
/// assert_eq!(verifier.verify((&headers, body)).unwrap_err().reason(), "timestamp_too_old");
///
/// let event = verifier.verify_at((&headers, body), "2026-01-01T00:00:01Z".parse()?)?;
/// let EventKind::ChannelCreated(channel) = event.kind() else { panic!("{event:?}") };
/// assert_eq!(channel.channel_id, Some("8362fa40-9ff1-5430-a3ab-79ecc61b96b1".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    accepted: Arc<Accepted>,
    max_age: Duration,
    tolerance: Duration,
}

/// The keys and URLs that a delivery can be signed with. Behind one pointer, because a server clones its verifier for each delivery.
struct Accepted {
    keys: Vec<SigningKey>,
    urls: Vec<String>,
}

impl Verifier {
    /// The default maximum age: 24 hours.
    pub const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

    /// The default tolerance: 5 minutes.
    pub const TOLERANCE: Duration = Duration::from_secs(300);

    /// Creates a verifier for these signing keys and URLs. A delivery is valid if any pair of key and URL matches. Pass
    /// several keys during a rotation or if every subscription has its own, and several URLs for several subscriptions.
    ///
    /// The signature covers the URL. It must equal the URL that the subscription was registered with, including path
    /// and query. A server often sees another one, because a proxy changed the host, the scheme or the path.
    ///
    /// White space around a URL is ignored. A line break at the end of a key, as keys read from a file have, and quotes around it
    /// are removed with a warning in the log; the key as it was passed is accepted, too.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there is no key or no URL, if a key is empty, or if a
    /// URL is not a complete one with `https://` or `http://`.
    pub fn new<K: Into<SentSecret>, U: Into<String>>(
        signing_keys: impl IntoIterator<Item = K>,
        urls: impl IntoIterator<Item = U>,
    ) -> Result<Self, Error> {
        let invalid = |why: &str| Err(Error::invalid_input("create a webhook verifier", why));
        let mut keys = Vec::new();
        for key in signing_keys {
            let key = key.into();
            // A key that was read from a file, or copied with its quotes. If they are a part of the key after all, it
            // verifies, too.
            let line = key.expose().trim_end_matches(['\r', '\n']);
            let bare = without_quotes(line);
            keys.push(SigningKey::new(bare)?);
            if bare != line {
                tracing::warn!(
                    target: crate::telemetry::WEBHOOK,
                    "a signing key is in quotes: remove them"
                );
                keys.push(SigningKey::new(line)?);
            }
            if line != key.expose() {
                tracing::warn!(
                    target: crate::telemetry::WEBHOOK,
                    "a signing key ends with a line break: remove it"
                );
                keys.push(SigningKey::new(key.expose())?);
            }
        }
        let mut signed_urls = Vec::new();
        for url in urls {
            let url: String = url.into();
            match subscription_url(&url) {
                Ok(url) => signed_urls.push(url.to_owned()),
                Err(why) => return invalid(why),
            }
        }
        if keys.is_empty() {
            return invalid("no signing key given");
        }
        if signed_urls.is_empty() {
            return invalid(
                "no URL given: pass the URL of the subscription, which the signature covers",
            );
        }
        Ok(Self {
            accepted: Arc::new(Accepted {
                keys,
                urls: signed_urls,
            }),
            max_age: Self::MAX_AGE,
            tolerance: Self::TOLERANCE,
        })
    }

    /// Sets the maximum age of a delivery. Default: 24 hours.
    ///
    /// The default is long because the API retries a delivery for 8 hours *with the timestamp of the first attempt*. The
    /// usual window of a few minutes would reject every retry after an outage and lose the event. Within the window,
    /// [deduplication](super::Deduplicator) protects against replays.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets how far a timestamp may be ahead of the clock of this machine. Default: 5 minutes.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies a delivery against the clock of this machine. Pass `(&headers, &body)`, an [`http::Request`] by reference,
    /// or a [`Delivery`].
    ///
    /// A retry and a replay verify like the first attempt: recognize them with a [`Deduplicator`](super::Deduplicator).
    ///
    /// # Errors
    /// A [`WebhookError`] with the reason. Respond with a status other than 2xx; 401 is usual.
    pub fn verify<'a>(&self, delivery: impl Into<Delivery<'a>>) -> Result<Event, WebhookError> {
        self.verify_at(delivery, crate::clock::now())
    }

    /// Verifies a delivery as [`verify`](Self::verify) does, with `now` as the current time. Use it in tests, and to verify
    /// a delivery that was stored.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_at<'a>(
        &self,
        delivery: impl Into<Delivery<'a>>,
        now: DateTime<Utc>,
    ) -> Result<Event, WebhookError> {
        let delivery = delivery.into();
        telemetry::in_span(now, || self.check(delivery, now))
    }

    fn check(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Event, WebhookError> {
        let signature = delivery.signature()?;
        let signed_at = delivery.timestamp()?;
        let signature = signature::decode(signature)?;
        let timestamp = parse_timestamp(signed_at)?;

        let message = self.signed_message(&signature, signed_at, delivery.body())?;
        self.check_age(timestamp, now)?;
        Event::read(
            delivery.body(),
            delivery.request_id(),
            timestamp,
            message.key(),
        )
    }

    /// Tries every key with every URL, even after a match, so that the duration reveals nothing.
    fn signed_message(
        &self,
        signature: &[u8; 32],
        timestamp: &str,
        body: &[u8],
    ) -> Result<SignedMessage, WebhookError> {
        let body = BodyHash::of(body);
        let mut signed = None;
        for url in &self.accepted.urls {
            let message = SignedMessage::new(timestamp, url, &body);
            let matches = self
                .accepted
                .keys
                .iter()
                .fold(Choice::from(0), |matches, key| {
                    matches | key.matches(signature, &message)
                });
            if matches.into() {
                signed = Some(message);
            }
        }
        signed.ok_or(WebhookError::SignatureMismatch)
    }

    fn check_age(&self, timestamp: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), WebhookError> {
        // A negative difference is not a `Duration` and becomes zero.
        let age = (now - timestamp).to_std().unwrap_or_default();
        let ahead = (timestamp - now).to_std().unwrap_or_default();
        if age > self.max_age {
            let by = age - self.max_age;
            return Err(WebhookError::TimestampTooOld { by });
        }
        if ahead > self.tolerance {
            let by = ahead - self.tolerance;
            return Err(WebhookError::TimestampInFuture { by });
        }
        Ok(())
    }
}

/// The key without the quotes around it.
fn without_quotes(key: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(key)
}

/// Returns the URL as it is signed, or the reason why no subscription can have it.
fn subscription_url(url: &str) -> Result<&str, &'static str> {
    let url = url.trim();
    if url.is_empty() {
        return Err("a URL is empty: pass the URL of the subscription, which the signature covers");
    }
    let web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if !web || !url.contains("://") {
        return Err(
            "a URL is not complete: pass the URL of the subscription as it was registered, such as \
             https://hooks.example.com/bird",
        );
    }
    Ok(url)
}

/// Accepts digits only, because the header is signed exactly as it is written.
fn parse_timestamp(value: &str) -> Result<DateTime<Utc>, WebhookError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| value.parse().ok()).flatten();
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or_else(|| malformed(TIMESTAMP_HEADER, "it is not a number of seconds since 1970"))
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.accepted.keys.len())
            .field("urls", &self.accepted.urls.len())
            .field("max_age", &self.max_age)
            .field("tolerance", &self.tolerance)
            .finish()
    }
}
