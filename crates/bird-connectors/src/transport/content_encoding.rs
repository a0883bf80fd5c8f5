//! Decoding of bodies whose content encoding reqwest does not recognise: it accepts only the exact name `gzip`, but the
//! names are case-insensitive, and `x-gzip` is equivalent (RFC 9110, section 8.4.1.3).

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// A decoded body, or what could be decoded of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Complete(Bytes),
    /// The beginning of a body whose decoded size exceeds the limit.
    TooLarge(Bytes),
    /// The beginning of an invalid or truncated body, and the reason.
    Broken(Bytes, String),
}

/// Decodes a body of at most `max_body` decoded bytes. Any other encoding is left alone: if the body is not JSON, decoding
/// it reports that.
pub(super) fn decode(headers: &HeaderMap, body: Bytes, max_body: usize) -> Decoded {
    // reqwest removes the header from bodies that it has decoded.
    let is_gzip = headers
        .get(CONTENT_ENCODING)
        .and_then(|name| name.to_str().ok())
        .map(str::trim)
        .is_some_and(|name| {
            name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip")
        });
    if !is_gzip || body.is_empty() {
        return Decoded::Complete(body);
    }
    let mut decoded = Vec::new();
    // One more byte than the limit shows that the body exceeds it.
    let limit = u64::try_from(max_body).unwrap_or(u64::MAX);
    let mut decoder = MultiGzDecoder::new(&*body).take(limit.saturating_add(1));
    match decoder.read_to_end(&mut decoded) {
        Err(cause) => Decoded::Broken(decoded.into(), cause.to_string()),
        Ok(_) if decoded.len() > max_body => {
            decoded.truncate(max_body);
            Decoded::TooLarge(decoded.into())
        }
        Ok(_) => Decoded::Complete(decoded.into()),
    }
}

#[cfg(test)]
mod tests;
