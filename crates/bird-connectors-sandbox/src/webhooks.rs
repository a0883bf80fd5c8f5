//! How webhooks are delivered, and what goes wrong on the way: settings, and the record of what was sent.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use uuid::Uuid;

/// How webhooks are delivered, and what goes wrong on the way. Set before the start with
/// [`SandboxBuilder::webhooks`](crate::SandboxBuilder::webhooks), or at any time with [`Sandbox::webhooks`](crate::Sandbox::webhooks).
///
/// ```
/// use std::{net::SocketAddr, time::Duration};
/// use bird_connectors_sandbox::Sandbox;
///
/// let receiver: SocketAddr = "127.0.0.1:8080".parse().unwrap();
/// let builder = Sandbox::builder().webhooks(|webhooks| {
///     webhooks.route("https://hooks.example.com", receiver);
///     webhooks.copies = 1;
///     webhooks.timestamp_age = Duration::from_secs(4 * 3600);
/// });
/// # let _ = builder;
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct WebhookSettings {
    routes: Vec<(String, SocketAddr)>,
    /// The pauses before the second and every further attempt, as long as the answer is not 2xx. The real ones grow over
    /// 8 hours; these are 0.1 s, 0.2 s, … 6.4 s.
    pub retry_delays: Vec<Duration>,
    /// How long an answer may take: 5 s.
    pub timeout: Duration,
    /// How old a timestamp is when it is first sent. Retries keep their first timestamp, which here, where hours last
    /// seconds, would otherwise never look old.
    pub timestamp_age: Duration,
    /// How long each delivery waits before its first attempt.
    pub delay: Duration,
    /// How much longer every second delivery waits, so that those behind it overtake it.
    pub reorder: Duration,
    /// How often each delivery is sent beyond the attempts it needs: the same bytes, id and signature.
    pub copies: u32,
    /// How many forged deliveries come before each real one: the same body, a new id, a signature by an unknown key.
    pub forged: u32,
    /// Which deliveries get lost: they are never sent.
    pub lost: LostDeliveries,
    /// What to sign with in place of the subscription's key, as if it had been rotated without a word.
    pub signing_key: Option<String>,
}

/// Which deliveries get lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostDeliveries {
    /// None.
    #[default]
    None,
    /// Every second one, starting with the first.
    EverySecond,
    /// All.
    All,
}

impl WebhookSettings {
    /// Delivers what is registered for a public https address to this local one. The address is an origin such as
    /// `https://hooks.example.com`, with or without the beginning of a path; the longest one that fits counts. Path and
    /// query stay, and the signature covers the URL as registered: the receiver stands behind a proxy, so to speak.
    ///
    /// Without a route nothing is sent, and the attempt counts as failed.
    pub fn route(&mut self, public: impl Into<String>, local: SocketAddr) {
        let public = public.into().trim_end_matches('/').to_owned();
        self.routes.retain(|(known, _)| *known != public);
        self.routes.push((public, local));
    }

    pub(crate) fn local(&self, url: &str) -> Option<SocketAddr> {
        let fits = |public: &str| {
            url.strip_prefix(public)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        self.routes
            .iter()
            .filter(|(public, _)| fits(public))
            .max_by_key(|(public, _)| public.len())
            .map(|(_, local)| *local)
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            retry_delays: (0..7)
                .map(|step| Duration::from_millis(100 << step))
                .collect(),
            timeout: Duration::from_secs(5),
            timestamp_age: Duration::ZERO,
            delay: Duration::ZERO,
            reorder: Duration::ZERO,
            copies: 0,
            forged: 0,
            lost: LostDeliveries::None,
            signing_key: None,
        }
    }
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings")
            .field("routes", &self.routes)
            .field("retry_delays", &self.retry_delays)
            .field("timeout", &self.timeout)
            .field("timestamp_age", &self.timestamp_age)
            .field("delay", &self.delay)
            .field("reorder", &self.reorder)
            .field("copies", &self.copies)
            .field("forged", &self.forged)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

/// One attempt to deliver a webhook, forged ones included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// The subscription.
    pub subscription_id: Uuid,
    /// The name of the event.
    pub event: String,
    /// What the header `messagebird-request-id` said.
    pub request_id: String,
    /// What the header `messagebird-request-timestamp` said.
    pub timestamp: i64,
    /// Which attempt of the delivery it was, from 1; 0 for copies and forgeries.
    pub number: u32,
    /// Whether it was forged.
    pub forged: bool,
    /// The status that the receiver answered; `None` where it did not.
    pub status: Option<u16>,
    /// When it ended, counted from the start of the sandbox.
    pub at: Duration,
}
