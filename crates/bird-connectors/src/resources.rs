//! The resources of a workspace: connectors, channels, numbers and webhook subscriptions. Each file has the operations
//! of one resource, its lists, and the method of [`Workspace`](crate::Workspace) that returns it.

mod channels;
mod connectors;
mod delete;
mod numbers;
mod webhook_subscriptions;

pub use channels::Channels;
pub use connectors::Connectors;
pub use delete::{Delete, Deleted};
pub use numbers::Numbers;
pub use webhook_subscriptions::ensure::{ChannelSubscriptions, EnsuredSubscription};
pub use webhook_subscriptions::{NewSubscription, SubscriptionUpdate, WebhookSubscriptions};
