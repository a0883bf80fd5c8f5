//! Checks of the access key, the workspace and the permissions, from the responses to reads.

use bird_connectors::ErrorKind;

use super::prevented::{prevented, prevented_by};
use crate::facts::{Facts, Obstacle};
use crate::generated::shapes::READS;
use crate::verdict::Verdict;

/// The reads without which a wait cannot follow an install. Other permissions may be missing on purpose; that to read connectors
/// is not even documented.
const NEEDED: &[&str] = &["listChannels", "getChannel"];

pub(super) fn key_accepted(facts: &Facts) -> Verdict {
    match facts.obstacle() {
        Some(Obstacle::KeyRejected) => Verdict::failed(
            "the API answers 401: it does not accept the access key",
            "check that the key is complete and was not deleted, and that it is a key of api.bird.com",
        ),
        Some(Obstacle::Workspace) | None => Verdict::ok("the API accepts the access key"),
        Some(obstacle) => prevented_by(obstacle),
    }
}

pub(super) fn workspace(facts: &Facts) -> Verdict {
    let obstacle = facts.obstacle();
    if obstacle != Some(Obstacle::Workspace) {
        return prevented(facts).unwrap_or_else(|| Verdict::ok("the API knows the workspace"));
    }
    let denied = facts
        .reads
        .iter()
        .any(|read| read.failed_with(ErrorKind::PermissionDenied));
    if denied {
        Verdict::failed(
            "the API accepts the access key, but denies every read of this workspace (403)",
            "check that the id is that of the key's workspace, and that the role of the key has permissions for channels",
        )
    } else {
        let id = "copy the id of the workspace again; the id of an organization, a channel or a connector is not one";
        Verdict::failed(
            "the API does not know the workspace (404)",
            match path_of_base_url(facts) {
                Some(path) => format!(
                    "check the path {path} of the base URL, which is part of every request; if it is right, {id}"
                ),
                None => id.to_owned(),
            },
        )
    }
}

/// The path of the base URL. That of Bird's API has none.
fn path_of_base_url(facts: &Facts) -> Option<&str> {
    let url = facts.settings.base_url.as_ref().ok()?;
    let (_, rest) = url.split_once("://")?;
    let path = rest.get(rest.find('/')?..)?.trim_end_matches('/');
    (!path.is_empty()).then_some(path)
}

pub(super) fn permission(facts: &Facts, operation: &str) -> Verdict {
    if let Some(verdict) = prevented(facts) {
        return verdict;
    }
    let mut skipped = None;
    let mut allowed = false;
    for read in facts.reads_of(operation) {
        let error = match &read.result {
            Ok(_) => {
                allowed = true;
                continue;
            }
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::PermissionDenied => {
                let seen = format!("the API denies {operation} (403)");
                let documented = READS
                    .iter()
                    .find(|read| read.operation == operation)
                    .and_then(|read| read.permission);
                let action = match documented {
                    Some(permission) => format!(
                        "add the permission `{permission}` to the role of the access key, if your program needs it"
                    ),
                    None => "if your program needs it, ask Bird's support for the permission: none is documented for it"
                        .to_owned(),
                };
                return if NEEDED.contains(&operation) {
                    Verdict::failed(seen, action)
                } else {
                    Verdict::warning(seen, action)
                };
            }
            // The resource was deleted in the meantime, or its template has no readiness.
            ErrorKind::NotFound if !read.is_list_of_workspace() => allowed = true,
            ErrorKind::RateLimited => skipped = Some("not checked: see rate_limit".to_owned()),
            ErrorKind::NotFound => skipped = Some("not checked: see contract".to_owned()),
            _ => skipped = Some("not checked: see connection".to_owned()),
        }
    }
    if allowed {
        Verdict::ok("allowed")
    } else {
        Verdict::skipped(
            skipped.unwrap_or_else(|| "not checked: there is nothing to read".to_owned()),
        )
    }
}
