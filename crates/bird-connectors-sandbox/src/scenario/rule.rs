//! Rules: responses, faults and latency for selected calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api::operation::Operation;
use crate::api::response::Response;
use crate::record::RecordedRequest;
use crate::scenario::fault::Fault;

type Condition = Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>;

/// A response, a fault or latency for selected calls, or several of them.
///
/// A rule applies to the next matching call, unless [`Rule::times`], [`Rule::nth`] or [`Rule::always`] select other calls. If
/// several rules apply to a call, their latencies add up. Of the rules with a response or a fault, only the one that was added
/// first applies; the others stay for later calls, except a rule whose `nth` selected exactly this call.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors_sandbox::{Fault, Operation, Response, Rule};
///
/// // The second create is processed, but a gateway answers 504 instead of its response.
/// let gateway_timeout =
///     Rule::on(Operation::CreateConnector).nth(2).respond_with(Response::status(504)).after_processing();
/// // The connection is reset on the next three reads of a connector.
/// let resets = Rule::on(Operation::GetConnector).times(3).fault(Fault::ResetBeforeHeaders);
/// // Every list of channels is slow.
/// let slow = Rule::on(Operation::ListChannels).always().delay(Duration::from_millis(200));
/// # let _ = (gateway_timeout, resets, slow);
/// ```
#[derive(Clone)]
pub struct Rule {
    operation: Option<Operation>,
    condition: Option<Condition>,
    calls: SelectedCalls,
    delay: Duration,
    response_delay: Duration,
    response: Option<Response>,
    after_processing: bool,
    fault: Option<Fault>,
    /// The number of matching calls so far.
    matched: u64,
    /// Identifies the rule in a running sandbox; 0 before it is added to one.
    pub(crate) number: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum SelectedCalls {
    /// The next calls, up to this number.
    Next(u64),
    /// The call with this number, starting at 1.
    Nth(u64),
    Always,
}

impl Rule {
    /// A rule for one operation.
    #[must_use]
    pub fn on(operation: Operation) -> Self {
        Self {
            operation: Some(operation),
            ..Self::on_any()
        }
    }

    /// A rule for every request, including requests that match no operation of the API.
    #[must_use]
    pub fn on_any() -> Self {
        Self {
            operation: None,
            condition: None,
            calls: SelectedCalls::Next(1),
            delay: Duration::ZERO,
            response_delay: Duration::ZERO,
            response: None,
            after_processing: false,
            fault: None,
            matched: 0,
            number: 0,
        }
    }

    /// Matches only requests that meet a condition. The condition must not call the sandbox: that would deadlock.
    #[must_use]
    pub fn when(
        mut self,
        condition: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Applies to the next `times` matching calls.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.calls = SelectedCalls::Next(times);
        self
    }

    /// Applies only to the nth matching call after the rule was added, starting at 1.
    ///
    /// # Panics
    ///
    /// If `nth` is 0. Such a rule would apply to no call, and a test that counts from 0 would pass without it.
    #[must_use]
    #[track_caller]
    pub const fn nth(mut self, nth: u64) -> Self {
        assert!(nth > 0, "invalid nth: expected 1 or more, got 0");
        self.calls = SelectedCalls::Nth(nth);
        self
    }

    /// Applies to every matching call.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.calls = SelectedCalls::Always;
        self
    }

    /// Waits this long before the call is processed. If the client disconnects earlier, the call is not processed.
    #[must_use]
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Processes the call immediately and waits this long before the response. If the client disconnects earlier, the call has
    /// been processed.
    #[must_use]
    pub const fn delay_response(mut self, delay: Duration) -> Self {
        self.response_delay = delay;
        self
    }

    /// Answers with this response. The call is not processed, unless [`Rule::after_processing`] is set.
    #[must_use]
    pub fn respond_with(mut self, response: Response) -> Self {
        self.response = Some(response);
        self
    }

    /// Applies this fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Processes the call before a scripted response or a fault replaces its response.
    #[must_use]
    pub const fn after_processing(mut self) -> Self {
        self.after_processing = true;
        self
    }

    pub(crate) const fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// Whether a closure decides which requests match.
    pub(crate) const fn is_conditional(&self) -> bool {
        self.condition.is_some()
    }

    /// The calls that are still to come.
    pub(crate) const fn remaining_calls(&self) -> SelectedCalls {
        match self.calls {
            SelectedCalls::Nth(nth) => SelectedCalls::Nth(nth.saturating_sub(self.matched)),
            other => other,
        }
    }

    /// The delays before the processing and before the response.
    pub(crate) const fn delays(&self) -> (Duration, Duration) {
        (self.delay, self.response_delay)
    }

    pub(crate) const fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    pub(crate) const fn injected_fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub(crate) const fn is_after_processing(&self) -> bool {
        self.after_processing
    }

    const fn changes_response(&self) -> bool {
        self.response.is_some() || self.fault.is_some()
    }

    /// Counts the call if it matches. Returns whether the rule applies to it.
    fn count_call(&mut self, request: &RecordedRequest) -> bool {
        let matches = self
            .operation
            .is_none_or(|operation| request.operation == Some(operation))
            && self
                .condition
                .as_ref()
                .is_none_or(|condition| condition(request));
        if !matches {
            return false;
        }
        self.matched += 1;
        match self.calls {
            SelectedCalls::Next(remaining) => remaining > 0,
            SelectedCalls::Nth(nth) => self.matched == nth,
            SelectedCalls::Always => true,
        }
    }

    const fn consume(&mut self) {
        if let SelectedCalls::Next(remaining) = &mut self.calls {
            *remaining = remaining.saturating_sub(1);
        }
    }

    const fn is_exhausted(&self) -> bool {
        match self.calls {
            SelectedCalls::Next(remaining) => remaining == 0,
            SelectedCalls::Nth(nth) => self.matched >= nth,
            SelectedCalls::Always => false,
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("operation", &self.operation)
            .field("conditional", &self.condition.is_some())
            .field("calls", &self.calls)
            .field("delay", &self.delay)
            .field("response_delay", &self.response_delay)
            .field("response", &self.response)
            .field("after_processing", &self.after_processing)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// The combined effect of all rules on one call.
#[derive(Debug, Default)]
pub(crate) struct RuleEffect {
    pub(crate) delay: Duration,
    pub(crate) response_delay: Duration,
    pub(crate) response: Option<Response>,
    pub(crate) fault: Option<Fault>,
    /// Whether the call is processed even if a scripted response or a fault makes that unnecessary.
    pub(crate) after_processing: bool,
}

/// Applies the rules to a call and removes exhausted rules.
pub(crate) fn apply(rules: &mut Vec<Rule>, request: &RecordedRequest) -> RuleEffect {
    let mut effect = RuleEffect::default();
    let mut response_changed = false;
    for rule in rules.iter_mut() {
        if !rule.count_call(request) || (rule.changes_response() && response_changed) {
            continue;
        }
        rule.consume();
        effect.delay += rule.delay;
        effect.response_delay += rule.response_delay;
        if rule.changes_response() {
            response_changed = true;
            effect.response.clone_from(&rule.response);
            effect.fault.clone_from(&rule.fault);
            effect.after_processing = rule.after_processing;
        }
    }
    rules.retain(|rule| !rule.is_exhausted());
    effect
}
