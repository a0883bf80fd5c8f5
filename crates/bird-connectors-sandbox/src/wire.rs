//! What goes over the socket in place of an orderly answer: the bytes of an answer, and the acts of which a fault is made.
//! Pure; `server.rs` performs them.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::response::Parts;
use axum::http::{StatusCode, header};
use flate2::{Compress, Compression, Crc, FlushCompress};
use hyper::body::Bytes;

use crate::fault::Fault;

/// One thing done at the socket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Sends bytes.
    Send(Bytes),
    /// Sends the same bytes this many times: what is large is never in memory.
    Repeat(Bytes, u64),
    /// Waits this long. Whatever the client says in the meantime ends the connection with a reset.
    Idle(Duration),
    /// Does nothing until the client goes away.
    Stall,
    /// Ends the connection with a reset.
    Reset,
    /// Ends the connection in order.
    Close,
}

const MEBIBYTE: usize = 1 << 20;
/// How large a body without measure is, in mebibytes.
const GIBIBYTE: u64 = 1 << 10;

/// What is done in place of an orderly answer; nothing where the answer is in order at the socket. `Down` is the server's.
pub(crate) fn acts(fault: &Fault, mut parts: Parts, mut body: Bytes) -> Option<Vec<Act>> {
    // A status whose answer has no body could not be cut within it.
    let needs_body = matches!(
        fault,
        Fault::ResetInBody
            | Fault::StallBeforeBody
            | Fault::StallInBody
            | Fault::LengthTooLong
            | Fault::LengthTooShort
    );
    if needs_body && body.is_empty() {
        if parts.status == StatusCode::NO_CONTENT {
            parts.status = StatusCode::OK;
        }
        body = Bytes::from_static(b"{}");
    }
    let length = body.len() as u64;
    let half = body.slice(..body.len() / 2);
    let head = |length| Act::Send(head(&parts, length));
    Some(match fault {
        Fault::ResetBeforeHeaders => vec![Act::Reset],
        Fault::LostResponse => vec![Act::Close],
        Fault::StallBeforeHeaders => vec![Act::Stall],
        Fault::StallBeforeBody => vec![head(length), Act::Stall],
        Fault::StallInBody => vec![head(length), Act::Send(half), Act::Stall],
        Fault::ResetInBody => vec![head(length), Act::Send(half), Act::Reset],
        Fault::LengthTooLong => vec![head(length * 2), Act::Send(body), Act::Close],
        Fault::LengthTooShort => vec![head(half.len() as u64), Act::Send(body), Act::Stall],
        Fault::CloseIdle(idle) => vec![head(length), Act::Send(body), Act::Idle(*idle), Act::Close],
        Fault::ContinueStorm(count) => {
            // Said aloud, so that the end of this connection is no fault of its own for the next call.
            let close = header::HeaderValue::from_static("close");
            parts.headers.insert(header::CONNECTION, close);
            let storm = Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n");
            vec![
                Act::Repeat(storm, *count),
                Act::Send(self::head(&parts, length)),
                Act::Send(body),
                Act::Close,
            ]
        }
        Fault::Huge => vec![
            head(MEBIBYTE as u64 * GIBIBYTE + 2),
            Act::Send(Bytes::from_static(b"{")),
            Act::Repeat(Bytes::from(vec![b' '; MEBIBYTE]), GIBIBYTE),
            Act::Send(Bytes::from_static(b"}")),
            Act::Close,
        ],
        Fault::GzipBomb => {
            parts.headers.insert(
                header::CONTENT_ENCODING,
                header::HeaderValue::from_static("gzip"),
            );
            let bomb = BOMB.clone();
            vec![
                Act::Send(self::head(&parts, bomb.length())),
                Act::Send(bomb.start),
                Act::Repeat(bomb.spaces, GIBIBYTE),
                Act::Send(bomb.end),
                Act::Close,
            ]
        }
        _ => return None,
    })
}

/// Whether a status is among what the acts send.
pub(crate) fn has_status(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Send(_)))
}

/// The head of an answer whose body is said to have this length.
fn head(parts: &Parts, length: u64) -> Bytes {
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    // 204 must not name a length.
    if parts.status != StatusCode::NO_CONTENT {
        head.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head.into()
}

/// Packed once: it is always the same.
static BOMB: LazyLock<Bomb> = LazyLock::new(Bomb::new);

/// A correct gzip file of `{`, a gibibyte of spaces, and `}`.
#[derive(Clone)]
struct Bomb {
    start: Bytes,
    /// A mebibyte of spaces, packed so that it can be repeated.
    spaces: Bytes,
    end: Bytes,
}

impl Bomb {
    fn new() -> Self {
        // Neither name nor date.
        let mut start = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        start.extend(packed(b"{", FlushCompress::Full));
        let spaces = vec![b' '; MEBIBYTE];
        let mut end = packed(b"}", FlushCompress::Finish);
        let mut checksum = Crc::new();
        checksum.update(b"{");
        let mut part = Crc::new();
        part.update(&spaces);
        // Doubled until it is the checksum of all of them.
        for _ in 0..GIBIBYTE.ilog2() {
            let mut twice = Crc::new();
            twice.combine(&part);
            twice.combine(&part);
            part = twice;
        }
        checksum.combine(&part);
        checksum.update(b"}");
        end.extend(checksum.sum().to_le_bytes());
        // The length modulo 2^32, which is what the checksum counts in as well.
        end.extend(checksum.amount().to_le_bytes());
        Self {
            start: start.into(),
            spaces: packed(&spaces, FlushCompress::Full).into(),
            end: end.into(),
        }
    }

    fn length(&self) -> u64 {
        self.start.len() as u64 + self.spaces.len() as u64 * GIBIBYTE + self.end.len() as u64
    }
}

/// A part of a packed stream that stands for itself: it refers to nothing before it.
fn packed(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(MEBIBYTE / 16);
    // It can only fail where the state of a stream is broken, which this one never becomes.
    let _ = Compress::new(Compression::best(), false).compress_vec(bytes, &mut out, flush);
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_bomb_is_small_and_unpacks_to_json() {
        let bomb = Bomb::new();
        assert!(bomb.length() < 2 * MEBIBYTE as u64, "{}", bomb.length());
        let mut file = bomb.start.to_vec();
        for _ in 0..GIBIBYTE {
            file.extend_from_slice(&bomb.spaces);
        }
        file.extend_from_slice(&bomb.end);
        let mut reader = flate2::read::GzDecoder::new(file.as_slice());
        let (mut length, mut chunk) = (0, vec![0; MEBIBYTE]);
        let (mut first, mut last) = (None, None);
        loop {
            // At its end the reader compares checksum and length.
            let read = reader.read(&mut chunk).unwrap();
            if read == 0 {
                break;
            }
            first.get_or_insert(chunk[0]);
            last = Some(chunk[read - 1]);
            length += read;
        }
        assert_eq!((first, last), (Some(b'{'), Some(b'}')));
        assert_eq!(length, 1024 * MEBIBYTE + 2);
    }
}
