#![doc = include_str!("../../../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod channels;
mod client;
mod config;
mod connectors;
mod delete;
mod error;
mod install;
mod numbers;
mod options;
mod page;
mod request;
pub mod telemetry;
pub mod templates;
mod transport;
mod wait;
mod wait_all;
pub mod webhook;
mod webhook_subscriptions;

pub use bird_connectors_api::types as models;
pub use bird_connectors_api::{Secret, SentSecret};
pub use models::{
    Channel, ChannelMessageType, ChannelStatus, Connector, ConnectorReadiness, Conversational,
    Number, SentMessage, WebhookSubscription,
};

pub use channels::{ChannelQuery, Channels};
pub use client::{Client, ClientBuilder, Organization, Workspace};
pub use connectors::{ConnectorQuery, Connectors};
pub use delete::{Delete, Deleted};
pub use error::{Error, Kind, Outcome};
/// For [`Client::request`].
pub use http::Method;
pub use install::{
    Drift, Ensure, Ensured, FileJournal, Install, InstallAll, InstallAllResults,
    InstallAllUntilReady, InstallTotals, Journal, MatchedBy, OnboardError, OnboardResults,
    Onboarded, Reconcile, Reconciling,
};
pub use numbers::{NumberQuery, Numbers};
pub use options::Options;
pub use page::{Checkpoint, Collected, Items, List, Page, Pages, Partial, Query, Undecodable};
pub use request::{Reply, Request};
pub use templates::Template;
pub use transport::Rate;
pub use wait::{
    Condition, Progress, Ready, StatusSource, UntilReady, WaitError, WaitReport, WaitToken,
};
pub use wait_all::{InstallRef, WaitAll, WaitControl, WaitResults, WaitTotals};
pub use webhook_subscriptions::{
    AvailableEventQuery, ChannelSubscriptions, DeliveryLogQuery, EnsuredSubscription,
    NewSubscription, SubscriptionQuery, SubscriptionUpdate, WebhookSubscriptions,
};

/// The wall clock, read in this one place: for signatures, HTTP dates and tokens. Everything else is measured with
/// tokio's clock.
fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}
