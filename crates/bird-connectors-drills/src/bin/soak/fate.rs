//! Which requests meet a fault: a pure function of what a request names, so that the process of the sandbox and that of the
//! SDK know it alike without a word between them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bird_connectors_sandbox::{Fault, Operation, RecordedRequest};

/// Of 10 000 names so many are troubled. Of the attempts on one of them half meet the fault, so that it can pass.
const TROUBLED: u64 = 200;

/// The faults of the soak: those that leave other calls alone and cost no second.
pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::StallBeforeHeaders,
        Fault::StallInBody,
        Fault::LostAnswer,
        Fault::LengthTooLong,
        Fault::Html(500),
        Fault::Html(502),
        Fault::Html(503),
        Fault::Html(504),
        Fault::TooManyRequests(None),
        Fault::TooManyRequests(Some(0)),
        Fault::TruncatedJson,
        Fault::WrongType,
        Fault::WrongShape,
        Fault::NotUtf8,
        Fault::Empty,
        Fault::ContinueStorm(100),
        Fault::Redirect("http://127.0.0.1:9".to_owned()),
    ]
}

/// The fault, by its number, that a request with this name meets.
pub(crate) fn of(operation: Operation, name: &str) -> Option<usize> {
    // The same in both processes: they are one program, and the hasher has fixed keys.
    let mut hasher = DefaultHasher::new();
    (operation.id(), name).hash(&mut hasher);
    let dice = hasher.finish();
    (dice % 10_000 < TROUBLED).then(|| {
        let count = faults().len() as u64;
        usize::try_from(dice / 10_000 % count).unwrap_or_default()
    })
}

/// What a request names: the id in its path, the name of what it creates, or what a list filters by.
pub(crate) fn name(request: &RecordedRequest) -> Option<String> {
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
