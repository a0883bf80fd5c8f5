#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

// Layers. Each imports only from those to its right:
//
//     doctor -> {gather, checks} -> {facts, drift} -> {report, shape, verdict}

mod checks;
mod doctor;
mod drift;
mod facts;
mod gather;
mod report;
mod shape;
mod verdict;

// `cargo xtask codegen` generates and formats this file.
#[rustfmt::skip]
#[allow(clippy::all)]
mod generated {
    pub(crate) mod shapes;
}

pub use checks::{CHECKS, Check};
pub use doctor::Doctor;
pub use report::{Difference, DifferenceKind, Finding, Report};
pub use verdict::Status;
