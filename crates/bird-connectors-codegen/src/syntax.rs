//! Helpers for the syntax trees of generated Rust.

pub(crate) mod docs;
pub(crate) mod field;
