//! `webhooks listen`: a local receiver of deliveries.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Request, StatusCode, Uri};
use bird_connectors::webhook::{Delivery, Verifier};
use futures_util::stream;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::args::webhooks::ListenArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::CommandOutput;
use crate::secrets::signing_key;
use crate::stop_signals;
use crate::wording;

use super::known_values;

/// What the receiver knows.
struct Receiver {
    /// `None` accepts every delivery.
    verifier: Option<Verifier>,
    forward: Option<Target>,
    events: Vec<String>,
    received: mpsc::UnboundedSender<Value>,
}

/// Where deliveries are forwarded to.
struct Target {
    client: Client<HttpConnector, Body>,
    uri: Uri,
    timeout: Duration,
}

/// Receives deliveries until Ctrl-C.
pub(super) async fn run(
    context: &Context,
    arguments: ListenArguments,
) -> Result<CommandOutput, CliError> {
    let key = signing_key(arguments.signing_key.as_ref())?;
    if arguments.print_secret {
        return Ok(CommandOutput::Text(match key {
            Some(key) => key.expose().to_owned(),
            None => new_key(),
        }));
    }
    let verifier = match (arguments.skip_verify, key, arguments.url) {
        (true, ..) => None,
        (false, Some(key), Some(url)) => Some(Verifier::new([key], [url])?),
        _ => return Err(CliError::usage("missing: --url, --signing-key")),
    };
    for event in &arguments.events {
        known_values::suggest(context, "--events", event, known_values::EVENT_EXAMPLES);
    }
    let timeout = arguments.forward_timeout;
    let forward = arguments.forward_to.map(|uri| Target::new(uri, timeout));
    let forward = forward.transpose()?;
    let (received, mut deliveries) = mpsc::unbounded_channel();
    let receiver = Receiver {
        verifier,
        forward,
        events: arguments.events,
        received,
    };
    let failed = |why: std::io::Error| {
        CliError::Local(format!("cannot listen on port {}: {why}", arguments.port))
    };
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let router = Router::new()
        .fallback(receive)
        .with_state(Arc::new(receiver));
    context.message(&format!(
        "Listening on http://{address}. Press Ctrl-C to stop."
    ));
    let server = Box::pin(async move { axum::serve(listener, router).await });
    let mut state = (server, Box::pin(stop_signals::wait_for_one()));
    let lines = stream::poll_fn(move |cx| {
        use std::future::Future as _;
        use std::task::Poll;

        if let Poll::Ready(delivery) = deliveries.poll_recv(cx) {
            return Poll::Ready(delivery.map(Ok));
        }
        if state.1.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        match state.0.as_mut().poll(cx) {
            Poll::Ready(Err(why)) => Poll::Ready(Some(Err(CliError::Local(format!(
                "the server failed: {why}"
            ))))),
            Poll::Ready(Ok(())) => Poll::Ready(None),
            // The server may have received a delivery just now.
            Poll::Pending => deliveries.poll_recv(cx).map(|delivery| delivery.map(Ok)),
        }
    });
    Ok(CommandOutput::Live {
        items: Box::pin(lines),
        line: describe,
    })
}

/// A random key of 244 bits, without characters that a shell or a header treats specially.
fn new_key() -> String {
    let half = || Uuid::new_v4().simple().to_string();
    half() + &half()
}

impl Target {
    fn new(uri: Uri, timeout: Duration) -> Result<Self, CliError> {
        if uri.scheme_str() != Some("http") || uri.authority().is_none() {
            return Err(CliError::usage(
                "--forward-to: expected an http URL such as http://127.0.0.1:3000/webhooks",
            ));
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            client,
            uri,
            timeout,
        })
    }

    /// Sends a delivery unchanged, except for the host. Returns the status of the response, or why there is none.
    async fn forward(&self, mut headers: HeaderMap, body: Bytes) -> Result<StatusCode, String> {
        headers.remove(HOST);
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = axum::http::Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response.status()),
            Ok(Err(error)) => Err(causes(&error)),
            Err(_) => Err(format!(
                "no response within {}",
                humantime::format_duration(self.timeout)
            )),
        }
    }
}

/// The causes of an error. The error itself only says that the client has failed.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    if causes.is_empty() {
        error.to_string()
    } else {
        causes.join(": ")
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let (event, result) = match &receiver.verifier {
        Some(verifier) => match verifier.verify(Delivery::new(&headers, &body)) {
            Ok(event) => (
                Some(json!({"event": event.event, "payload": event.payload})),
                Ok(()),
            ),
            Err(why) => (None, Err(wording::in_options(&why.to_string()))),
        },
        None => match serde_json::from_slice::<Map<String, Value>>(&body) {
            Ok(event) => (Some(Value::Object(event)), Ok(())),
            Err(_) => (None, Err("the body is not a JSON object".to_owned())),
        },
    };
    let name = event.as_ref().and_then(|event| event["event"].as_str());
    let skipped = name.is_some_and(|name| {
        !receiver.events.is_empty() && !receiver.events.iter().any(|wanted| wanted == name)
    });
    if skipped {
        return StatusCode::OK;
    }
    let (status, forwarded, failure) = match (&result, &receiver.forward) {
        (Err(_), _) => (StatusCode::UNAUTHORIZED, None, None),
        (Ok(()), None) => (StatusCode::OK, None, None),
        (Ok(()), Some(target)) => match target.forward(headers, body).await {
            Ok(status) => (status, Some(status.as_u16()), None),
            // The sender repeats the delivery.
            Err(why) => (StatusCode::BAD_GATEWAY, None, Some(why)),
        },
    };
    // The receiver of the lines is gone only while the program ends.
    let _ = receiver.received.send(json!({
        "event": name,
        "accepted": result.is_ok(),
        "reason": result.err(),
        "forwarded": forwarded,
        "forward_error": failure,
        "payload": event.as_ref().map(|event| &event["payload"]),
    }));
    status
}

/// One line for a person.
fn describe(delivery: &Value) -> String {
    let event = delivery["event"].as_str().unwrap_or("unknown event");
    let payload = &delivery["payload"];
    let channel = payload["id"]
        .as_str()
        .or(payload["channelId"].as_str())
        .unwrap_or("-");
    let status = payload["status"].as_str().unwrap_or("-");
    let result = if let Some(reason) = delivery["reason"].as_str() {
        format!("rejected: {reason}")
    } else if let Some(why) = delivery["forward_error"].as_str() {
        format!("not forwarded: {why}; the sender gets 502 and repeats the delivery")
    } else if let Some(code) = delivery["forwarded"].as_u64() {
        format!("forwarded: {code}")
    } else {
        "accepted".to_owned()
    };
    format!("{event}  channel {channel}  status {status}  {result}")
}
