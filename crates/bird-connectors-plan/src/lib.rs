#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

// Layers. Each imports only from those to its right:
//
//     file -> desired -> {template_kind, secret_reference, place}

pub mod desired;
pub mod file;
mod place;
mod secret_reference;
mod template_kind;

pub use desired::DesiredState;
pub use file::{FileErrors, FileProblem, SCHEMA, SourceFile};
pub use place::Place;
pub use secret_reference::{SecretError, SecretReference};
