#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
// Released code does not panic, except on a rule that could never apply; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

// Layers. Each imports only from those to its right:
//
//     sandbox -> ui -> {server, delivery, control} -> {routes, shared, scene} -> state -> scenario -> record -> api
//
// `sandbox` is the handle of a test. `ui` is the page in the browser, and its JSON. `server` owns sockets and dispatches requests,
// `delivery` sends webhooks, `control` lets other processes control the sandbox. `scene` is a whole sandbox as JSON or code. `routes` has the handlers of the operations, `shared` is the lock around the state. `state` is everything that the sandbox stores.
// `scenario` is what a test configures, `record` what it inspects. `api` has operations, request parsing and responses.

mod api;
mod control;
mod delivery;
mod record;
mod routes;
mod sandbox;
mod scenario;
mod scene;
mod server;
mod shared;
mod state;
#[cfg(feature = "ui")]
mod ui;

pub use api::operation::{Operation, UnknownOperation};
pub use api::response::Response;
pub use record::{ChannelEvent, DeliveryAttempt, RecordedRequest, SentMessage};
pub use sandbox::Sandbox;
pub use sandbox::builder::SandboxBuilder;
pub use scenario::access_key::AccessKey;
pub use scenario::behavior;
pub use scenario::behavior::Behavior;
pub use scenario::fault::{Fault, UnknownFault};
pub use scenario::rate_limits::RateLimits;
pub use scenario::rule::Rule;
pub use scenario::script::{
    ChannelField, ChannelFilterFields, ChannelSnapshot, InstallSnapshot, Script, Step,
};
pub use scenario::seeded::{SeededConnector, SeededSubscription};
pub use scenario::webhook_settings::{LostDeliveries, WebhookSettings};
pub use scene::data::{InvalidScene, Scene};
pub use state::number::Number;
pub use state::use_case::UseCase;
