#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod hooks;
mod id;
mod open_enum;
mod operation;
mod reading;
mod redacted;
mod reply;
mod secret;
mod timestamp;
mod tolerant;

// Generated and formatted by `cargo xtask codegen`.
#[rustfmt::skip]
#[allow(clippy::all)]
mod generated {
    pub(crate) mod client;
    pub(crate) mod ids;
    pub(crate) mod open;
    pub(crate) mod operations;
    pub(crate) mod secret_fields;
    pub(crate) mod types;
}

pub use generated::{client::Client, operations::OPERATIONS, secret_fields::SECRET_FIELDS};
pub use hooks::{Call, Reply, Transport};
pub use open_enum::UnknownValue;
pub use operation::Operation;
pub use progenitor_client::{ClientInfo, Error, ResponseValue};
pub use reply::from_json;
pub use secret::{Secret, SentSecret};

/// Every schema of the contract: replies, requests, template arguments, webhook deliveries, ids, dates, and open enums.
pub mod types {
    pub use crate::generated::{ids::*, open::*, types::*};
    pub use crate::id::InvalidId;
    pub use crate::timestamp::Timestamp;
}
