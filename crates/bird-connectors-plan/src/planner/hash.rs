//! The hash of a plan.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::step::{Conflict, Step};

/// Changes if the same steps mean something else in a later release.
const VERSION: u32 = 1;

/// A digest of everything that a reviewer sees, except where it is in the files.
pub(super) fn of(project: &str, steps: &[Step], conflicts: &[Conflict]) -> String {
    let steps: Vec<_> = steps
        .iter()
        .map(|step| Step {
            place: None,
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
