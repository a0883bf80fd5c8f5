//! The settings that all waits have: the wait for one install, `wait_all` and `install_all(…).until_ready`.

/// Applies the settings to a builder of the SDK. The builders have the same methods and no common trait.
macro_rules! wait_settings {
    ($wait:ident, $timeout:ident, $status:ident, $interval:ident, $failure_statuses:ident, $signal:ident) => {
        $wait = match $timeout {
            Some(timeout) => $wait.deadline(timeout.0),
            None => $wait.forever(),
        };
        $wait = $wait.until(match $status {
            Some(status) => bird_connectors::Condition::status(status.0),
            None => bird_connectors::Condition::has_channel(),
        });
        if let Some((first, longest)) = $interval {
            $wait = $wait.interval(first.0, longest.0);
        }
        if let Some(statuses) = $failure_statuses {
            $wait = $wait.failure_statuses(statuses.into_iter().map(|status| status.0));
        }
        if let Some(signals) = $signal {
            $wait = $wait.signal(signals.current().events());
        }
    };
}
pub(crate) use wait_settings;
