//! The resources of a workspace: connectors, channels, numbers, use cases and webhook subscriptions.
//!
//! [`Workspace::connectors`](crate::Workspace::connectors) and its siblings return a handle for each resource.
//! Creating a handle makes no request.

mod channels;
mod connectors;
mod delete;
mod numbers;
pub(crate) mod telemetry;
mod use_cases;
mod webhook_subscriptions;

pub use channels::Channels;
pub use connectors::Connectors;
pub use delete::{Delete, Deleted};
pub use numbers::Numbers;
pub use numbers::phone_number::PhoneNumber;
pub use use_cases::UseCases;
pub use webhook_subscriptions::WebhookSubscriptions;
pub use webhook_subscriptions::ensure::{ChannelSubscriptions, EnsuredSubscription};
pub(crate) use webhook_subscriptions::ensure::{
    adopt as adopt_subscription, identity as subscription_identity,
};
pub use webhook_subscriptions::requests::{NewSubscription, SubscriptionUpdate};
