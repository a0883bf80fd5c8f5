#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Shipped code does not panic; tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

// Layers. Each imports only from those to its right:
//
//     export -> apply -> render -> planner -> observed -> file -> desired -> {template_kind, secret_reference, place}

pub mod apply;
pub mod desired;
pub mod export;
pub mod file;
mod observed;
mod place;
pub mod planner;
mod render;
mod secret_reference;
mod template_kind;
#[cfg(test)]
mod test_support;

pub use apply::{ApplyError, ApplyOptions, ApplyStop, StepOutcome, StepResult};
pub use desired::DesiredState;
pub use export::Export;
pub use file::{FileErrors, FileProblem, SCHEMA, SourceFile};
pub use observed::ObservedState;
pub use place::Place;
pub use planner::{Action, Conflict, Difference, Plan, PlanOptions, ResourceKind, Step, StepKind};
pub use secret_reference::{SecretError, SecretReference, SecretResolver};
