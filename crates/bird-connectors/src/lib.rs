#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod client;
mod clock;
mod config;
pub mod error;
mod future;
pub mod install;
pub mod list;
mod lock;
pub mod resources;
mod resume;
pub mod telemetry;
pub mod templates;
mod transport;
pub mod wait;
pub mod webhook;

pub use bird_connectors_api::types as models;
pub use bird_connectors_api::{Secret, SentSecret};
pub use models::{
    Channel, ChannelId, ChannelMessageType, ChannelStatus, Connector, ConnectorId,
    ConnectorReadiness, Conversational, Number, SentMessage, WebhookSubscription, WorkspaceId,
};

pub use client::{
    CallOptions, Client, ClientBuilder, Organization, RawRequest, RawResponse, Workspace,
};
pub use error::{Error, ErrorKind, RequestOutcome};
/// For [`Client::request`].
pub use http::Method;
pub use install::{
    Drift, Ensure, Ensured, FileJournal, Install, InstallAll, InstallAllResults,
    InstallAllUntilReady, InstallTotals, Journal, MatchedBy, OnboardError, OnboardResults,
    Onboarded, Reconcile,
};
pub use list::{CollectedItems, Items, List, Page, Pages, PartialList, UndecodableItem};
pub use resources::{
    ChannelSubscriptions, Channels, Connectors, Delete, Deleted, EnsuredSubscription,
    NewSubscription, Numbers, SubscriptionUpdate, WebhookSubscriptions,
};
pub use resume::{Checkpoint, UnresolvedCreate, WaitToken};
pub use templates::Template;
pub use transport::RateLimits;
pub use wait::{
    Condition, InstallRef, Progress, Ready, StatusSource, Step, Steps, UntilReady, WaitAll,
    WaitControl, WaitError, WaitOptions, WaitReport, WaitResult, WaitResults, WaitTotals,
};

/// Compiles the example of the package's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
