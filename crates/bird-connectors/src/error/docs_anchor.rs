//! The anchor of an error in the documentation, which ends its message. Pure.

use std::fmt;

/// The end of a message: the anchor of the error on the page `errors` of the documentation.
pub(crate) struct DocsAnchor(pub(crate) &'static str);

impl DocsAnchor {
    /// A message without the anchor at its end.
    pub(super) fn without(message: &str) -> &str {
        let is_name = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        match message
            .strip_suffix(']')
            .and_then(|message| message.rsplit_once(" [errors#"))
        {
            Some((rest, name)) if is_name(name) => rest,
            _ => message,
        }
    }
}

impl fmt::Display for DocsAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " [errors#{}]", self.0)
    }
}
