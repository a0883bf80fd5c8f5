#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

// `cargo xtask codegen` generates and formats this file.
#[rustfmt::skip]
#[allow(clippy::all, clippy::unwrap_used, missing_debug_implementations)]
mod generated {
    pub(crate) mod mocks;
}

pub use generated::mocks::{MockServerExt, operations};
