//! Corrects the method and the path of a request.

use uuid::Uuid;

use crate::api::id::parse_uuid;
use crate::api::operation::Operation;
use crate::ui::nearest::form::{Known, Refused, ValidForm};

/// An id for a path if the sandbox has no resource with one.
const EXAMPLE_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Below this similarity, from 0 to 1, no path is suggested.
const SIMILAR: f64 = 0.5;

/// Corrects a path or a method that does not exist, or an id that the sandbox does not have.
pub(super) fn correct(form: &mut ValidForm, refused: &Refused<'_>, known: &Known) -> Option<()> {
    if refused.operation.is_some() {
        // Its ids are corrected with those of all other requests.
        return Some(());
    }
    let operation = nearest_operation(refused)?;
    let ids: Vec<_> = refused.path.split('/').filter_map(parse_uuid).collect();
    let path = fill(operation, &ids, known);
    if form.method != operation.method() {
        form.changes.push(format!(
            "{} is {} {}",
            operation.id(),
            operation.method(),
            operation.path()
        ));
    }
    if form.path != path {
        form.changes.push(format!(
            "the path of {} is {}",
            operation.id(),
            operation.path()
        ));
    }
    form.method = operation.method().to_owned();
    form.path = path;
    if operation.method() == "GET" || operation.method() == "DELETE" {
        form.body = None;
    }
    Some(())
}

/// Replaces ids that are not UUIDs, or that the sandbox does not have.
pub(super) fn correct_ids(
    form: &mut ValidForm,
    operation: Operation,
    refused: &Refused<'_>,
    known: &Known,
) {
    let names = operation.path().split('/');
    let mut is_own_workspace = true;
    let segments: Vec<_> = names
        .zip(form.path.split('/'))
        .map(|(pattern, segment)| {
            let Some(name) = parameter(pattern) else {
                return segment.to_owned();
            };
            let existing = known.id(name);
            let id = parse_uuid(segment);
            // An unknown path is named as a whole.
            let is_named = refused.operation.is_some()
                && !segment.is_empty()
                && refused.error.message().contains(segment);
            // Another workspace has resources of its own.
            let is_missing = match name {
                "workspaceId" | "organizationId" => is_named,
                _ => is_own_workspace && id.is_some_and(|id| !known.existing.contains(&id)),
            };
            let is_wrong = id.is_none() || (is_named && id != existing) || is_missing;
            let segment = if is_wrong && existing != id {
                let (id, change) = match existing {
                    Some(id) => (id.to_string(), "is the id of one that exists"),
                    None if id.is_none() => (
                        EXAMPLE_ID.to_owned(),
                        "is a UUID, and the sandbox has none yet",
                    ),
                    None => return segment.to_owned(),
                };
                form.changes.push(format!("{pattern} {change}"));
                id
            } else {
                segment.to_owned()
            };
            if name == "workspaceId" {
                is_own_workspace = parse_uuid(&segment) == Some(known.workspace);
            }
            segment
        })
        .collect();
    form.path = segments.join("/");
}

/// Reads what exists already, instead of creating it again.
pub(super) fn read_existing(form: &mut ValidForm, refused: &Refused<'_>) -> Option<()> {
    let message = refused.error.message();
    let id = message.split(' ').find_map(parse_uuid)?;
    form.method = "GET".to_owned();
    form.path = format!("{}/{id}", refused.path.trim_end_matches('/'));
    form.body = None;
    form.changes.push("read the one that exists".to_owned());
    Some(())
}

/// The operation that a form calls.
pub(super) fn operation_of(form: &ValidForm) -> Option<Operation> {
    let is_called = |operation: &Operation| {
        let names = operation.path().split('/');
        let segments = form.path.split('/');
        let same = |(name, segment): (&str, &str)| parameter(name).is_some() || name == segment;
        operation.method() == form.method
            && names.clone().count() == segments.clone().count()
            && names.zip(segments).all(same)
    };
    Operation::ALL.iter().copied().find(is_called)
}

/// The operation whose method and path are most similar.
fn nearest_operation(refused: &Refused<'_>) -> Option<Operation> {
    // Ids are not compared, whether they are valid or not.
    let path: String = refused.path.chars().take(200).collect();
    let plain = |path: &str| {
        let segments = path.split('/').map(|segment| match parse_uuid(segment) {
            Some(_) => "{}".to_owned(),
            None if parameter(segment).is_some() => "{}".to_owned(),
            None => segment.to_lowercase(),
        });
        segments.collect::<Vec<_>>().join("/")
    };
    let path = plain(path.trim_end_matches('/'));
    let operations = Operation::ALL.iter().copied();
    operations
        .map(|operation| {
            let similarity = strsim::normalized_levenshtein(&path, &plain(operation.path()));
            let same_method = operation.method() == refused.method;
            (operation, similarity + if same_method { 0.05 } else { 0.0 })
        })
        .filter(|(_, similarity)| *similarity >= SIMILAR)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(operation, _)| operation)
}

/// The name of a parameter, such as `workspaceId` for `{workspaceId}`.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The path of an operation with the ids of the request, in order, or else with ids that exist.
fn fill(operation: Operation, ids: &[Uuid], known: &Known) -> String {
    let mut ids = ids.iter();
    let segments = operation.path().split('/').map(|segment| {
        let Some(name) = parameter(segment) else {
            return segment.to_owned();
        };
        let id = ids.next().copied().or_else(|| known.id(name));
        id.map_or_else(|| segment.to_owned(), |id| id.to_string())
    });
    segments.collect::<Vec<_>>().join("/")
}

impl Known {
    fn id(&self, parameter: &str) -> Option<Uuid> {
        match parameter {
            "workspaceId" => Some(self.workspace),
            "organizationId" => Some(self.organization),
            "connectorId" => self.connector,
            "channelId" => self.channel,
            "webhookSubscriptionId" => self.subscription,
            "useCaseId" => self.use_case,
            _ => None,
        }
    }
}
