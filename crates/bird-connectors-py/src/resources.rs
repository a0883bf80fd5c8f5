//! The resources of a workspace: one file for each, with the native half of its Python classes.

pub(crate) mod channels;
pub(crate) mod connectors;
pub(crate) mod numbers;
pub(crate) mod use_cases;
pub(crate) mod webhook_subscriptions;
