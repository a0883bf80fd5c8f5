//! Verifying a delivery: the signature first, then its age, then the body.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::SentSecret;
use chrono::{DateTime, Utc};
use subtle::Choice;

use super::headers::{self, Headers, malformed};
use super::names::{SIGNATURE_HEADER, TIMESTAMP_HEADER};
use super::signature::{self, BodyHash, Message, SigningKey};
use super::{Event, WebhookError};
use crate::error::Error;

/// Verifies deliveries. Cheap to clone.
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
/// # let now = Some("2026-01-01T00:00:01Z".parse()?); // Instead of `None`, which is: now.
/// let event = verifier.verify(&headers, body, now)?;
/// if let EventKind::ChannelCreated(channel) = event.kind() {
///     println!("channel {:?}", channel.channel_id);
/// }
/// # assert_eq!(event.channel_id(), Some("8362fa40-9ff1-5430-a3ab-79ecc61b96b1".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<[SigningKey]>,
    urls: Arc<[String]>,
    max_age: Duration,
    tolerance: Duration,
}

impl Verifier {
    /// The maximum age where nothing else is said: 24 hours.
    pub const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

    /// The tolerance where nothing else is said: 5 minutes.
    pub const TOLERANCE: Duration = Duration::from_secs(300);

    /// Verifies with these signing keys, for these URLs. Any pair of the two may match: several keys for the time of a
    /// rotation, or because each subscription has its own; several URLs for several subscriptions.
    ///
    /// A URL is the one that the subscription was registered with, letter by letter, path and query included. What a
    /// server sees is often another one, as a proxy has changed host, scheme or path.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where there is no key or no URL, or one of them is empty.
    pub fn new<K: Into<SentSecret>, U: Into<String>>(
        signing_keys: impl IntoIterator<Item = K>,
        urls: impl IntoIterator<Item = U>,
    ) -> Result<Self, Error> {
        let keys = signing_keys
            .into_iter()
            .map(|key| SigningKey::new(key.into().expose()))
            .collect::<Result<Arc<[_]>, _>>()?;
        let urls: Arc<[String]> = urls.into_iter().map(Into::into).collect();
        let refuse = |why| Err(Error::invalid_input("make a webhook verifier", why));
        if keys.is_empty() {
            return refuse("there is no signing key");
        }
        if urls.is_empty() || urls.iter().any(String::is_empty) {
            return refuse("there is no URL, or an empty one; it is part of what is signed");
        }
        Ok(Self {
            keys,
            urls,
            max_age: Self::MAX_AGE,
            tolerance: Self::TOLERANCE,
        })
    }

    /// How old a delivery may be. Default: 24 hours.
    ///
    /// That is wide on purpose. What is not answered with 2xx is sent again for 8 hours, *with the timestamp of the
    /// first attempt*: the usual window of some minutes would refuse every retry after an outage, and with it the
    /// event. Against replays within the window there is [de-duplication](super::DedupStore), for which the signature is
    /// the key.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// How far ahead of this machine's clock a timestamp may be. Default: 5 minutes.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies a delivery: the bytes of the body as they came, and the time, which is now where it is `None`.
    ///
    /// It does not recognise what it has seen before: a retry and a replay verify like the first attempt.
    ///
    /// # Errors
    /// A [`WebhookError`] that says which it was. Answer with a status that is not 2xx.
    pub fn verify(
        &self,
        headers: &(impl Headers + ?Sized),
        body: &[u8],
        now: Option<DateTime<Utc>>,
    ) -> Result<Event, WebhookError> {
        let signature = headers::required(headers, SIGNATURE_HEADER)?;
        let signed_at = headers::required(headers, TIMESTAMP_HEADER)?;
        let request_id = headers::request_id(headers)?;
        let signature = signature::decode(signature)?;
        let timestamp = seconds(signed_at)?;

        let message = self.signed_message(&signature, signed_at, body)?;
        self.check_age(timestamp, now.unwrap_or_else(crate::clock::now))?;
        Event::read(body, request_id, timestamp, message.key())
    }

    /// Tries every key with every URL, and stops at none, so that the time tells nothing.
    fn signed_message(
        &self,
        signature: &[u8; 32],
        timestamp: &str,
        body: &[u8],
    ) -> Result<Message, WebhookError> {
        let body = BodyHash::of(body);
        let mut signed = None;
        for url in self.urls.iter() {
            let message = Message::new(timestamp, url, &body);
            let made = self.keys.iter().fold(Choice::from(0), |made, key| {
                made | key.made(signature, &message)
            });
            if made.into() {
                signed = Some(message);
            }
        }
        signed.ok_or(WebhookError::SignatureMismatch)
    }

    fn check_age(&self, timestamp: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), WebhookError> {
        // The difference of two dates is positive in one direction only.
        let age = (now - timestamp).to_std().unwrap_or_default();
        let ahead = (timestamp - now).to_std().unwrap_or_default();
        if age > self.max_age {
            let by = age - self.max_age;
            return Err(WebhookError::TooOld { by });
        }
        if ahead > self.tolerance {
            let by = ahead - self.tolerance;
            return Err(WebhookError::FromTheFuture { by });
        }
        Ok(())
    }
}

/// Whole seconds since 1970, digits only: the text is signed as it stands.
fn seconds(text: &str) -> Result<DateTime<Utc>, WebhookError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok()).flatten();
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or_else(|| malformed(TIMESTAMP_HEADER, "it is not a time in seconds since 1970"))
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.keys.len())
            .field("urls", &self.urls.len())
            .field("max_age", &self.max_age)
            .field("tolerance", &self.tolerance)
            .finish()
    }
}
