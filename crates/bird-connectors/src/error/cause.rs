//! The cause chain of a library's error, as one message.

use std::error::Error as StdError;

/// Messages of libraries that only say that an error occurred in one of their layers.
const FILLER: [&str; 7] = [
    "client error (Connect)",
    "client error (SendRequest)",
    "connection error",
    "error decoding response body",
    "error reading a body from connection",
    "error sending request",
    "request or response body error",
];

/// The messages of an error's causes, each once and without filler.
pub(crate) fn cause_of(error: &(dyn StdError + 'static)) -> String {
    let mut messages: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |&error| error.source()) {
        let message = cause.to_string();
        if !FILLER.contains(&message.as_str())
            && !messages.iter().any(|earlier| earlier.contains(&message))
        {
            messages.retain(|earlier| !message.contains(earlier.as_str()));
            messages.push(message);
        }
    }
    if messages.is_empty() {
        error.to_string()
    } else {
        messages.join(": ")
    }
}
