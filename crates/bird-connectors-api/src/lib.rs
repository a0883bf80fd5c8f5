#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
// Published code must not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod accessors;
#[doc(hidden)]
pub mod bounded;
#[doc(hidden)]
pub mod given;
mod hooks;
mod id;
mod masked;
mod open_enum;
mod operation;
mod redacted;
mod repair;
mod response;
mod secret;
mod timestamp;
mod tolerant;
mod undecoded;

// `cargo xtask codegen` generates and formats these files.
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
pub use hooks::{ResponseFuture, SharedTransport, Transport};
pub use masked::Masked;
pub use open_enum::UnknownValue;
pub use operation::Operation;
pub use progenitor_client::{ClientInfo, Error, ResponseValue};
pub use redacted::looks_secret;
pub use response::{FromJson, RawPage, from_json, repaired_json};
pub use secret::{Secret, SentSecret};
pub use undecoded::ReportUndecoded;

/// Every schema of the contract: responses, requests, template arguments, webhook deliveries, ids, dates and open enums.
pub mod types {
    pub use crate::generated::{ids::*, open::*, types::*};
    pub use crate::id::InvalidId;
    pub use crate::timestamp::Timestamp;
}
