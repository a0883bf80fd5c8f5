#![doc = include_str!("../../../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod client;
mod clock;
mod config;
mod error;
mod future;
mod install;
mod list;
mod lock;
mod resources;
mod resume;
pub mod telemetry;
pub mod templates;
mod transport;
mod wait;
pub mod webhook;

pub use bird_connectors_api::types as models;
pub use bird_connectors_api::{Secret, SentSecret};
pub use models::{
    Channel, ChannelMessageType, ChannelStatus, Connector, ConnectorReadiness, Conversational,
    Number, SentMessage, WebhookSubscription,
};

pub use client::options::Options;
pub use client::request::{Reply, Request};
pub use client::{Client, ClientBuilder, Organization, Workspace};
pub use error::{Error, Kind, Outcome};
/// For [`Client::request`].
pub use http::Method;
pub use install::{
    Drift, Ensure, Ensured, FileJournal, Install, InstallAll, InstallAllResults,
    InstallAllUntilReady, InstallTotals, Journal, MatchedBy, OnboardError, OnboardResults,
    Onboarded, Reconcile,
};
pub use list::{Collected, Items, List, Page, Pages, Partial, Query, Undecodable};
pub use resources::channels::{ChannelQuery, Channels};
pub use resources::connectors::{ConnectorQuery, Connectors};
pub use resources::delete::{Delete, Deleted};
pub use resources::numbers::{NumberQuery, Numbers};
pub use resources::webhook_subscriptions::{
    AvailableEventQuery, ChannelSubscriptions, DeliveryLogQuery, EnsuredSubscription,
    NewSubscription, SubscriptionQuery, SubscriptionUpdate, WebhookSubscriptions,
};
pub use resume::checkpoint::Checkpoint;
pub use resume::unresolved_create::UnresolvedCreate;
pub use resume::wait_token::WaitToken;
pub use templates::Template;
pub use transport::Rate;
pub use wait::many::{InstallRef, WaitAll, WaitControl, WaitResults, WaitTotals};
pub use wait::{Condition, Progress, Ready, StatusSource, UntilReady, WaitError, WaitReport};
