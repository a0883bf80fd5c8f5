//! The syntax of the strings in templates that can be checked before a request is sent.

/// Whether this is a reference of the form `slug:version`. Neither part may be empty or contain whitespace, and there must
/// not be a second colon.
pub(crate) fn is_reference(string: &str) -> bool {
    let printable = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    string.split_once(':').is_some_and(|(slug, version)| {
        printable(slug) && printable(version) && !version.contains(':')
    })
}

/// Whether this is a phone number in E.164 format.
pub(super) fn is_e164(string: &str) -> bool {
    string.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The known value that differs from this one only in case, spaces or separators. The API compares exactly, and a value that
/// is not known may be a new one.
pub(super) fn misspelled_value(value: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = |value: &str| {
        let letters = value.chars().filter(|letter| letter.is_alphanumeric());
        letters.collect::<String>().to_lowercase()
    };
    if known.contains(&value) {
        return None;
    }
    known
        .iter()
        .find(|known| plain(known) == plain(value))
        .copied()
}
