//! The log of requests, and the number of calls of each operation.

use std::collections::HashMap;

use crate::api::operation::Operation;
use crate::record::RecordedRequest;
use crate::state::bounded_log::BoundedLog;

/// The last requests, and how many calls of each operation there were in total.
pub(crate) struct RequestLog {
    requests: BoundedLog<RecordedRequest>,
    counts: HashMap<Operation, u64>,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            requests: BoundedLog::new(limit),
            counts: HashMap::new(),
        }
    }

    /// Adds a request and returns its number for [`RequestLog::set_status`].
    pub(crate) fn add(&mut self, request: RecordedRequest) -> u64 {
        if let Some(operation) = request.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        self.requests.push(request)
    }

    /// Records the status of the response.
    pub(crate) fn set_status(&mut self, number: u64, status: u16) {
        if let Some(request) = self.requests.get_mut(number) {
            request.status = Some(status);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.requests.iter()
    }

    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.counts.get(&operation).copied().unwrap_or_default()
    }
}
