//! The faults of the drill: which templates the sandbox refuses, and which requests fail.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, RecordedRequest, Response, Rule, Sandbox};
use fastrand::Rng;
use serde_json::json;

use crate::report::connector_name;

/// The share of requests that meet a fault.
const FAULT_RATE: f64 = 0.02;

pub(crate) struct Faults {
    refused: Arc<BTreeSet<String>>,
    random: Arc<Mutex<Rng>>,
    injected: Arc<AtomicUsize>,
}

impl Faults {
    /// Chooses one template of each hundred to refuse.
    pub(crate) fn new(templates: usize, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let refused = (0..templates / 100)
            .map(|hundred| connector_name(hundred * 100 + random.usize(0..100)));
        Self {
            refused: Arc::new(refused.collect()),
            injected: Arc::default(),
            random: Arc::new(Mutex::new(random)),
        }
    }

    /// Whether the sandbox refuses the template with this index.
    pub(crate) fn refuses(&self, index: usize) -> bool {
        self.refused.contains(&connector_name(index))
    }

    /// Number of requests that met a fault so far.
    pub(crate) fn injected(&self) -> usize {
        self.injected.load(Ordering::Relaxed)
    }

    /// Adds the faults to the rules of the sandbox.
    pub(crate) fn add_to(&self, sandbox: &Sandbox) {
        let refused = Arc::clone(&self.refused);
        let invalid =
            json!({ "code": "InvalidPayload", "message": "the number cannot send messages" });
        let refuse = Rule::on(Operation::CreateConnector)
            .always()
            .when(move |request| requested_name(request).is_some_and(|name| refused.contains(name)))
            .respond_with(Response::json(422, invalid));
        sandbox.rule(refuse);
        // All faults are equally likely.
        let before_processing = [
            Fault::ResetBeforeHeaders,
            Fault::Html(503),
            Fault::TooManyRequests(Some(1)),
        ];
        let after_processing = [
            Fault::LostResponse,
            Fault::TruncatedJson,
            Fault::ResetInBody,
            Fault::Html(502),
        ];
        let count = before_processing.len() + after_processing.len();
        let before = before_processing.map(|fault| Rule::on_any().fault(fault));
        let after = after_processing.map(|fault| Rule::on_any().fault(fault).after_processing());
        let probability = FAULT_RATE / count as f64;
        for rule in before.into_iter().chain(after) {
            let (random, injected) = (Arc::clone(&self.random), Arc::clone(&self.injected));
            let applies = move |_: &RecordedRequest| {
                let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
                let applies = random.f64() < probability;
                injected.fetch_add(usize::from(applies), Ordering::Relaxed);
                applies
            };
            sandbox.rule(rule.always().when(applies));
        }
        // Slow creates, so that many are in progress when the process is killed.
        let slow = Rule::on(Operation::CreateConnector)
            .always()
            .delay_response(Duration::from_millis(20));
        sandbox.rule(slow);
    }
}

/// The connector name in the body of a create.
fn requested_name(request: &RecordedRequest) -> Option<&str> {
    request.body.as_ref()?["name"].as_str()
}
