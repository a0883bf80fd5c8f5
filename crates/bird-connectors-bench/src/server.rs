//! A server that answers the same bytes at once. How many pages a list has and how many milliseconds an answer takes is
//! the beginning of the path, so that one process serves every side of every row: `/1000/20/workspaces/…`.

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

/// What is sent is made once.
#[derive(Clone)]
struct Answers {
    small: Bytes,
    page: Bytes,
    only_page: Bytes,
}

pub(crate) async fn serve() -> Result<()> {
    let page = data::page();
    let answers = Answers {
        small: data::small(),
        only_page: with_token(&page, None),
        page,
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answers = answers.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&answers, request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that goes away is none of the server's business.
            let _ = connection.await;
        });
    }
}

async fn answer(
    answers: &Answers,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut segments = request.uri().path().split('/').skip(1);
    let mut number = || segments.next()?.parse::<u64>().ok();
    let (Some(pages), Some(milliseconds)) = (number(), number()) else {
        return Ok(reply(StatusCode::NOT_FOUND, Bytes::new()));
    };
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let body = match segments.nth(3) {
        Some(_) => answers.small.clone(),
        None if pages == 1 => answers.only_page.clone(),
        None => {
            let next = page_number(request.uri().query()) + 1;
            with_token(&answers.page, Some(next).filter(|next| *next < pages))
        }
    };
    Ok(reply(StatusCode::OK, body))
}

fn reply(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The token of a page is its number.
fn page_number(query: Option<&str>) -> u64 {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == "pageToken").then(|| value.parse().ok())?)
        .unwrap_or(0)
}

fn with_token(page: &[u8], next: Option<u64>) -> Bytes {
    let end = match next {
        Some(next) => format!(r#","nextPageToken":"{next}"}}"#),
        None => "}".to_owned(),
    };
    [page, end.as_bytes()].concat().into()
}
