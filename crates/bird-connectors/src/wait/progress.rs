//! What a wait reports: each poll, and the channel that can send.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId, ConnectorReadiness};
use futures_core::Stream;
use futures_util::StreamExt as _;

use super::error::{StatusSource, WaitError};
use crate::error::Error;
use crate::future::SyncStream;

/// The result of a wait: a channel that can send, or one that meets another [condition](crate::wait::Condition).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ready {
    /// The channel's id, for sending messages.
    pub channel_id: ChannelId,
    /// The channel as last read. `None` if the access key cannot read it, or if the wait did not need it
    /// ([`Condition::has_channel`](crate::wait::Condition::has_channel)).
    pub channel: Option<Channel>,
    /// The connector as last read. `None` if this process did not create it and cannot read it.
    pub connector: Option<Connector>,
    /// The source that confirmed the condition. [`StatusSource::ReadinessChannel`] means that the access key cannot read
    /// the channel itself.
    pub confirmed_by: StatusSource,
    /// The number of polls.
    pub polls: u32,
    /// The time since the wait started.
    pub elapsed: Duration,
}

/// The state after one poll.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The number of the poll, from 1.
    pub poll: u32,
    /// The time since the wait started.
    pub elapsed: Duration,
    /// The connector's id.
    pub connector_id: ConnectorId,
    /// The channel's id, once it is known.
    pub channel_id: Option<ChannelId>,
    /// The last status: the channel's own, or the one in the readiness reply if the channel was not read. An unknown status
    /// means that the install is not finished. `None` if the channel that was read has no status.
    pub status: Option<String>,
    /// The last stage in the readiness reply.
    pub stage: Option<String>,
    /// The connector as last read.
    pub connector: Option<Connector>,
    /// The channel as last read.
    pub channel: Option<Channel>,
    /// The readiness reply as last read.
    pub readiness: Option<ConnectorReadiness>,
    /// The last error of this poll. It does not end the wait.
    pub error: Option<Error>,
    /// The pause before the next poll; `None` if this was the last one.
    pub next_poll_in: Option<Duration>,
    /// Whether the condition holds. Then this was the last poll, and [`Step::Ready`] follows.
    pub ready: bool,
    /// The source that confirmed the condition, if it holds.
    pub confirmed_by: Option<StatusSource>,
}

/// One item of [`Steps`].
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a step is moved once per poll, and a box would complicate patterns"
)]
#[non_exhaustive]
pub enum Step {
    /// The result of a poll.
    Poll(Progress),
    /// The result of the wait, after its last poll. This is the last item.
    Ready(Ready),
}

/// The steps of a wait, as a stream that drives it. Made by [`UntilReady::progress`](crate::wait::UntilReady::progress).
///
/// Each poll is one [`Step::Poll`], which the stream yields before the pause that follows the poll. The last item is
/// [`Step::Ready`] or an error. Dropping the stream stops the wait; the install itself continues.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::standard().scaled(0.02)).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let number = sandbox.numbers()[0].id();
/// # let sms = |name| bird_connectors::templates::Sms::new(name, number, "conversational");
/// use bird_connectors::wait::Step;
///
/// let install = connectors.install(sms("Support NL")).await?;
/// let mut steps = install.until_ready().progress();
/// while let Some(step) = steps.try_next().await? {
///     match step {
///         Step::Poll(poll) => println!("poll {}: status {:?}", poll.poll, poll.status),
///         Step::Ready(ready) => println!("channel {} can send", ready.channel_id),
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
#[must_use = "a wait does nothing unless its steps are read"]
pub struct Steps(SyncStream<Result<Step, WaitError>>);

impl Steps {
    pub(super) fn new(steps: impl Stream<Item = Result<Step, WaitError>> + Send + 'static) -> Self {
        Self(SyncStream::new(Box::pin(steps)))
    }

    /// The next step; `None` after the last one. The future can be dropped and called again without losing a step.
    pub async fn next(&mut self) -> Option<Result<Step, WaitError>> {
        self.0.next().await
    }

    /// The next step; `Ok(None)` after the last one.
    ///
    /// # Errors
    /// The error of the wait, which ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<Step>, WaitError> {
        self.next().await.transpose()
    }
}

impl Stream for Steps {
    type Item = Result<Step, WaitError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").finish_non_exhaustive()
    }
}
