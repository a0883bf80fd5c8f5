//! Rules: replies, faults and latency that a test scripts for chosen calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::operation::Operation;
use crate::record::RecordedRequest;
use crate::reply::Response;

type Condition = Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>;

/// What shall happen to chosen calls: a scripted reply, a fault, latency, or several of them.
///
/// A rule applies to the next matching call, unless [`Rule::times`], [`Rule::nth`] or [`Rule::always`] say otherwise. Where
/// several rules match a call, their latencies add up, and of those with a reply or a fault the one that was added first wins; the
/// others wait for the next call, except one that was meant for this very call.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors_sandbox::{Fault, Operation, Response, Rule};
///
/// // The second create is done, but its answer is lost behind a gateway.
/// let lost = Rule::on(Operation::CreateConnector).nth(2).respond_with(Response::status(504)).after_processing();
/// // The next three reads of a connector find no server at their end.
/// let reset = Rule::on(Operation::GetConnector).times(3).fault(Fault::ResetBeforeHeaders);
/// // Every list is slow.
/// let slow = Rule::on(Operation::ListChannels).always().delay(Duration::from_millis(200));
/// # let _ = (lost, reset, slow);
/// ```
#[derive(Clone)]
pub struct Rule {
    operation: Option<Operation>,
    condition: Option<Condition>,
    calls: Calls,
    delay: Duration,
    reply_delay: Duration,
    reply: Option<Response>,
    after_processing: bool,
    fault: Option<Fault>,
    /// How many matching calls came so far.
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
enum Calls {
    /// This many more.
    Next(u64),
    /// The one with this number, counted from 1.
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

    /// A rule for every request, also for one that is no operation of the API.
    #[must_use]
    pub fn on_any() -> Self {
        Self {
            operation: None,
            condition: None,
            calls: Calls::Next(1),
            delay: Duration::ZERO,
            reply_delay: Duration::ZERO,
            reply: None,
            after_processing: false,
            fault: None,
            seen: 0,
        }
    }

    /// Applies only where the request meets a condition. The condition must not call the sandbox, which waits for it.
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
        self.calls = Calls::Next(times);
        self
    }

    /// Applies to one matching call: the nth after the rule was added, counted from 1.
    #[must_use]
    pub const fn nth(mut self, nth: u64) -> Self {
        self.calls = Calls::Nth(nth);
        self
    }

    /// Applies to every matching call.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.calls = Calls::Always;
        self
    }

    /// Processes the call this much later. A client that gives up before then leaves the call unprocessed.
    #[must_use]
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Processes the call at once and answers this much later. A client that gives up before then has its call processed.
    #[must_use]
    pub const fn delay_response(mut self, delay: Duration) -> Self {
        self.reply_delay = delay;
        self
    }

    /// Answers with this reply; the call is not processed, unless [`Rule::after_processing`] says so.
    #[must_use]
    pub fn respond_with(mut self, reply: Response) -> Self {
        self.reply = Some(reply);
        self
    }

    /// Lets this fault happen.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Processes the call before a scripted reply or a fault takes the place of its answer.
    #[must_use]
    pub const fn after_processing(mut self) -> Self {
        self.after_processing = true;
        self
    }

    /// Whether it has a say in the answer.
    const fn answers(&self) -> bool {
        self.reply.is_some() || self.fault.is_some()
    }

    /// Counts the call if it matches; says whether the rule is due for it.
    fn is_due(&mut self, request: &RecordedRequest) -> bool {
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
        self.seen += 1;
        match self.calls {
            Calls::Next(left) => left > 0,
            Calls::Nth(nth) => self.seen == nth,
            Calls::Always => true,
        }
    }

    const fn use_up(&mut self) {
        if let Calls::Next(left) = &mut self.calls {
            *left = left.saturating_sub(1);
        }
    }

    const fn is_spent(&self) -> bool {
        match self.calls {
            Calls::Next(left) => left == 0,
            Calls::Nth(nth) => self.seen >= nth,
            Calls::Always => false,
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
            .field("reply_delay", &self.reply_delay)
            .field("reply", &self.reply)
            .field("after_processing", &self.after_processing)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// What the rules have in store for one call.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    pub(crate) delay: Duration,
    pub(crate) reply_delay: Duration,
    pub(crate) reply: Option<Response>,
    pub(crate) fault: Option<Fault>,
    /// Whether the call is processed although a reply is scripted or a fault has no need of it.
    pub(crate) after_processing: bool,
}

/// Applies the rules to a call, and forgets those that are spent.
pub(crate) fn apply(rules: &mut Vec<Rule>, request: &RecordedRequest) -> Effect {
    let mut effect = Effect::default();
    let mut answered = false;
    for rule in rules.iter_mut() {
        if !rule.is_due(request) || (rule.answers() && answered) {
            continue;
        }
        rule.use_up();
        effect.delay += rule.delay;
        effect.reply_delay += rule.reply_delay;
        if rule.answers() {
            answered = true;
            effect.reply.clone_from(&rule.reply);
            effect.fault.clone_from(&rule.fault);
            effect.after_processing = rule.after_processing;
        }
    }
    rules.retain(|rule| !rule.is_spent());
    effect
}
