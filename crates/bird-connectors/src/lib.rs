#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
// Without a feature, what only its modules call is unused in the other modules.
#![cfg_attr(
    not(feature = "install"),
    allow(dead_code, unreachable_pub, unused_imports)
)]

pub mod client;
mod clock;
mod config;
pub mod error;
mod future;
#[cfg(feature = "install")]
pub mod install;
pub mod list;
mod lock;
pub mod resources;
mod resume;
pub mod telemetry;
pub mod templates;
mod transport;
#[cfg(feature = "install")]
pub mod wait;
#[cfg(feature = "webhook")]
pub mod webhook;

/// The objects of the API: connectors, channels, numbers, use cases, webhook subscriptions, their ids and statuses.
///
/// They are generated from the API's contract. Statuses and other enums keep values that this release does not know, and
/// objects keep unknown fields.
pub mod models {
    #[doc(inline)]
    pub use bird_connectors_api::types::*;
    pub use bird_connectors_api::{Secret, SentSecret, looks_secret};
}

pub use client::{Client, ClientBuilder, Workspace};
pub use error::{Error, ErrorKind, RequestOutcome};
pub use models::{
    Channel, ChannelId, ChannelMessageType, Connector, ConnectorId, Number, NumberId, UseCase,
    UseCaseId, WebhookSubscription, WorkspaceId,
};

/// Compiles the example of the package's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
