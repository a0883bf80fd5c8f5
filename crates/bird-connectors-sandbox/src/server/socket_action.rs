//! The bytes and socket actions of each fault. Nothing here does I/O: `connection.rs` performs the actions.

use std::time::Duration;

use axum::http::response::Parts;
use axum::http::{StatusCode, header};
use hyper::body::Bytes;
use tokio::sync::mpsc;

use crate::scenario::fault::Fault;
use crate::server::gzip_bomb::{GIBIBYTE, GZIP_BOMB, MEBIBYTE};

/// Takes the connection of a request over. Every request carries one among its extensions; the connection then performs the
/// actions instead of sending a response.
pub(super) type Takeover = mpsc::UnboundedSender<Vec<SocketAction>>;

/// An action on a socket.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SocketAction {
    /// Sends bytes.
    Send(Bytes),
    /// Sends the same bytes this many times, so that a large body needs little memory.
    SendRepeated(Bytes, u64),
    /// Waits this long. If the client sends anything in the meantime, the connection is reset.
    Idle(Duration),
    /// Waits until the client disconnects.
    Stall,
    /// Resets the connection.
    Reset,
    /// Closes the connection.
    Close,
}

/// The actions of a fault, instead of the response with these parts and this body. `None` if the response is sent as HTTP. The
/// server itself handles [`Fault::Down`].
pub(super) fn socket_actions(
    fault: &Fault,
    mut parts: Parts,
    mut body: Bytes,
) -> Option<Vec<SocketAction>> {
    // These faults cut or stall the body, so there must be one.
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
    let head = |length| SocketAction::Send(response_head(&parts, length));
    Some(match fault {
        Fault::ResetBeforeHeaders => vec![SocketAction::Reset],
        Fault::LostResponse => vec![SocketAction::Close],
        Fault::StallBeforeHeaders => vec![SocketAction::Stall],
        Fault::StallBeforeBody => vec![head(length), SocketAction::Stall],
        Fault::StallInBody => vec![head(length), SocketAction::Send(half), SocketAction::Stall],
        Fault::ResetInBody => vec![head(length), SocketAction::Send(half), SocketAction::Reset],
        Fault::LengthTooLong => vec![
            head(length * 2),
            SocketAction::Send(body),
            SocketAction::Close,
        ],
        Fault::LengthTooShort => vec![
            head(half.len() as u64),
            SocketAction::Send(body),
            SocketAction::Stall,
        ],
        Fault::CloseIdle(idle) => vec![
            head(length),
            SocketAction::Send(body),
            SocketAction::Idle(*idle),
            SocketAction::Close,
        ],
        Fault::ContinueStorm(count) => {
            // The connection is closed after the response. The header announces it, so that the next call does not fail.
            let close = header::HeaderValue::from_static("close");
            parts.headers.insert(header::CONNECTION, close);
            let storm = Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n");
            vec![
                SocketAction::SendRepeated(storm, *count),
                SocketAction::Send(response_head(&parts, length)),
                SocketAction::Send(body),
                SocketAction::Close,
            ]
        }
        Fault::Huge => vec![
            head(MEBIBYTE as u64 * GIBIBYTE + 2),
            SocketAction::Send(Bytes::from_static(b"{")),
            SocketAction::SendRepeated(Bytes::from(vec![b' '; MEBIBYTE]), GIBIBYTE),
            SocketAction::Send(Bytes::from_static(b"}")),
            SocketAction::Close,
        ],
        Fault::GzipBomb => {
            parts.headers.insert(
                header::CONTENT_ENCODING,
                header::HeaderValue::from_static("gzip"),
            );
            let bomb = &*GZIP_BOMB;
            vec![
                SocketAction::Send(response_head(&parts, bomb.length())),
                SocketAction::Send(bomb.start.clone()),
                SocketAction::SendRepeated(bomb.spaces.clone(), GIBIBYTE),
                SocketAction::Send(bomb.end.clone()),
                SocketAction::Close,
            ]
        }
        _ => return None,
    })
}

/// Whether the actions send the head of a response.
pub(super) fn sends_status(actions: &[SocketAction]) -> bool {
    actions
        .iter()
        .any(|action| matches!(action, SocketAction::Send(_)))
}

/// The status line and headers of a response, with this `Content-Length`.
fn response_head(parts: &Parts, length: u64) -> Bytes {
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    // A 204 must not have a Content-Length.
    if parts.status != StatusCode::NO_CONTENT {
        head.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head.into()
}
