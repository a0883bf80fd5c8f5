//! The live events of the page, as server-sent events.
//!
//! Nothing is queued for a page: each page remembers what it has sent, and sends the difference at most ten times per second. So
//! the memory of a slow page is bounded, and a page that connects again starts from the current state.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response as HttpResponse, header};
use futures_util::stream;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::state::State;
use crate::ui::catalog;
use crate::ui::page::Page;
use crate::ui::sections::{self, Section};

/// The time between two differences.
const INTERVAL: Duration = Duration::from_millis(100);

/// Changes that no request causes, such as those by the test that runs the sandbox, are noticed after this time.
const POLL: Duration = Duration::from_secs(1);

/// Without events, a comment is sent after this time, so that a closed connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The maximum number of requests in one event.
const REQUESTS: usize = 200;

pub(super) fn respond(page: &Arc<Page>) -> HttpResponse<Body> {
    let changes = {
        let state = page.shared.lock();
        let observations = state.observations.as_ref();
        observations.map(crate::state::observations::Observations::changes)
    };
    let connection = changes.map(|changes| EventStream {
        page: Arc::clone(page),
        changes,
        stop: page.stop.clone(),
        sent: Sent::default(),
        last: Instant::now(),
    });
    let events = stream::unfold(connection, |connection| async {
        let mut connection = connection?;
        let chunk = connection.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), Some(connection)))
    });
    let mut response = HttpResponse::new(Body::from_stream(events));
    let content_type = HeaderValue::from_static("text/event-stream");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// The connection of one page.
struct EventStream {
    page: Arc<Page>,
    changes: watch::Receiver<()>,
    stop: watch::Receiver<()>,
    sent: Sent,
    last: Instant,
}

impl EventStream {
    /// The next events. `None` if the sandbox stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.sent.hello {
                let wait = self.time_to_next_change();
                tokio::select! {
                    biased;
                    _ = self.stop.changed() => return None,
                    () = sleep(wait) => {}
                    Ok(()) = self.changes.changed() => tokio::select! {
                        _ = self.stop.changed() => return None,
                        () = sleep(INTERVAL) => self.changes.mark_unchanged(),
                    },
                }
            }
            let events = self.sent.difference(&self.page);
            if !events.is_empty() {
                self.last = Instant::now();
                return Some(events.into());
            }
            if self.last.elapsed() >= KEEP_ALIVE {
                self.last = Instant::now();
                return Some(Bytes::from_static(b": keep-alive\n\n"));
            }
        }
    }

    /// The time until something changes by itself, within bounds.
    fn time_to_next_change(&self) -> Duration {
        let state = self.page.shared.lock();
        let now = state.clock.elapsed();
        let next = sections::next_change(&state).filter(|_| !state.clock.is_held());
        next.map_or(POLL, |next| next.saturating_sub(now).clamp(INTERVAL, POLL))
    }
}

/// What a page has received.
#[derive(Default)]
struct Sent {
    hello: bool,
    requests: u64,
    /// By section and id: the hash of the item.
    items: HashMap<&'static str, HashMap<String, u64>>,
    /// By name of the event: the hash of the value.
    values: HashMap<&'static str, u64>,
}

impl Sent {
    /// The events since the last call.
    fn difference(&mut self, page: &Page) -> String {
        let state = page.shared.lock();
        let redactor = state.redactor();
        let mut events = String::new();
        let mut send = |name: &str, data: &Value| {
            // Strings of JSON contain no line breaks.
            let _ = write!(
                events,
                "event: {name}\ndata: {}\n\n",
                redactor.json_values(data)
            );
        };
        if !self.hello {
            self.hello = true;
            send("hello", &catalog::settings(page, &state));
        }
        if let Some(requests) = self.new_requests(&state) {
            send("requests", &requests);
        }
        for section in [
            sections::connectors(&state),
            sections::subscriptions(&state),
            sections::deliveries(&state),
            sections::rules(&state),
            sections::behavior(&state),
        ] {
            let name = section.name;
            if let Some(difference) = self.section(section) {
                send(name, &difference);
            }
        }
        for (name, value) in [
            ("clock", sections::clock(&state)),
            ("limits", sections::limits(&state)),
        ] {
            let hash = hash(&value);
            if self.values.insert(name, hash) != Some(hash) {
                send(name, &value);
            }
        }
        events
    }

    fn new_requests(&mut self, state: &State) -> Option<Value> {
        let observations = state.observations.as_ref()?;
        let since = std::mem::replace(&mut self.requests, observations.revision());
        if since == observations.revision() {
            return None;
        }
        let requests = observations.requests.newest_first();
        let changed: Vec<_> = requests
            .filter(|(_, request)| request.revision > since)
            .collect();
        let items = changed.iter().take(REQUESTS).rev();
        let redactor = state.redactor();
        let items: Vec<_> = items
            .map(|(number, request)| sections::request(*number, request, &redactor))
            .collect();
        Some(json!({
            "items": items,
            "complete": changed.len() <= REQUESTS,
            "total": observations.requests.total(),
            "first": observations.requests.first(),
        }))
    }

    /// The difference between a section and what the page has received of it.
    fn section(&mut self, section: Section) -> Option<Value> {
        let is_first = !self.items.contains_key(section.name);
        let known = self.items.entry(section.name).or_default();
        let mut current = HashMap::with_capacity(section.items.len());
        let mut changed = Vec::new();
        for (id, item) in section.items {
            let hash = hash(&item);
            if known.get(&id) != Some(&hash) {
                changed.push(item);
            }
            current.insert(id, hash);
        }
        let removed: Vec<_> = known
            .keys()
            .filter(|id| !current.contains_key(*id))
            .cloned()
            .collect();
        *known = current;
        (is_first || !changed.is_empty() || !removed.is_empty())
            .then(|| json!({ "changed": changed, "removed": removed, "total": section.total }))
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    hasher.finish()
}
