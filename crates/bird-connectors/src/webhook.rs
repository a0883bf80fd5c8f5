//! Receiving webhooks: verification, events, de-duplication, and a hub that wakes waits.
//!
//! 1. Subscribe, with [`WebhookSubscriptions::subscribe_to_channels`](crate::WebhookSubscriptions::subscribe_to_channels).
//! 2. Verify what arrives, with a [`Verifier`]: the raw body, and the URL as it was registered. With the feature `axum`,
//!    an [`Event`] is an extractor.
//! 3. Recognise what comes twice, with a [`DedupStore`]: it does, whenever an answer was late or lost.
//! 4. Let events wake waits, with [`Signals`] and [`WaitOptions::signal`](crate::wait::WaitOptions::signal).
//!
//! # Time
//!
//! A delivery that is not answered with 2xx is sent again at growing intervals for 8 hours, and each attempt carries the
//! timestamp and the signature of the first. A window of 5 or 15 minutes, as other APIs suggest it, would refuse the very
//! retries that bring what was missed during an outage. So the signature is checked first, then an age of up to
//! [24 hours](Verifier::max_age), and each has its own error.
//!
//! Within that time a captured delivery could be sent again. That is what de-duplication is for: its
//! [key](DeliveryKey) is made of what is signed.

mod dedup;
mod delivery;
mod error;
mod event;
#[cfg(feature = "axum")]
mod extract;
mod headers;
mod names;
mod signals;
mod signature;
mod verify;

pub use dedup::{Claim, DedupStore, MemoryDedupStore};
pub use delivery::Delivery;
pub use error::WebhookError;
pub use event::{ChannelEvent, Event, EventKind};
#[cfg(feature = "axum")]
pub use extract::EventRejection;
pub use headers::Headers;
pub use names::{REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
pub use signals::Signals;
pub use signature::{DeliveryKey, sign};
pub use verify::Verifier;
