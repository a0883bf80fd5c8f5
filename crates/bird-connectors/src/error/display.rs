//! How an error prints: one line, without secrets, that ends with its anchor in the documentation.

use std::fmt;
use std::time::Duration;

use super::docs_anchor::DocsAnchor;
use super::message::{one_line, shorten};
use super::{Error, RequestOutcome};

/// The length of the beginning of a body in a message, in bytes.
const SHOWN_BODY: usize = 200;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.summary(), DocsAnchor(self.0.kind.as_str()))
    }
}

impl Error {
    /// The message without its anchor, for another message that ends with an anchor.
    pub(crate) fn summary(&self) -> String {
        let inner = &*self.0;
        let mut line = format!("{}: ", inner.action);
        if let Some(status) = inner.status {
            line += &format!("{} ", status.as_u16());
        }
        if let Some(code) = &inner.code {
            line += &format!("{code}: ");
        }
        line += &inner.message;
        line += &self.shown_field_errors();
        line += &self.shown_body();
        if let Some(help) = &inner.help {
            line += &format!("; {help}");
        }
        let notes = self.notes();
        if !notes.is_empty() {
            line += &format!(" ({})", notes.join(", "));
        }
        // Even if the server's message has several lines.
        one_line(&line)
    }

    /// The beginning of a body that is not in the API's format. Secrets were removed from the whole body before.
    fn shown_body(&self) -> String {
        match &self.0.raw {
            Some(raw) if self.0.shows_raw => {
                // A page can begin with any number of spaces, and only a part of it is needed.
                let mut start = raw.trim_start().to_owned();
                shorten(&mut start, 4 * SHOWN_BODY);
                let mut start = one_line(&start);
                shorten(&mut start, SHOWN_BODY);
                if start.is_empty() {
                    return start;
                }
                format!("; body: {start}")
            }
            _ => String::new(),
        }
    }

    /// Notes about the request at the end of the summary. Empty if the SDK did not try to send one.
    fn notes(&self) -> Vec<String> {
        let inner = &*self.0;
        let mut notes = Vec::new();
        if inner.attempts == 0 {
            return notes;
        }
        match inner.outcome {
            Some(RequestOutcome::NotSent) => notes.push("not sent".to_owned()),
            Some(RequestOutcome::Unknown) => notes.push("outcome unknown".to_owned()),
            _ => {}
        }
        match inner.retry_after {
            // The server asked for a time that no `Duration` can hold.
            Some(Duration::MAX) => notes.push("retry after an unlimited time".to_owned()),
            Some(wait) => notes.push(format!("retry after {} s", wait.as_secs_f64().ceil())),
            None => {}
        }
        if let Some(id) = &inner.request_id {
            notes.push(format!("request id {id}"));
        }
        notes.push(match inner.attempts {
            1 => "1 attempt".to_owned(),
            attempts => format!("{attempts} attempts"),
        });
        notes
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("text", &format_args!("{self}"))
            .field("details", &self.0.details)
            .finish_non_exhaustive()
    }
}
