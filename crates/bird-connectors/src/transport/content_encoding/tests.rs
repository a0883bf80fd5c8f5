use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap().into()
}

fn decode_as(encoding: &'static str, body: Bytes) -> Decoded {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    decode(&mut headers, body, 10)
}

#[test]
fn every_spelling_of_gzip_is_decoded() {
    for encoding in ["gzip", "GZIP", "Gzip", "x-gzip", "X-GZip", " gzip "] {
        assert_eq!(
            decode_as(encoding, gzip(b"0123456789")),
            Decoded::Complete(Bytes::from_static(b"0123456789")),
            "{encoding}"
        );
    }
}

#[test]
fn several_gzip_members_are_decoded_as_one_body() {
    let body = [gzip(b"01234"), gzip(b"56789")].concat();
    assert_eq!(
        decode_as("x-gzip", body.into()),
        Decoded::Complete(Bytes::from_static(b"0123456789"))
    );
}

#[test]
fn other_encodings_and_empty_bodies_are_left_alone() {
    for encoding in ["identity", "br", "gzipped", ""] {
        let body = Bytes::from_static(b"{}");
        assert_eq!(
            decode_as(encoding, body.clone()),
            Decoded::Complete(body),
            "{encoding}"
        );
    }
    assert_eq!(
        decode_as("x-gzip", Bytes::new()),
        Decoded::Complete(Bytes::new())
    );
}

#[test]
fn limit_applies_to_the_decoded_size() {
    assert_eq!(
        decode_as("GZIP", gzip(b"0123456789a")),
        Decoded::TooLarge(Bytes::from_static(b"0123456789"))
    );
}

#[test]
fn invalid_or_truncated_gzip_is_broken() {
    let mut body = gzip(b"0123456789").to_vec();
    body.truncate(body.len() - 4);
    for body in [Bytes::from(body), Bytes::from_static(b"no gzip at all")] {
        assert!(matches!(decode_as("x-gzip", body), Decoded::Broken(..)));
    }
}

#[test]
fn headers_of_the_encoded_body_are_removed_with_its_encoding() {
    let headers = |encoding| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("30"));
        headers
    };
    for (encoding, left) in [("gzip", 0), ("br", 2)] {
        let mut headers = headers(encoding);
        decode(&mut headers, gzip(b"{}"), 10);
        assert_eq!(headers.len(), left, "{encoding}");
    }
}

#[test]
fn compressed_body_is_requested_unless_the_caller_asks_for_something_else() {
    let mut headers = HeaderMap::new();
    request(&mut headers);
    assert_eq!(headers[ACCEPT_ENCODING], "gzip");
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request(&mut headers);
    assert_eq!(headers[ACCEPT_ENCODING], "identity");
    let mut headers = HeaderMap::new();
    headers.insert(RANGE, HeaderValue::from_static("bytes=0-1"));
    request(&mut headers);
    assert!(!headers.contains_key(ACCEPT_ENCODING));
}
