//! The form of messages: in one line, and no longer than a log can take.

pub(super) use bird_connectors_api::bounded::cut;
pub(crate) use bird_connectors_api::bounded::shorten;

/// A string without line breaks and control characters.
pub(crate) fn one_line(string: &str) -> String {
    let parts: Vec<&str> = string
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}
