//! How webhooks are delivered, and what goes wrong with deliveries.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// How webhooks are delivered, and what goes wrong with deliveries. Configure it before the start with
/// [`SandboxBuilder::webhooks`](crate::SandboxBuilder::webhooks), or at any time with
/// [`Sandbox::webhooks`](crate::Sandbox::webhooks).
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
    /// The delays before the second and every later attempt; a delivery is retried until the receiver answers 2xx. Bird
    /// retries over 8 hours; the default here is 0.1 s, 0.2 s, … 6.4 s.
    pub retry_delays: Vec<Duration>,
    /// How long to wait for the receiver's answer; the default is 5 s.
    pub timeout: Duration,
    /// The age of a timestamp when it is first sent; the default is zero. Retries keep the first timestamp, and because they
    /// take seconds here instead of hours, timestamps would otherwise never be old.
    pub timestamp_age: Duration,
    /// The delay before the first attempt of each delivery; the default is zero.
    pub delay: Duration,
    /// An additional delay before every other delivery, so that later deliveries overtake it; the default is zero.
    pub reorder: Duration,
    /// How many copies of each delivery are sent in addition: same bytes, id and signature. The default is 0.
    pub copies: u32,
    /// How many forged deliveries are sent before each real one: same body, new id, signed with an unknown key. The default
    /// is 0.
    pub forged: u32,
    /// Which deliveries are lost: they are never sent. The default is none.
    pub lost: LostDeliveries,
    /// The key to sign with instead of the subscription's own key, as if the key had been rotated. The default is none.
    pub signing_key: Option<String>,
}

/// Which webhook deliveries are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostDeliveries {
    /// No delivery.
    #[default]
    None,
    /// Every second delivery, starting with the first one.
    EverySecond,
    /// Every delivery.
    All,
}

impl WebhookSettings {
    /// Sends the webhooks that are registered for a public https address to a local address. `public` is an origin such as
    /// `https://hooks.example.com`, optionally with the start of a path; the longest match wins. The request keeps path and
    /// query, and the signature covers the URL as registered, as it does with a reverse proxy in front of the receiver.
    ///
    /// A delivery without a route is not sent: it fails at once, and is not retried.
    pub fn route(&mut self, public: impl Into<String>, local: SocketAddr) {
        let public = public.into().trim_end_matches('/').to_owned();
        self.routes.retain(|(known, _)| *known != public);
        self.routes.push((public, local));
    }

    /// Pairs of public and local address.
    #[cfg(feature = "ui")]
    pub(crate) fn routes(&self) -> &[(String, SocketAddr)] {
        &self.routes
    }

    pub(crate) fn has_route(&self, url: &str) -> bool {
        self.local_address(url).is_some()
    }

    /// The local address for a registered URL.
    pub(crate) fn local_address(&self, url: &str) -> Option<SocketAddr> {
        let matches = |public: &str| {
            url.strip_prefix(public)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        self.routes
            .iter()
            .filter(|(public, _)| matches(public))
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
