//! Recognizes what was given where an id or a token belongs, by its form alone. The string itself may be a secret and is not
//! kept. Not part of the public API: the SDK and the Python package share it.

use std::fmt;

use uuid::Uuid;

/// What a string is that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Given {
    /// Nothing, or white space.
    Empty,
    /// The zero UUID, which identifies nothing.
    Zero,
    /// The URL of a page of Bird's app, with the template and the connector in its path.
    AppUrl,
    /// Any other URL.
    Url,
    /// Such as `sms-messagebird:1/0b9f2c1e-…`: the end of the path in the app.
    TemplateAndId,
    /// Such as `sms-messagebird:1`.
    TemplateReference,
    /// Such as `+31 6 12345678`, or only its digits.
    PhoneNumber,
    /// A wait token, a checkpoint or an unresolved create.
    Stored,
    /// Anything else, with its number of characters.
    Other(usize),
}

impl Given {
    /// Recognizes a string. White space around it is ignored.
    #[must_use]
    pub fn of(string: &str) -> Self {
        let string = string.trim();
        let lower = string.to_ascii_lowercase();
        let segments: Vec<&str> = lower.split('/').collect();
        let with_id = segments
            .windows(2)
            .any(|pair| is_template_reference(pair[0]) && Uuid::try_parse(pair[1]).is_ok());
        let url = lower.starts_with("https://") || lower.starts_with("http://");
        if string.is_empty() {
            Self::Empty
        } else if Uuid::try_parse(string).is_ok_and(|id| id.is_nil()) {
            Self::Zero
        } else if with_id && (url || segments.contains(&"channels")) {
            Self::AppUrl
        } else if url {
            Self::Url
        } else if with_id {
            Self::TemplateAndId
        } else if is_template_reference(&lower) {
            Self::TemplateReference
        } else if is_phone_number(string) {
            Self::PhoneNumber
        } else if is_stored(string) {
            Self::Stored
        } else {
            Self::Other(string.chars().count())
        }
    }

    /// Whether the form of the string says what it is.
    #[must_use]
    pub fn is_recognized(self) -> bool {
        !matches!(self, Self::Empty | Self::Other(_))
    }

    /// What to pass instead, if the form says more than that it is not an id.
    pub(crate) fn advice(self, kind: &str) -> Option<&'static str> {
        match (kind, self) {
            ("channel id", Self::AppUrl | Self::TemplateAndId) => Some(
                "the UUID in it is the id of the connector: read that connector, which has the id of its channel",
            ),
            ("connector id", Self::AppUrl | Self::TemplateAndId) => {
                Some("pass only the UUID after the template reference")
            }
            ("channel id", Self::TemplateReference | Self::PhoneNumber) => {
                Some("pass the `id` of an item in the list of channels")
            }
            ("connector id", Self::TemplateReference | Self::PhoneNumber) => {
                Some("pass the `id` of an item in the list of connectors")
            }
            ("number id", Self::PhoneNumber) => {
                Some("pass the `id` of the number in the list of numbers, not the number itself")
            }
            (_, Self::Stored) => Some(
                "pass a wait token to `resume`, a checkpoint to `resume_from`, and an unresolved create to `reconcile`",
            ),
            ("workspace id" | "organization id", Self::Other(_)) => {
                Some("check that the access key was not passed in its place")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "an empty string",
            Self::Zero => "the zero UUID",
            Self::AppUrl => "the URL of a page in Bird's app",
            Self::Url => "a URL",
            Self::TemplateAndId => "a template reference and an id",
            Self::TemplateReference => "a template reference",
            Self::PhoneNumber => "a phone number",
            Self::Stored => "a wait token, a checkpoint or an unresolved create",
            Self::Other(1) => "a string of 1 character",
            Self::Other(length) => return write!(formatter, "a string of {length} characters"),
        })
    }
}

/// A colon in a URL can be percent-encoded.
fn is_template_reference(segment: &str) -> bool {
    let parts = segment
        .split_once(':')
        .or_else(|| segment.split_once("%3a"));
    parts.is_some_and(|(slug, version)| {
        let slug_characters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !slug.is_empty()
            && slug.bytes().all(slug_characters)
            && !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether this is what `WaitToken`, `Checkpoint` or `UnresolvedCreate` is stored as: JSON that begins with its version, or the
/// base64 of that.
fn is_stored(string: &str) -> bool {
    string.starts_with(r#"{"v":1,"#) || string.starts_with("eyJ2Ijox")
}

fn is_phone_number(string: &str) -> bool {
    let digits = string.chars().filter(char::is_ascii_digit).count();
    let characters = |letter: char| letter.is_ascii_digit() || " +-().".contains(letter);
    (7..=15).contains(&digits) && string.chars().all(characters)
}
