//! Sends one webhook request.

use std::net::SocketAddr;
use std::pin::pin;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::delivery::queue::Delivery;
use crate::shared::Shared;

#[cfg(test)]
mod tests;

/// Sends a delivery. Returns the status of the receiver; `None` if it does not answer in time or there is no route to it.
pub(super) async fn send(shared: &Shared, delivery: &Delivery) -> Option<u16> {
    let (local, limit) = {
        let webhooks = &shared.lock().webhooks;
        (webhooks.local_address(&delivery.url)?, webhooks.timeout)
    };
    timeout(limit, post(local, delivery)).await.ok().flatten()
}

async fn post(local: SocketAddr, delivery: &Delivery) -> Option<u16> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(request_target(&delivery.url))
        // A reverse proxy sends the local host name, not the registered one.
        .header(HOST, local.to_string())
        .header(CONTENT_TYPE, "application/json")
        .header("MessageBird-Request-Id", &delivery.request_id)
        .header("MessageBird-Request-Timestamp", delivery.timestamp);
    if let Some(signature) = &delivery.signature {
        request = request.header("MessageBird-Signature", signature);
    }
    let body = Full::new(Bytes::from(delivery.body.clone()));
    let request = request.body(body).ok()?;
    let stream = TcpStream::connect(local).await.ok()?;
    // Disabling Nagle's algorithm only reduces latency, so an error does not matter.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let mut response = pin!(sender.send_request(request));
    let response = tokio::select! {
        response = &mut response => response,
        // If the receiver closes the connection after its response, the connection can end first.
        _ = connection => response.await,
    };
    Some(response.ok()?.status().as_u16())
}

/// The path and query of a URL.
fn request_target(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.find(['/', '?']) {
        None => "/".to_owned(),
        Some(at) if rest[at..].starts_with('?') => format!("/{}", &rest[at..]),
        Some(at) => rest[at..].to_owned(),
    }
}
