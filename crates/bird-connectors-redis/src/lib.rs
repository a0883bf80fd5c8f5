#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod connection;
mod dedup;
mod error;
mod message;
mod signals;
mod subscription;

pub use dedup::RedisDedupStore;
pub use error::Error;
pub use redis;
pub use signals::RedisSignals;
