//! Which requests meet a fault: a pure function of the request's subject, so that the sandbox process and the SDK process
//! agree without communicating.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bird_connectors_sandbox::{Fault, Operation, RecordedRequest};

/// Of 10 000 subjects, this many meet a fault, with every second attempt on average, so that a call can succeed.
const FAULTY_SUBJECTS: u64 = 200;

/// The faults of the soak: those that do not affect other calls and take less than a second.
pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::StallBeforeHeaders,
        Fault::StallInBody,
        Fault::LostResponse,
        Fault::LengthTooLong,
        Fault::Html(500),
        Fault::Html(502),
        Fault::Html(503),
        Fault::Html(504),
        Fault::TooManyRequests(None),
        Fault::TooManyRequests(Some(0)),
        Fault::TruncatedJson,
        Fault::WrongContentType,
        Fault::WrongShape,
        Fault::NotUtf8,
        Fault::Empty,
        Fault::ContinueStorm(100),
        Fault::Redirect("http://127.0.0.1:9".to_owned()),
    ]
}

/// The index in [`faults`] of the fault that requests with this subject meet.
pub(crate) fn fault_of(operation: Operation, subject: &str) -> Option<usize> {
    // `DefaultHasher::new` has fixed keys, so both processes compute the same hash.
    let mut hasher = DefaultHasher::new();
    (operation.id(), subject).hash(&mut hasher);
    let hash = hasher.finish();
    (hash % 10_000 < FAULTY_SUBJECTS).then(|| {
        let count = faults().len() as u64;
        usize::try_from(hash / 10_000 % count).unwrap_or_default()
    })
}

/// The subject of a request: the id in its path, the name in the body of a create, or the query of a list.
pub(crate) fn subject(request: &RecordedRequest) -> Option<String> {
    match request.operation? {
        Operation::CreateConnector => {
            Some(request.body.as_ref()?.get("name")?.as_str()?.to_owned())
        }
        Operation::ListConnectors | Operation::ListChannels | Operation::ListNumbers => {
            request.query.clone()
        }
        // …/workspaces/{id}/connectors/{id}…
        _ => request.path.split('/').nth(4).map(str::to_owned),
    }
}
