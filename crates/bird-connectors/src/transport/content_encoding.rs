//! Decoding of compressed bodies. The names of encodings are case-insensitive, and `x-gzip` is equivalent to `gzip` (RFC 9110,
//! section 8.4.1.3).

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderValue};

/// A decoded body, or what could be decoded of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Complete(Bytes),
    /// The beginning of a body whose decoded size exceeds the limit.
    TooLarge(Bytes),
    /// The beginning of an invalid or truncated body, and the reason.
    Broken(Bytes, String),
}

/// The encoding that the client asks for.
const ACCEPTED: &str = if cfg!(feature = "gzip") {
    "gzip"
} else {
    "identity"
};

/// Asks for a compressed body, unless the caller asks for a part of it or for another encoding.
pub(super) fn request(headers: &mut HeaderMap) {
    if !headers.contains_key(RANGE) {
        let accepted = headers.entry(ACCEPT_ENCODING);
        accepted.or_insert(HeaderValue::from_static(ACCEPTED));
    }
}

/// Decodes a body of at most `max_body` decoded bytes, and removes the headers that describe the encoded one. Any other encoding
/// is left alone: if the body is not JSON, decoding it reports that.
pub(super) fn decode(headers: &mut HeaderMap, body: Bytes, max_body: usize) -> Decoded {
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
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    decompress(&body, max_body)
}

#[cfg(feature = "gzip")]
fn decompress(body: &[u8], max_body: usize) -> Decoded {
    use std::io::Read as _;

    let mut decoded = Vec::new();
    // One more byte than the limit shows that the body exceeds it.
    let limit = u64::try_from(max_body).unwrap_or(u64::MAX);
    let mut decoder = flate2::read::MultiGzDecoder::new(body).take(limit.saturating_add(1));
    match decoder.read_to_end(&mut decoded) {
        Err(cause) => Decoded::Broken(decoded.into(), cause.to_string()),
        Ok(_) if decoded.len() > max_body => {
            decoded.truncate(max_body);
            Decoded::TooLarge(decoded.into())
        }
        Ok(_) => Decoded::Complete(decoded.into()),
    }
}

/// A server or a proxy has compressed the body, although the client did not ask for that.
#[cfg(not(feature = "gzip"))]
fn decompress(_: &[u8], _: usize) -> Decoded {
    let cause = "it is compressed with gzip: enable the feature `gzip` of bird-connectors";
    Decoded::Broken(Bytes::new(), cause.to_owned())
}

#[cfg(test)]
mod tests;
