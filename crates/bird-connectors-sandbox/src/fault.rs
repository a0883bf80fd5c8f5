//! Faults: what goes wrong on the way between a client and the API. Which calls meet one, a [`Rule`](crate::Rule) says; how
//! each is done at the socket is in `wire.rs`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::reply::Response;

/// Something that goes wrong with a call.
///
/// Where a fault needs the answer (to cut it, to lose it, to change it), the call is processed; where it comes before the
/// answer or takes its place, the call is not, unless [`Rule::after_processing`](crate::Rule::after_processing) says so. With
/// [`Rule::reply`](crate::Rule::reply) the fault happens to the scripted reply. What [`Rule::delay`](crate::Rule::delay) and
/// [`Rule::delay_reply`](crate::Rule::delay_reply) say comes first.
///
/// Every fault has a name, which [`FromStr`] reads and `Display` writes; those that take a value have a usual one.
///
/// ```
/// use bird_connectors_sandbox::{Fault, Operation, Rule};
///
/// // The second create is done, and its answer lost: the connection ends without a byte of it.
/// let lost = Rule::on(Operation::CreateConnector).nth(2).fault(Fault::LostResponse);
/// // Every list breaks off in the middle.
/// let cut = Rule::on(Operation::ListConnectors).always().fault("reset_in_body".parse()?);
/// # let _ = (lost, cut);
/// # Ok::<(), bird_connectors_sandbox::UnknownFault>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `down`: the server goes away with this call. All connections are closed, and new ones refused for this long (usually
    /// a second). See also [`Sandbox::go_down`](crate::Sandbox::go_down).
    Down(Duration),
    /// `reset_before_headers`: the connection is reset in place of an answer.
    ResetBeforeHeaders,
    /// `reset_in_body`: the connection is reset after half of the answer's body.
    ResetInBody,
    /// `stall_before_headers`: nothing comes, and the connection stays open.
    StallBeforeHeaders,
    /// `stall_before_body`: the answer's headers come, and no byte of its body.
    StallBeforeBody,
    /// `stall_in_body`: half of the answer's body comes.
    StallInBody,
    /// `lost_response`: the call is processed, and the connection closed without a byte of the answer.
    LostResponse,
    /// `close_idle`: the whole answer comes on a connection that is to be kept, which is closed after this long without a
    /// word (usually at once). The next request on it is not read: as soon as one comes, the connection is reset.
    CloseIdle(Duration),
    /// `html_500`, `html_502`, `html_503`, `html_504`: a proxy answers with this status and a page for people.
    Html(u16),
    /// `too_many_requests`: 429 without `Retry-After`. `retry_after`: 429 with this many seconds (usually one).
    TooManyRequests(Option<u64>),
    /// `truncated_json`: the answer's body ends in the middle, and its length says that this is all.
    TruncatedJson,
    /// `length_too_long`: the answer promises more bytes than it has, and the connection is closed after them.
    LengthTooLong,
    /// `length_too_short`: the answer promises half of the bytes it has. The other half follows: on a kept connection it would
    /// be read as the next answer.
    LengthTooShort,
    /// `html_200`: 200 with a page for people, as behind a login of the network.
    WrongContentType,
    /// `wrong_shape`: 200 with JSON that is nothing of the API's.
    WrongShape,
    /// `gzip_bomb`: 200 with one megabyte that unpacks to a gigabyte.
    GzipBomb,
    /// `huge`: 200 with a body of one gigabyte, sent as it is read.
    Huge,
    /// `not_utf8`: 200 with a JSON text that is not UTF-8.
    NotUtf8,
    /// `empty`: 200 with an empty body.
    Empty,
    /// `redirect`: 307 to this origin (usually one that nobody has), path and query as they came.
    Redirect(String),
    /// `continue_storm`: this many `100 Continue` (usually 100 000) before the answer.
    ContinueStorm(u64),
    /// `slow_commit`: a create is answered at once, and what it made is found and listed only after this long (usually a
    /// second). What a repetition meanwhile answers is the behavior'
    /// [`duplicates`](crate::Behavior::duplicates) and [`uncommitted`](crate::Behavior::uncommitted). See also
    /// [`Script::commit_after`](crate::Script::commit_after).
    SlowCommit(Duration),
    /// `duplicate_items`: the first item of a page comes a second time at its end.
    DuplicateItems,
    /// `token_loop`: each page of a list is its first page, and leads to the next of this many tokens (usually one), the last
    /// of them to the first: the list has no end.
    TokenLoop(usize),
}

/// Makes a fault with its usual value.
type Usual = fn() -> Fault;

/// The names with the usual values.
const NAMES: &[(&str, Usual)] = &[
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
    // A name that is kept free for ever.
    ("redirect", || {
        Fault::Redirect("http://elsewhere.invalid".to_owned())
    }),
    ("continue_storm", || Fault::ContinueStorm(100_000)),
    ("slow_commit", || Fault::SlowCommit(Duration::from_secs(1))),
    ("duplicate_items", || Fault::DuplicateItems),
    ("token_loop", || Fault::TokenLoop(1)),
];

/// What the tokens of a loop begin with.
const LOOP: &str = "+/loop=";

impl Fault {
    /// Every fault, with its usual value.
    #[must_use]
    pub fn all() -> Vec<Self> {
        NAMES.iter().map(|(_, fault)| fault()).collect()
    }

    /// Its name: see each fault.
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

    /// Whether it needs the call's own answer, so that the call must be processed.
    pub(crate) const fn needs_answer(&self) -> bool {
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

    /// The reply that takes the answer's place, for a request to this path and query.
    pub(crate) fn reply(&self, target: &str) -> Option<Response> {
        Some(match self {
            Self::Html(status) => Response::text(*status, "text/html", page(*status)),
            Self::TooManyRequests(None) => Response::status(429),
            Self::TooManyRequests(Some(seconds)) => {
                Response::status(429).header("retry-after", seconds.to_string())
            }
            Self::WrongContentType => Response::text(200, "text/html", page(200)),
            Self::WrongShape => Response::json(200, json!([[1], "two", { "three": null }])),
            Self::NotUtf8 => {
                Response::bytes(200, "application/json", &b"{\"name\":\"caf\xe9\"}"[..])
            }
            // What they carry is written at the socket.
            Self::GzipBomb | Self::Huge => Response::json(200, json!({})),
            Self::Empty => Response::empty(200).header("content-type", "application/json"),
            Self::Redirect(origin) => {
                Response::empty(307).header("location", format!("{origin}{target}"))
            }
            _ => return None,
        })
    }

    /// The call's own answer, changed.
    pub(crate) fn alter(&self, mut reply: Response, query: Option<&str>) -> Response {
        match self {
            Self::TruncatedJson => reply.shorten(),
            Self::DuplicateItems => {
                if let Some(items) = reply.results_mut()
                    && let Some(first) = items.first().cloned()
                {
                    items.push(first);
                }
            }
            Self::TokenLoop(tokens) if reply.results_mut().is_some() => {
                let next = loop_position(query).map_or(0, |at| at + 1) % (*tokens).max(1);
                reply.set_field("nextPageToken", Value::from(format!("{LOOP}{next}")));
            }
            _ => {}
        }
        reply
    }

    /// The query under which the call is processed: a loop's tokens all mean the first page.
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

fn loop_position(query: Option<&str>) -> Option<usize> {
    form_urlencoded::parse(query?.as_bytes())
        .filter(|(name, _)| name == "pageToken")
        .find_map(|(_, token)| token.strip_prefix(LOOP)?.parse().ok())
}

/// What a proxy shows to people.
fn page(status: u16) -> String {
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

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, fault)| fault())
            .ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

/// A text that names no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        write!(
            f,
            "there is no fault \"{}\"; there are {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_and_written() {
        for (name, fault) in NAMES {
            assert_eq!(name.parse(), Ok(fault()));
            assert_eq!(fault().to_string(), *name);
        }
        assert!("reset".parse::<Fault>().is_err());
    }

    #[test]
    fn a_fault_takes_the_answers_place_or_needs_it() {
        for fault in Fault::all() {
            assert!(
                !(fault.needs_answer() && fault.reply("/").is_some()),
                "{fault}"
            );
        }
    }
}
