//! Scripts of installs in the sandbox.

use bird_connectors_sandbox as sandbox;
use pyo3::prelude::*;
use sandbox::Step;

use crate::convert::{Seconds, Str};

/// The script of an install in the sandbox: when it gets a channel, and the statuses of the channel.
///
/// Times count from the create, in seconds or as a `timedelta`. Methods such as `status` return a copy of the script with
/// one more step.
#[pyclass(frozen, module = "bird_connectors.testing")]
pub(crate) struct Script(pub(crate) sandbox::Script);

#[pymethods]
impl Script {
    /// The channel is created after 0.6 s and `active` after 2 s.
    #[staticmethod]
    fn standard() -> Self {
        Self(sandbox::Script::standard())
    }

    /// The channel is created and `active` at once.
    #[staticmethod]
    fn instant() -> Self {
        Self(sandbox::Script::instant())
    }

    /// The channel is created after `channel_after` and `active` after `active_after`.
    #[staticmethod]
    fn timed(channel_after: Seconds, active_after: Seconds) -> Self {
        Self(sandbox::Script::timed(channel_after.0, active_after.0))
    }

    /// The channel is created after `channel_after` and stays `pending`.
    #[staticmethod]
    fn pending(channel_after: Seconds) -> Self {
        Self(sandbox::Script::pending(channel_after.0))
    }

    /// No channel is created. Add steps for a custom script.
    #[staticmethod]
    fn never() -> Self {
        Self(sandbox::Script::never())
    }

    /// The channel is created after 0.6 s and has this status after 2 s.
    #[staticmethod]
    #[pyo3(signature = (status=Str("failed".to_owned())), text_signature = "(status='failed')")]
    fn failing(status: Str) -> Self {
        Self(sandbox::Script::failing(status.0))
    }

    /// The channel is created at once and takes these statuses in turn, for `every` seconds each.
    #[staticmethod]
    fn statuses(every: Seconds, statuses: Vec<Str>) -> Self {
        let statuses = statuses.into_iter().map(|status| status.0);
        Self(sandbox::Script::statuses(every.0, statuses))
    }

    /// Adds a step: the channel has this status.
    fn status(&self, after: Seconds, status: Str) -> Self {
        Self(self.0.clone().step(after.0, Step::Status(status.0)))
    }

    /// Adds a step: a channel with this status is created, and replaces an earlier one.
    fn channel(&self, after: Seconds, status: Str) -> Self {
        Self(self.0.clone().step(after.0, Step::Channel(status.0)))
    }

    /// Adds a step: the readiness response has this stage.
    fn stage(&self, after: Seconds, stage: Str) -> Self {
        Self(self.0.clone().step(after.0, Step::Stage(stage.0)))
    }

    /// Adds a step: the connector and its channel no longer exist.
    fn vanish(&self, after: Seconds) -> Self {
        Self(self.0.clone().step(after.0, Step::Vanish))
    }

    /// Makes the connector visible only after this time, although the create responds at once.
    fn commit_after(&self, after: Seconds) -> Self {
        Self(self.0.clone().commit_after(after.0))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
