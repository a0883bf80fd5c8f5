//! The options that all waits take: the wait for one install, `wait_all` and `install_all(…).until_ready`.

use bird_connectors::wait::{Condition, WaitOptions};

use pyo3::Py;

use crate::convert::{Pair, Seconds, Sequence, Str};
use crate::webhooks::Signals;

/// The options of the SDK for these arguments of a Python method.
pub(crate) fn wait_options(
    timeout: Option<Seconds>,
    status: Option<Str>,
    interval: Option<Pair<Seconds>>,
    failure_statuses: Option<Sequence<Str>>,
    signal: Option<Py<Signals>>,
) -> WaitOptions {
    let mut options = WaitOptions::new().until(match status {
        Some(status) => Condition::status(status.0),
        None => Condition::has_channel(),
    });
    options = match timeout {
        Some(timeout) => options.timeout(timeout.0),
        None => options.no_timeout(),
    };
    if let Some(Pair(first, longest)) = interval {
        options = options.interval(first.0, longest.0);
    }
    if let Some(statuses) = failure_statuses {
        options = options.failure_statuses(statuses.0.into_iter().map(|status| status.0));
    }
    if let Some(signals) = signal {
        options = options.signal(signals.get().current().events());
    }
    options
}
