//! Parsing `Retry-After`: seconds, fractional seconds, or an HTTP date.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// How long the server asks the client to wait. `None` if the header is missing or invalid, [`Duration::MAX`] if the time
/// exceeds the range of a `Duration`.
///
/// A date is compared with the response's `Date` header, so that clock skew has no effect. `now` is used only if that
/// header is missing.
pub(crate) fn retry_after(
    headers: &HeaderMap,
    now: impl FnOnce() -> SystemTime,
) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if value.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        // Only plain decimals: `1e9`, `inf` and `0x10` are invalid.
        let plain = value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let seconds: f64 = value.parse().ok().filter(|_| plain)?;
        // A time that no `Duration` can hold is later than every deadline, so that the client does not retry at once.
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let stated = headers
        .get(DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    Some(
        until
            .duration_since(stated.unwrap_or_else(now))
            .unwrap_or(Duration::ZERO),
    )
}

#[cfg(test)]
mod tests;
