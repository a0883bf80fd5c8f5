//! A server that answers with fixed bytes. The path starts with the number of pages of a list and the delay of a response in
//! milliseconds, as in `/1000/20/workspaces/…`, so that one process serves all benchmarks.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::data;

/// The response bodies.
#[derive(Clone)]
struct Bodies {
    connector: Bytes,
    channels: Bytes,
    page_start: Bytes,
    only_page: Bytes,
}

pub(crate) async fn serve() -> Result<()> {
    let page_start = data::page_start();
    let bodies = Bodies {
        connector: data::one_connector(),
        channels: data::channels(),
        only_page: with_token(&page_start, None),
        page_start,
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bodies = bodies.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| respond(&bodies, request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // Fails when the client closes the connection.
            let _ = connection.await;
        });
    }
}

async fn respond(
    bodies: &Bodies,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut segments = request.uri().path().split('/').skip(1);
    let mut number = || segments.next()?.parse::<u64>().ok();
    let (Some(pages), Some(milliseconds)) = (number(), number()) else {
        return Ok(response(StatusCode::NOT_FOUND, Bytes::new()));
    };
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    // `/workspaces/{id}/connectors`, with or without the id of one.
    let body = match (segments.nth(2), segments.next()) {
        (Some("channels"), None) => bodies.channels.clone(),
        (_, Some(_)) => bodies.connector.clone(),
        (_, None) if pages == 1 => bodies.only_page.clone(),
        (_, None) => {
            let next = page_number(request.uri().query()) + 1;
            with_token(&bodies.page_start, Some(next).filter(|next| *next < pages))
        }
    };
    Ok(response(StatusCode::OK, body))
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The number of the requested page, which is also its token.
fn page_number(query: Option<&str>) -> u64 {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == "pageToken").then(|| value.parse().ok())?)
        .unwrap_or(0)
}

fn with_token(page_start: &[u8], next: Option<u64>) -> Bytes {
    let end = match next {
        Some(next) => format!(r#","nextPageToken":"{next}"}}"#),
        None => "}".to_owned(),
    };
    [page_start, end.as_bytes()].concat().into()
}
