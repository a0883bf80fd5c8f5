//! What goes wrong: which templates are refused for good, and which requests meet a fault.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, RecordedRequest, Reply, Rule, Sandbox};
use fastrand::Rng;
use serde_json::json;

use crate::child::name;

/// Of a hundred requests, this many meet a fault.
const FAULTY: f64 = 0.02;

pub(crate) struct Trouble {
    refused: Arc<BTreeSet<String>>,
    dice: Arc<Mutex<Rng>>,
    faults: Arc<AtomicUsize>,
}

impl Trouble {
    /// One template in a hundred, somewhere among them, is refused.
    pub(crate) fn new(templates: usize, seed: u64) -> Self {
        let mut dice = Rng::with_seed(seed);
        let refused = (0..templates / 100).map(|hundred| name(hundred * 100 + dice.usize(0..100)));
        Self {
            refused: Arc::new(refused.collect()),
            faults: Arc::default(),
            dice: Arc::new(Mutex::new(dice)),
        }
    }

    pub(crate) fn refuses(&self, number: usize) -> bool {
        self.refused.contains(&name(number))
    }

    /// How many requests have met a fault.
    pub(crate) fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }

    /// Tells the sandbox.
    pub(crate) fn brew(&self, sandbox: &Sandbox) {
        let refused = Arc::clone(&self.refused);
        let invalid =
            json!({ "code": "InvalidPayload", "message": "the number cannot send messages" });
        let refuse = Rule::on(Operation::CreateConnector)
            .always()
            .when(move |request| named(request).is_some_and(|name| refused.contains(name)))
            .reply(Reply::json(422, invalid));
        sandbox.rule(refuse);
        // A create that was processed or not, an answer that is lost, cut or not the API's: each as often as the others.
        let unprocessed = [
            Fault::ResetBeforeHeaders,
            Fault::Html(503),
            Fault::TooManyRequests(Some(1)),
        ];
        let processed = [
            Fault::LostAnswer,
            Fault::TruncatedJson,
            Fault::ResetInBody,
            Fault::Html(502),
        ];
        let kinds = unprocessed.len() + processed.len();
        let rules = unprocessed.map(|fault| Rule::on_any().fault(fault));
        let behind = processed.map(|fault| Rule::on_any().fault(fault).after_processing());
        let share = FAULTY / kinds as f64;
        for rule in rules.into_iter().chain(behind) {
            let (dice, faults) = (Arc::clone(&self.dice), Arc::clone(&self.faults));
            let due = move |_: &RecordedRequest| {
                let due = dice.lock().unwrap_or_else(PoisonError::into_inner).f64() < share;
                faults.fetch_add(usize::from(due), Ordering::Relaxed);
                due
            };
            sandbox.rule(rule.always().when(due));
        }
        // So that many are under way when the process is killed.
        let slow = Rule::on(Operation::CreateConnector)
            .always()
            .delay_reply(Duration::from_millis(20));
        sandbox.rule(slow);
    }
}

fn named(request: &RecordedRequest) -> Option<&str> {
    request.body.as_ref()?["name"].as_str()
}
