//! When a wait is over.

use std::fmt;
use std::sync::Arc;

use bird_connectors_api::types::Channel;

/// What a wait is for. The default is [`active`](Condition::active).
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

    /// The channel's status is this word, as the API writes it.
    #[must_use]
    pub fn status(word: impl Into<String>) -> Self {
        Self(Test::Status(word.into()))
    }

    /// The connector names a channel, whatever its status.
    #[must_use]
    pub fn has_channel() -> Self {
        Self(Test::HasChannel)
    }

    /// The channel passes a test of your own. It needs an access key that may read channels, or list them.
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
            Test::Status(word) => channel
                .status
                .as_ref()
                .is_some_and(|status| status.as_str() == word),
            Test::HasChannel => true,
            Test::Matches(test) => test(channel),
        }
    }

    /// For keys that may not read the channel: readiness tells its status, but not the rest of it.
    pub(super) fn holds_for_status(&self, status: &str) -> bool {
        match &self.0 {
            Test::Status(word) => status == word,
            Test::HasChannel => true,
            Test::Matches(_) => false,
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Test::Status(word) => write!(f, "status == {word:?}"),
            Test::HasChannel => f.write_str("has a channel"),
            Test::Matches(_) => f.write_str("a test of the caller's"),
        }
    }
}
