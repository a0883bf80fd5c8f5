//! The page of the sandbox in the browser, and everything that it shows as JSON. README.md documents the paths.
//!
//! The page has its own port, so that faults and limits of the API do not concern it. It needs no access key. What protects it is
//! that the sandbox listens on the local machine only, and `guard`, which refuses requests of other sites.

mod actions;
mod assets;
mod catalog;
mod events;
mod guard;
mod nearest;
pub(crate) mod page;
mod request_view;
mod sections;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Response as HttpResponse, header};
use serde_json::{Value, json};

use crate::api::error::ApiError;
use crate::api::response::Response;
use crate::ui::page::{PREFIX, Page, parse_number};

/// The maximum size of a request body in bytes.
const BODY_LIMIT: usize = 64 << 10;

/// The headers of every response.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; \
         require-trusted-types-for 'script'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Routes all requests to the port of the page.
pub(crate) fn router(page: Page) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(page))
}

async fn handle(State(page): State<Arc<Page>>, request: Request) -> HttpResponse<Body> {
    let allowed = guard::check(
        request.method(),
        request.uri(),
        request.headers(),
        page.address.port(),
    );
    let mut response = match allowed {
        Ok(()) => respond(&page, request).await,
        Err(error) => Response::from(error).into_http(),
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

async fn respond(page: &Arc<Page>, request: Request) -> HttpResponse<Body> {
    let (parts, body) = request.into_parts();
    // The path is compared as it was sent: nothing is decoded, and no file is opened.
    let path = match parts.uri.path() {
        "/" => Some(""),
        path => path.strip_prefix(PREFIX),
    };
    let Some(path) = path else {
        let error = ApiError::not_found(format_args!("the path {}", parts.uri.path()));
        return Response::from(error).into_http();
    };
    let result = match (&parts.method, path.strip_prefix("/api/")) {
        (&Method::GET, Some("events")) => return events::respond(page),
        (&Method::GET, Some(path)) => read(page, path),
        (&Method::POST, Some(path)) => match to_bytes(body, BODY_LIMIT).await {
            Ok(body) => actions::run(page, path, &body).await,
            Err(_) => Err(ApiError::new(
                413,
                "PayloadTooLarge",
                format!("the body is incomplete or larger than {BODY_LIMIT} bytes"),
            )),
        },
        (&Method::GET, None) if path.is_empty() => {
            Ok(Response::empty(308).header("location", format!("{PREFIX}/")))
        }
        (&Method::GET, None) => assets::find(path)
            .ok_or_else(|| ApiError::not_found(format_args!("the path {PREFIX}{path}"))),
        (method, is_api) => {
            let allowed = if is_api.is_some() { "GET, POST" } else { "GET" };
            let message = format!("{method} is not allowed on {PREFIX}{path}");
            let error = ApiError::new(405, "MethodNotAllowed", message);
            Ok(Response::from(error).header("allow", allowed))
        }
    };
    result.unwrap_or_else(Response::from).into_http()
}

/// Reads what the page shows.
fn read(page: &Page, path: &str) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(format_args!("the path {PREFIX}/api/{path}"));
    let state = page.shared.lock();
    let body: Value = match path {
        "settings" => catalog::settings(page, &state),
        "catalog" => catalog::catalog(),
        "connectors" => sections::connectors(&state).into_json(),
        "requests" => sections::requests(&state),
        "subscriptions" => sections::subscriptions(&state).into_json(),
        "deliveries" => sections::deliveries(&state).into_json(),
        "rules" => sections::rules(&state).into_json(),
        "behavior" => sections::behavior(&state).into_json(),
        "clock" => sections::clock(&state),
        "limits" => sections::limits(&state),
        "scene" => {
            let scene = catalog::scene(page, &state);
            json!({ "json": scene.to_json(), "file": scene.to_file(), "rust": scene.to_rust(), "pytest": scene.to_pytest() })
        }
        other => match other.split_once('/') {
            Some(("requests", number)) => {
                request_view::details(page, &state, parse_number(number)?)?
            }
            Some(("deliveries", number)) => {
                sections::delivery_details(&state, parse_number(number)?)?
            }
            _ => return Err(unknown()),
        },
    };
    Ok(Response::json(200, state.redactor().json_values(&body)))
}
