//! Refuses requests that do not come from the page itself or from a program on this machine. Pure.
//!
//! - `Host` must be the address of the page, and so must the host of an absolute URI. So a site whose name resolves to 127.0.0.1 (DNS rebinding) gets nothing.
//! - `Origin` must be that of the page, if it is sent. Browsers send it with every request of another site that can change
//!   something.
//! - `Sec-Fetch-Site` must not say that another site, or another port of this machine, has sent the request.
//! - A request with a body must have the type JSON, which forms cannot send.

use axum::http::{HeaderMap, Method, Uri, header};

use crate::api::error::ApiError;

#[cfg(test)]
mod tests;

pub(super) fn check(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    port: u16,
) -> Result<(), ApiError> {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let host = value(headers, header::HOST.as_str());
    let is_known = |host: &str| hosts.iter().any(|known| known == host);
    let is_authority_known = uri
        .authority()
        .is_none_or(|authority| is_known(authority.as_str()));
    if !host.is_some_and(is_known) || !is_authority_known {
        return Err(forbidden(format!(
            "the Host header must be {} or {}",
            hosts[0], hosts[1]
        )));
    }
    if headers.contains_key(header::ORIGIN) {
        let own = host.map(|host| format!("http://{host}"));
        if value(headers, header::ORIGIN.as_str()) != own.as_deref() {
            return Err(forbidden("requests of other sites are not allowed"));
        }
    }
    if headers.contains_key("sec-fetch-site") {
        // `none` is a navigation by hand, such as a bookmark.
        let site = value(headers, "sec-fetch-site");
        if !matches!(site, Some("same-origin" | "none")) && !is_link_to_the_page(method, headers) {
            return Err(forbidden("requests of other sites are not allowed"));
        }
    }
    if *method == Method::POST {
        let content_type = value(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(
                415,
                "UnsupportedMediaType",
                "the body must be application/json",
            ));
        }
    }
    Ok(())
}

/// Whether a link on another page leads here, such as one in a terminal in the browser. The other page cannot read the response.
fn is_link_to_the_page(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name: &str, expected: &str| value(headers, name) == Some(expected);
    *method == Method::GET && is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document")
}

/// The only value of a header. Two values are treated as none.
fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

fn forbidden(message: impl Into<String>) -> ApiError {
    ApiError::new(403, "AccessDenied", message)
}
