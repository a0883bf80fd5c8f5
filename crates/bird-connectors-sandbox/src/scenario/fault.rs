//! Faults: failures between a client and the API. A [`Rule`](crate::Rule) selects the calls. `server/socket_action.rs` decides
//! what a fault does at the socket.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::excerpt::Excerpt;
use crate::api::object_reader::{MOST_MILLISECONDS, whole_milliseconds};
use crate::api::response::Response;

#[cfg(test)]
mod tests;

/// A failure between a client and the API.
///
/// A fault that cuts, loses or changes the response needs it, so the call is processed. A fault that comes before the response
/// or replaces it does not, so the call is not processed, unless [`Rule::after_processing`](crate::Rule::after_processing) is
/// set. With [`Rule::respond_with`](crate::Rule::respond_with), the fault applies to the scripted response.
/// [`Rule::delay`](crate::Rule::delay) and [`Rule::delay_response`](crate::Rule::delay_response) delay the fault as well.
///
/// Every fault has a name, which [`FromStr`] parses and `Display` writes. The parser gives faults with a value their default
/// value.
///
/// ```
/// use bird_connectors_sandbox::{Fault, Operation, Rule};
///
/// // The second create is processed, but the connection closes without a byte of the response.
/// let lost = Rule::on(Operation::CreateConnector).nth(2).fault(Fault::LostResponse);
/// // On every list, the connection is reset in the middle of the body.
/// let cut = Rule::on(Operation::ListConnectors).always().fault("reset_in_body".parse()?);
/// # let _ = (lost, cut);
/// # Ok::<(), bird_connectors_sandbox::UnknownFault>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `down`: the server closes all connections and refuses new ones for this long; the default is one second. See also
    /// [`Sandbox::go_offline`](crate::Sandbox::go_offline).
    Down(Duration),
    /// `reset_before_headers`: the connection is reset instead of a response.
    ResetBeforeHeaders,
    /// `reset_in_body`: the connection is reset after half of the body.
    ResetInBody,
    /// `stall_before_headers`: no bytes are sent, and the connection stays open.
    StallBeforeHeaders,
    /// `stall_before_body`: only the headers are sent, and the connection stays open.
    StallBeforeBody,
    /// `stall_in_body`: the headers and half of the body are sent, and the connection stays open.
    StallInBody,
    /// `lost_response`: the call is processed, and the connection is closed without a byte of the response.
    LostResponse,
    /// `close_idle`: the response is sent in full and keeps the connection alive, but the server closes the connection after
    /// this long; the default is immediately. The next request on the connection is not read: it resets the connection.
    CloseIdle(Duration),
    /// `html_500`, `html_502`, `html_503`, `html_504`: a proxy answers this status with an HTML error page.
    Html(u16),
    /// `too_many_requests`: 429 without `Retry-After`. `retry_after`: 429 with this many seconds; the default is one.
    TooManyRequests(Option<u64>),
    /// `truncated_json`: the body ends in the middle of the JSON, and `Content-Length` matches the truncated body.
    TruncatedJson,
    /// `length_too_long`: `Content-Length` is larger than the body, and the connection is closed after the body.
    LengthTooLong,
    /// `length_too_short`: `Content-Length` is half of the body. The rest follows; on a keep-alive connection, a client may
    /// read it as the next response.
    LengthTooShort,
    /// `html_200`: 200 with an HTML page, as the login page of a captive portal.
    WrongContentType,
    /// `wrong_shape`: 200 with JSON that does not fit any schema of the API.
    WrongShape,
    /// `gzip_bomb`: 200 with one megabyte that decompresses to a gigabyte.
    GzipBomb,
    /// `huge`: 200 with a body of one gigabyte, which the sandbox streams.
    Huge,
    /// `not_utf8`: 200 with JSON that is not UTF-8, and that does not fit any schema of the API even if the invalid bytes are
    /// replaced.
    NotUtf8,
    /// `empty`: 200 with an empty body.
    Empty,
    /// `redirect`: 307 to this origin, with the path and query of the request; the default origin does not resolve.
    Redirect(String),
    /// `continue_storm`: this many `100 Continue` responses before the response; the default is 100 000.
    ContinueStorm(u64),
    /// `slow_commit`: a create is answered immediately, but its result can be read and listed only after this long; the
    /// default is one second. [`duplicates`](crate::behavior::Behavior::duplicates) and
    /// [`uncommitted_creates`](crate::behavior::Behavior::uncommitted_creates) decide what a second create answers in the
    /// meantime. See also [`Script::commit_after`](crate::Script::commit_after).
    SlowCommit(Duration),
    /// `duplicate_items`: the first item of a page is repeated at its end.
    DuplicateItems,
    /// `token_loop`: every page of a list is its first page, and the page tokens form a cycle of this length; the default is
    /// one. The list never ends.
    TokenLoop(usize),
}

type DefaultFault = fn() -> Fault;

/// The names, with functions that create the fault with its default value.
const NAMES: &[(&str, DefaultFault)] = &[
    ("down", || Fault::Down(Duration::from_secs(1))),
    ("reset_before_headers", || Fault::ResetBeforeHeaders),
    ("reset_in_body", || Fault::ResetInBody),
    ("stall_before_headers", || Fault::StallBeforeHeaders),
    ("stall_before_body", || Fault::StallBeforeBody),
    ("stall_in_body", || Fault::StallInBody),
    ("lost_response", || Fault::LostResponse),
    ("close_idle", || Fault::CloseIdle(Duration::ZERO)),
    ("html_500", || Fault::Html(500)),
    ("html_502", || Fault::Html(502)),
    ("html_503", || Fault::Html(503)),
    ("html_504", || Fault::Html(504)),
    ("too_many_requests", || Fault::TooManyRequests(None)),
    ("retry_after", || Fault::TooManyRequests(Some(1))),
    ("truncated_json", || Fault::TruncatedJson),
    ("length_too_long", || Fault::LengthTooLong),
    ("length_too_short", || Fault::LengthTooShort),
    ("html_200", || Fault::WrongContentType),
    ("wrong_shape", || Fault::WrongShape),
    ("gzip_bomb", || Fault::GzipBomb),
    ("huge", || Fault::Huge),
    ("not_utf8", || Fault::NotUtf8),
    ("empty", || Fault::Empty),
    // RFC 2606 reserves `.invalid`.
    ("redirect", || {
        Fault::Redirect("http://elsewhere.invalid".to_owned())
    }),
    ("continue_storm", || Fault::ContinueStorm(100_000)),
    ("slow_commit", || Fault::SlowCommit(Duration::from_secs(1))),
    ("duplicate_items", || Fault::DuplicateItems),
    ("token_loop", || Fault::TokenLoop(1)),
];

/// The prefix of the page tokens of [`Fault::TokenLoop`].
const LOOP_TOKEN: &str = "+/loop=";

impl Fault {
    /// Every fault, with its default value.
    #[must_use]
    pub fn all() -> Vec<Self> {
        NAMES.iter().map(|(_, fault)| fault()).collect()
    }

    /// The name of the fault, as listed at each variant.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Down(_) => "down",
            Self::ResetBeforeHeaders => "reset_before_headers",
            Self::ResetInBody => "reset_in_body",
            Self::StallBeforeHeaders => "stall_before_headers",
            Self::StallBeforeBody => "stall_before_body",
            Self::StallInBody => "stall_in_body",
            Self::LostResponse => "lost_response",
            Self::CloseIdle(_) => "close_idle",
            Self::Html(500) => "html_500",
            Self::Html(502) => "html_502",
            Self::Html(503) => "html_503",
            Self::Html(504) => "html_504",
            Self::Html(_) => "html",
            Self::TooManyRequests(None) => "too_many_requests",
            Self::TooManyRequests(Some(_)) => "retry_after",
            Self::TruncatedJson => "truncated_json",
            Self::LengthTooLong => "length_too_long",
            Self::LengthTooShort => "length_too_short",
            Self::WrongContentType => "html_200",
            Self::WrongShape => "wrong_shape",
            Self::GzipBomb => "gzip_bomb",
            Self::Huge => "huge",
            Self::NotUtf8 => "not_utf8",
            Self::Empty => "empty",
            Self::Redirect(_) => "redirect",
            Self::ContinueStorm(_) => "continue_storm",
            Self::SlowCommit(_) => "slow_commit",
            Self::DuplicateItems => "duplicate_items",
            Self::TokenLoop(_) => "token_loop",
        }
    }

    /// The value of the fault in JSON: a time in milliseconds, seconds of `Retry-After`, a count, a status or an origin.
    pub(crate) fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Down(time) | Self::CloseIdle(time) | Self::SlowCommit(time) => {
                json!(whole_milliseconds(*time))
            }
            Self::Html(status) => json!(status),
            Self::TooManyRequests(Some(seconds)) => json!(seconds),
            Self::Redirect(origin) => json!(origin),
            Self::ContinueStorm(count) => json!(count),
            Self::TokenLoop(length) => json!(length),
            _ => return None,
        })
    }

    /// The fault with a value of [`Fault::value`]. `None` if the fault has no such value, or if it is longer than ten years.
    pub(crate) fn with_value(self, value: &Value) -> Option<Self> {
        let number = value.as_u64();
        let time = number.filter(|time| *time <= MOST_MILLISECONDS);
        let time = || time.map(Duration::from_millis);
        Some(match self {
            Self::Down(_) => Self::Down(time()?),
            Self::CloseIdle(_) => Self::CloseIdle(time()?),
            Self::SlowCommit(_) => Self::SlowCommit(time()?),
            Self::Html(_) => {
                let status = u16::try_from(number?).ok()?;
                Self::Html(Some(status).filter(|status| (100..1000).contains(status))?)
            }
            Self::TooManyRequests(Some(_)) => Self::TooManyRequests(Some(number?)),
            Self::Redirect(_) => Self::Redirect(value.as_str()?.to_owned()),
            Self::ContinueStorm(_) => Self::ContinueStorm(number?),
            Self::TokenLoop(_) => Self::TokenLoop(usize::try_from(number?).ok()?),
            _ => return None,
        })
    }

    /// Whether the fault needs the response of the call, so that the call must be processed.
    pub(crate) const fn needs_response(&self) -> bool {
        !matches!(
            self,
            Self::Down(_)
                | Self::ResetBeforeHeaders
                | Self::StallBeforeHeaders
                | Self::Html(_)
                | Self::TooManyRequests(_)
                | Self::WrongContentType
                | Self::WrongShape
                | Self::GzipBomb
                | Self::Huge
                | Self::NotUtf8
                | Self::Empty
                | Self::Redirect(_)
        )
    }

    /// The response that replaces the response of the call. `target` is the path and query of the request.
    pub(crate) fn replacement(&self, target: &str) -> Option<Response> {
        Some(match self {
            Self::Html(status) => Response::text(*status, "text/html", html_page(*status)),
            Self::TooManyRequests(None) => Response::status(429),
            Self::TooManyRequests(Some(seconds)) => {
                Response::status(429).header("retry-after", seconds.to_string())
            }
            Self::WrongContentType => Response::text(200, "text/html", html_page(200)),
            Self::WrongShape => Response::json(200, json!([[1], "two", { "three": null }])),
            Self::NotUtf8 => {
                Response::bytes(200, "application/json", &b"[{\"name\":\"caf\xe9\"}]"[..])
            }
            // `server/socket_action.rs` writes the body.
            Self::GzipBomb | Self::Huge => Response::json(200, json!({})),
            Self::Empty => Response::empty(200).header("content-type", "application/json"),
            Self::Redirect(origin) => {
                Response::empty(307).header("location", format!("{origin}{target}"))
            }
            _ => return None,
        })
    }

    /// Changes the response of the call.
    pub(crate) fn alter(&self, mut response: Response, query: Option<&str>) -> Response {
        match self {
            Self::TruncatedJson => response.truncate_body(),
            Self::DuplicateItems => {
                if let Some(items) = response.results_mut()
                    && let Some(first) = items.first().cloned()
                {
                    items.push(first);
                }
            }
            Self::TokenLoop(length) if response.results_mut().is_some() => {
                let next = loop_position(query).map_or(0, |at| at + 1) % (*length).max(1);
                response.set_field("nextPageToken", Value::from(format!("{LOOP_TOKEN}{next}")));
            }
            _ => {}
        }
        response
    }

    /// The query to process the call with, if the fault changes it: every token of a loop leads to the first page.
    pub(crate) fn query(&self, query: &str) -> Option<String> {
        if !matches!(self, Self::TokenLoop(_)) || loop_position(Some(query)).is_none() {
            return None;
        }
        let pairs =
            form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "pageToken");
        Some(
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish(),
        )
    }
}

/// The position of the request's page token in the loop.
fn loop_position(query: Option<&str>) -> Option<usize> {
    form_urlencoded::parse(query?.as_bytes())
        .filter(|(name, _)| name == "pageToken")
        .find_map(|(_, token)| token.strip_prefix(LOOP_TOKEN)?.parse().ok())
}

/// The HTML page of a proxy.
fn html_page(status: u16) -> String {
    let title = match status {
        200 => "Sign in to the network",
        502 => "502 Bad Gateway",
        503 => "503 Service Temporarily Unavailable",
        504 => "504 Gateway Time-out",
        _ => "500 Internal Server Error",
    };
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, fault)| fault())
            .ok_or_else(|| UnknownFault(Excerpt::of(name)))
    }
}

/// The error of parsing a string that is not the name of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(Excerpt);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        write!(
            f,
            "unknown fault \"{}\": expected one of {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownFault {}
