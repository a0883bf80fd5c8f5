//! The hash of a plan.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::step::{Action, Conflict, Step, StepKind};

/// Changes if the same steps mean something else in a later release.
const VERSION: u32 = 2;

/// A digest of what the files describe and of what an apply does, except where it is in the files. What else exists does not
/// matter: somebody who creates it does not make a review obsolete.
pub(super) fn of(project: &str, steps: &[Step], conflicts: &[Conflict]) -> String {
    let steps: Vec<_> = steps
        .iter()
        .filter(|step| step.kind != StepKind::OnlyLive || step.action != Action::None)
        .map(|step| Step {
            place: None,
            // Of what stays, it changes as soon as a new channel is installed.
            stops: step.stops.clone().filter(|_| step.deletes()),
            ..step.clone()
        })
        .collect();
    let conflicts: Vec<_> = conflicts
        .iter()
        .map(|conflict| (&conflict.subject, &conflict.message))
        .collect();
    hex(&json!([VERSION, project, steps, conflicts]).to_string())
}

pub(super) fn hex(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
