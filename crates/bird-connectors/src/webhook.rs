//! Webhooks: verification of deliveries, typed events, deduplication, and signals that trigger the polls of waits.
//!
//! 1. Subscribe with
//!    [`WebhookSubscriptions::subscribe_to_channels`](crate::resources::WebhookSubscriptions::subscribe_to_channels).
//! 2. Verify each delivery with a [`Verifier`]. It needs the raw body and the URL as it was registered. With the feature
//!    `axum`, [`Event`] is an extractor.
//! 3. Process each event once with a [`Deduplicator`]: a delivery is repeated whenever its response was late or lost.
//! 4. Push events into [`Signals`], so that waits with [`WaitOptions::signal`](crate::wait::WaitOptions::signal) poll at
//!    once. If the receiver runs in another process, pass the [`EventSubject`] of each event to the process that waits.
//!
//! # Retries and replays
//!
//! The API retries a delivery that was not answered with 2xx at growing intervals for 8 hours. Each attempt has the
//! timestamp and the signature of the first. A window of 5 or 15 minutes, as other APIs recommend, would reject exactly the
//! retries after an outage. So the verifier checks the signature first, and then an age of up to
//! [24 hours](Verifier::max_age). Each check has its own [error](WebhookError).
//!
//! Within that window an attacker could replay a captured delivery. Deduplication prevents that, because its
//! [key](DeliveryKey) is computed from the signed content.

mod dedup;
mod delivery;
mod error;
mod event;
#[cfg(feature = "axum")]
mod extract;
mod headers;
mod names;
mod platform;
mod signals;
mod signature;
mod subject;
mod telemetry;
mod verify;

pub use dedup::{
    Claim, ClaimTokens, DedupFuture, DedupStore, DedupStoreError, Deduplicator, MemoryDedupStore,
    WorkError, WorkOutcome,
};
pub use delivery::Delivery;
pub use error::WebhookError;
pub use event::{ChannelEvent, Event, EventKind};
#[cfg(feature = "axum")]
pub use extract::EventRejection;
pub use headers::Headers;
pub use names::{REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
pub use platform::{event_platform, platform_id_of_event};
pub use signals::Signals;
pub use signature::{DeliveryKey, sign};
pub use subject::EventSubject;
pub use verify::Verifier;
