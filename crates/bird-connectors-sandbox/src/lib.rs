#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod behavior;
mod builder;
mod channel;
mod clock;
mod connector;
mod delivery;
mod dispatch;
mod error;
mod fault;
mod key;
mod limits;
mod number;
mod operation;
mod outbox;
mod paging;
mod payload;
mod query;
mod recent;
mod record;
mod reply;
mod routes;
mod rule;
mod sandbox;
mod script;
mod server;
mod signature;
mod state;
mod subscription;
mod webhooks;
mod wire;

pub use behavior::Behavior;
pub use builder::SandboxBuilder;
pub use fault::{Fault, UnknownFault};
pub use key::AccessKey;
pub use limits::RateLimits;
pub use number::Number;
pub use operation::{Operation, UnknownOperation};
pub use record::{ChannelEvent, RecordedRequest, SentMessage};
pub use reply::Response;
pub use rule::Rule;
pub use sandbox::Sandbox;
pub use script::{
    ChannelField, ChannelFilterFields, ChannelSnapshot, InstallSnapshot, Script, Step,
};
pub use webhooks::{DeliveryAttempt, LostDeliveries, WebhookSettings};
