#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

// Generated and formatted by `cargo xtask codegen`.
#[rustfmt::skip]
#[allow(clippy::all, clippy::unwrap_used, missing_debug_implementations)]
mod generated {
    pub(crate) mod mocks;
}

pub use generated::mocks::{MockServerExt, operations};
