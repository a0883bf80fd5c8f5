//! Scripts of installs in the sandbox.

use bird_connectors_sandbox as sandbox;
use pyo3::prelude::*;
use sandbox::Step;

use crate::convert::{Arg, Seconds, Sequence, Str, arguments};

/// The script of an install in the sandbox: when it gets a channel, and the statuses of the channel.
///
/// Times count from the create, in seconds or as a `timedelta`. Methods such as `status` return a copy of the script with
/// one more step.
#[pyclass(frozen, weakref, module = "bird_connectors.testing")]
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
    fn timed(channel_after: Arg<Seconds>, active_after: Arg<Seconds>) -> PyResult<Self> {
        arguments!(channel_after, active_after);
        Ok(Self(sandbox::Script::timed(
            channel_after.0,
            active_after.0,
        )))
    }

    /// The channel is created after `channel_after` and stays `pending`.
    #[staticmethod]
    fn pending(channel_after: Arg<Seconds>) -> PyResult<Self> {
        arguments!(channel_after);
        Ok(Self(sandbox::Script::pending(channel_after.0)))
    }

    /// No channel is created. Add steps for a custom script.
    #[staticmethod]
    fn never() -> Self {
        Self(sandbox::Script::never())
    }

    /// The channel is created after 0.6 s and has this status after 2 s.
    #[staticmethod]
    #[pyo3(signature = (status=Arg::of(Str("failed".to_owned()))), text_signature = "(status='failed')")]
    fn failing(status: Arg<Str>) -> PyResult<Self> {
        arguments!(status);
        Ok(Self(sandbox::Script::failing(status.0)))
    }

    /// The channel is created at once and takes these statuses in turn, for `every` seconds each.
    #[staticmethod]
    fn statuses(every: Arg<Seconds>, statuses: Arg<Sequence<Str>>) -> PyResult<Self> {
        arguments!(every, statuses);
        let statuses = statuses.0.into_iter().map(|status| status.0);
        Ok(Self(sandbox::Script::statuses(every.0, statuses)))
    }

    /// Adds a step: the channel has this status.
    fn status(&self, after: Arg<Seconds>, status: Arg<Str>) -> PyResult<Self> {
        arguments!(after, status);
        Ok(Self(self.0.clone().step(after.0, Step::Status(status.0))))
    }

    /// Adds a step: a channel with this status is created, and replaces an earlier one.
    fn channel(&self, after: Arg<Seconds>, status: Arg<Str>) -> PyResult<Self> {
        arguments!(after, status);
        Ok(Self(self.0.clone().step(after.0, Step::Channel(status.0))))
    }

    /// Adds a step: the readiness response has this stage.
    fn stage(&self, after: Arg<Seconds>, stage: Arg<Str>) -> PyResult<Self> {
        arguments!(after, stage);
        Ok(Self(self.0.clone().step(after.0, Step::Stage(stage.0))))
    }

    /// Adds a step: the connector and its channel no longer exist.
    fn vanish(&self, after: Arg<Seconds>) -> PyResult<Self> {
        arguments!(after);
        Ok(Self(self.0.clone().step(after.0, Step::Vanish)))
    }

    /// Makes the connector visible only after this time, although the create responds at once.
    fn commit_after(&self, after: Arg<Seconds>) -> PyResult<Self> {
        arguments!(after);
        Ok(Self(self.0.clone().commit_after(after.0)))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
