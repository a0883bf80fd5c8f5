//! The span and the events of a wait.

use bird_connectors_api::types::{ChannelId, ConnectorId, WorkspaceId};
use tracing::field;
use tracing::{Span, info, info_span, warn};

use super::error::WaitError;
use super::progress::Progress;
use crate::resume::WaitToken;
use crate::telemetry::WAIT;

macro_rules! sighted {
    ($macro:ident, $watch:expr, $progress:expr, { $($fields:tt)* }, $message:literal) => {
        $watch.span.in_scope(|| {
            $macro!(
                target: WAIT,
                {
                    bird.workspace.id = %$watch.workspace,
                    bird.connector.id = %$watch.connector,
                    $($fields)*
                    bird.channel.id = $progress.channel_id.map(field::display),
                    bird.status = word($progress.status.as_deref()),
                    bird.stage = word($progress.stage.as_deref()),
                    bird.poll = $progress.poll,
                    bird.elapsed = $progress.elapsed.as_secs_f64(),
                },
                $message
            );
        })
    };
}

/// A wait, as far as it is told of.
#[derive(Debug)]
pub(crate) struct Watch {
    span: Span,
    workspace: WorkspaceId,
    connector: ConnectorId,
    seen: (Option<ChannelId>, Option<String>, Option<String>),
}

impl Watch {
    pub(crate) fn new(token: &WaitToken) -> Self {
        Self {
            span: info_span!(
                target: WAIT,
                "wait",
                bird.workspace.id = %token.workspace(),
                bird.connector.id = %token.connector(),
            ),
            workspace: token.workspace(),
            connector: token.connector(),
            seen: (None, None, None),
        }
    }

    /// The span of a wait for many.
    pub(crate) fn span_of_many(workspace: WorkspaceId) -> Span {
        info_span!(target: WAIT, "wait", bird.workspace.id = %workspace)
    }

    /// One of many, as it was seen last.
    pub(crate) fn one_of_many(span: Span, token: &WaitToken, seen: &Progress) -> Self {
        Self {
            span,
            workspace: token.workspace(),
            connector: token.connector(),
            seen: (seen.channel_id, seen.status.clone(), seen.stage.clone()),
        }
    }

    /// What was seen last differs from what was seen before.
    pub(crate) fn changed(&self, progress: &Progress) {
        sighted!(info, self, progress, {}, "status changed");
    }

    /// What polls are made in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn saw(&mut self, progress: &Progress) {
        let sight = (progress.channel_id, &progress.status, &progress.stage);
        let (channel, status, stage) = &self.seen;
        if (*channel, status, stage) == sight {
            return;
        }
        self.seen = (sight.0, sight.1.clone(), sight.2.clone());
        sighted!(info, self, progress, {}, "status changed");
    }

    pub(crate) fn ready(&mut self, progress: &Progress) {
        self.saw(progress);
        sighted!(info, self, progress, {}, "ready");
    }

    pub(crate) fn gave_up(&mut self, progress: &Progress, error: &WaitError) {
        self.saw(progress);
        let error = match error {
            WaitError::TimedOut(_) => "timed_out",
            WaitError::Failed { .. } => "failed",
            WaitError::Vanished(_) => "vanished",
            WaitError::Denied { .. } => "denied",
            WaitError::Invalid(_) => "invalid",
        };
        sighted!(warn, self, progress, { error.type = error, }, "gave up");
    }
}

/// A status is a word of the server's own choice: only what looks like one is told, so that no line of a log can be made
/// up, and none can be flooded.
fn word(text: Option<&str>) -> Option<&str> {
    let text = text?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
    let is_word = text.len() <= 40 && text.bytes().all(plain);
    Some(if is_word { text } else { "(not a word)" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_told_of_what_a_server_says() {
        assert_eq!(word(None), None);
        for text in ["active", "pending-review", "Not_Ready 2", ""] {
            assert_eq!(word(Some(text)), Some(text));
        }
        for text in ["active\nERROR forged", "aktív", "a=b", &"x".repeat(41)] {
            assert_eq!(word(Some(text)), Some("(not a word)"));
        }
    }
}
