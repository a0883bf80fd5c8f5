//! The condition of a wait.

use std::fmt;
use std::sync::Arc;

use bird_connectors_api::types::Channel;

/// The condition that a wait waits for. The default is [`active`](Condition::active). Pass it to
/// [`WaitOptions::until`](crate::wait::WaitOptions::until).
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::instant()).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let number = sandbox.numbers()[0].id();
/// # let sms = |name| bird_connectors::templates::Sms::new(name, number, "conversational");
/// use bird_connectors::wait::{Condition, WaitOptions};
///
/// let install = connectors.install(sms("Support NL")).await?;
/// let named = Condition::matches(|channel| channel.name.as_deref() == Some("Support NL"));
/// let ready = install.until_ready().options(WaitOptions::new().until(named)).await?;
/// println!("channel {}", ready.channel_id);
/// # assert!(ready.channel.is_some());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Condition(Test);

#[derive(Clone)]
enum Test {
    Status(String),
    HasChannel,
    Matches(Arc<dyn Fn(&Channel) -> bool + Send + Sync>),
}

impl Condition {
    /// The channel's status is `active`: it can send.
    #[must_use]
    pub fn active() -> Self {
        Self::status("active")
    }

    /// The channel has this status, in any case. White space around a status does not count.
    #[must_use]
    pub fn status(status: impl Into<String>) -> Self {
        Self(Test::Status(status.into()))
    }

    /// The connector has a channel, with any status.
    #[must_use]
    pub fn has_channel() -> Self {
        Self(Test::HasChannel)
    }

    /// The channel passes a custom test. This requires an access key that can read or list channels.
    #[must_use]
    pub fn matches(test: impl Fn(&Channel) -> bool + Send + Sync + 'static) -> Self {
        Self(Test::Matches(Arc::new(test)))
    }

    pub(super) fn needs_no_status(&self) -> bool {
        matches!(self.0, Test::HasChannel)
    }

    pub(super) fn needs_channel(&self) -> bool {
        matches!(self.0, Test::Matches(_))
    }

    pub(super) fn holds(&self, channel: &Channel) -> bool {
        match &self.0 {
            Test::Status(expected) => channel
                .status
                .as_ref()
                .is_some_and(|status| is_same_status(status.as_str(), expected)),
            Test::HasChannel => true,
            Test::Matches(test) => test(channel),
        }
    }

    /// Whether the condition holds for a channel whose status is known only from the readiness response.
    pub(super) fn holds_for_status(&self, status: &str) -> bool {
        match &self.0 {
            Test::Status(expected) => is_same_status(status, expected),
            Test::HasChannel => true,
            Test::Matches(_) => false,
        }
    }
}

/// Whether two statuses are the same: the API documents neither their case nor their values.
pub(super) fn is_same_status(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Test::Status(expected) => write!(f, "status == {expected:?}"),
            Test::HasChannel => f.write_str("has a channel"),
            Test::Matches(_) => f.write_str("custom test"),
        }
    }
}
