//! Sending webhooks: real HTTP to real sockets, again and again until the answer is 2xx.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::dispatch::Shared;
use crate::outbox::Delivery;

/// Delivers what happens, when it happens, until `stop` says so or its sender is gone.
pub(crate) async fn deliver(shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    let mut under_way = JoinSet::new();
    loop {
        let (due, next) = {
            let mut state = shared.lock();
            let next = state.next_event();
            let pause = next.map(|next| next.saturating_sub(state.clock.elapsed()));
            (state.take_deliveries(), pause)
        };
        for delivery in due {
            under_way.spawn(attempts(Arc::clone(&shared), delivery));
        }
        let happens = async {
            match next {
                Some(pause) => sleep(pause).await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = stop.changed() => return,
            () = shared.changed() => {}
            () = happens => {}
            Some(_) = under_way.join_next() => {}
        }
    }
}

/// All attempts of one delivery, and what comes along with it.
async fn attempts(shared: Arc<Shared>, delivery: Delivery) {
    let webhooks = shared.lock().webhooks.clone();
    sleep(delivery.delay).await;
    for _ in 0..webhooks.forged {
        let forged = delivery.forged();
        let status = send(&shared, &forged).await;
        shared.lock().attempted(&forged, 0, true, status, "");
    }
    let mut pauses = webhooks.retry_delays.iter();
    for number in 1.. {
        let status = send(&shared, &delivery).await;
        let pause = pauses.next();
        // The words are the sandbox's own: the API's are not documented.
        let outcome = match (status, pause) {
            (Some(200..=299), _) => "success",
            (_, Some(_)) => "pending",
            (_, None) => "failed",
        };
        let wanted = shared
            .lock()
            .attempted(&delivery, number, false, status, outcome);
        if number == 1 {
            for _ in 0..webhooks.copies {
                let status = send(&shared, &delivery).await;
                shared.lock().attempted(&delivery, 0, false, status, "");
            }
        }
        match pause {
            Some(pause) if outcome == "pending" && wanted => sleep(*pause).await,
            _ => return,
        }
    }
}

/// The status that the receiver answers in time.
async fn send(shared: &Shared, delivery: &Delivery) -> Option<u16> {
    let (local, limit) = {
        let webhooks = &shared.lock().webhooks;
        (webhooks.local(&delivery.url)?, webhooks.timeout)
    };
    timeout(limit, post(local, delivery)).await.ok().flatten()
}

async fn post(local: SocketAddr, delivery: &Delivery) -> Option<u16> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target(&delivery.url))
        // What a proxy leaves: not the name that was registered.
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
    // A latency hint only: without it the delivery works as well.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // A server that closes after each answer ends the connection and brings the answer at once.
        _ = connection => answer.await,
    };
    Some(answer.ok()?.status().as_u16())
}

/// Path and query of a URL.
fn target(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.find(['/', '?']) {
        None => "/".to_owned(),
        Some(at) if rest[at..].starts_with('?') => format!("/{}", &rest[at..]),
        Some(at) => rest[at..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn the_target_is_path_and_query() {
        assert_eq!(target("https://example.com"), "/");
        assert_eq!(target("https://example.com?a=1"), "/?a=1");
        assert_eq!(target("https://example.com/a/?b=/c#d"), "/a/?b=/c");
    }
}
