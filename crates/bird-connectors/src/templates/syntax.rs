//! The syntax of the strings in templates that can be checked before a request is sent.

use bird_connectors_api::given::Given;
use uuid::Uuid;

/// Whether this is a reference of the form `slug:version`. All documented versions are numbers, but that others cannot exist
/// is not documented. So each part begins with a letter or a digit, and contains only these, hyphens, dots and underscores.
pub(crate) fn is_reference(string: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    string
        .split_once(':')
        .is_some_and(|(slug, version)| is_part(slug) && is_part(version))
}

/// Longer than any id, and shorter than the access tokens of Meta.
const LONGEST_ID: usize = 64;

/// Why a string cannot be an id that Meta assigned. Their form is not documented, so this only recognizes what belongs to
/// another argument. It does not repeat the string, which can be a secret.
pub(super) fn not_a_meta_id(string: &str) -> Option<String> {
    let string = string.trim();
    let length = string.chars().count();
    if string.is_empty() {
        // Reported as empty.
        None
    } else if Uuid::try_parse(string).is_ok() {
        Some("a UUID, which is an id in Bird and not at Meta".to_owned())
    } else if length > LONGEST_ID {
        Some(format!(
            "a string of {length} characters, which is too long for an id: check that the access token was not passed in \
             its place"
        ))
    } else if string.bytes().all(|byte| byte.is_ascii_digit()) {
        // An id, or a phone number without a plus sign.
        None
    } else {
        let given = Given::of(string);
        let is_foreign = string.starts_with('+') || given.is_recognized();
        is_foreign.then(|| given.to_string())
    }
}

const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '‘', '’'];

/// Why a string cannot be an access token. It does not repeat the string.
pub(super) fn not_a_token(string: &str) -> Option<&'static str> {
    let scheme = string.split_whitespace().next().unwrap_or_default();
    let scheme = scheme.trim_start_matches(QUOTES);
    if string.trim().is_empty() {
        Some("is empty")
    } else if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth") {
        Some("begins with the scheme of a header, such as `Bearer`: pass only the token")
    } else if string.contains(QUOTES) {
        Some("contains a quotation mark: pass the token without quotation marks")
    } else if string.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        Some("contains a space or a line break: remove it, for example at the end")
    } else if string.starts_with("https://") || string.starts_with("http://") {
        Some("is a URL")
    } else {
        None
    }
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
