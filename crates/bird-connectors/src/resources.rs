//! The resources of a workspace: connectors, channels, numbers and webhook subscriptions, one file each.

pub(crate) mod channels;
pub(crate) mod connectors;
pub(crate) mod delete;
pub(crate) mod numbers;
pub(crate) mod webhook_subscriptions;
