//! Tests of lists against a scripted endpoint. Everything in [`List`] is real except the network.

mod checkpoints;
mod cycles;
mod invariants;
mod limits;
mod prefetch;

use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Serialize;

use super::*;
use crate::future::BoxFuture;
use crate::{Client, ErrorKind};
use bird_connectors_api::types::WorkspaceId;

/// Returns the response to the nth request (from 0), from its page size and token.
type Respond = dyn Fn(usize, u32, Option<&str>) -> Result<FetchedPage<u32>, Error> + Send + Sync;

struct Server {
    respond: Box<Respond>,
    latency: Duration,
    sent: Mutex<Vec<SentRequest>>,
    answered: AtomicUsize,
    cancelled: AtomicUsize,
}

#[derive(Clone, Debug, PartialEq)]
struct SentRequest {
    size: u32,
    token: Option<String>,
}

impl Server {
    fn new(
        respond: impl Fn(usize, u32, Option<&str>) -> Result<FetchedPage<u32>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            respond: Box::new(respond),
            latency: Duration::ZERO,
            sent: Mutex::default(),
            answered: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
        }
    }

    /// Lists the numbers from 0 to `count`, in pages of the requested size.
    fn counting(count: usize) -> Self {
        Self::new(move |_, size, token| Ok(page_of(&vec![Row::Item; count], false, size, token)))
    }

    fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// A list of this server, as a resource would create it.
    fn list(self) -> (Arc<Self>, List<u32>) {
        let server = Arc::new(self);
        let query = Scripted::new(&server);
        (server, List::new(workspace(), query))
    }

    fn sent(&self) -> Vec<SentRequest> {
        self.sent.lock().unwrap().clone()
    }

    fn requests(&self) -> usize {
        self.sent().len()
    }

    fn sizes(&self) -> Vec<u32> {
        self.sent().iter().map(|sent| sent.size).collect()
    }

    fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::SeqCst)
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    async fn serve(
        self: Arc<Self>,
        size: u32,
        token: Option<String>,
    ) -> Result<FetchedPage<u32>, Error> {
        let nth = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(SentRequest {
                size,
                token: token.clone(),
            });
            sent.len() - 1
        };
        assert!(nth < 5000, "the list does not end");
        let mut guard = RequestGuard(&self, false);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        guard.1 = true;
        (self.respond)(nth, size, token.as_deref())
    }
}

/// Counts a request as answered or, if it is dropped before its response, as cancelled.
struct RequestGuard<'a>(&'a Server, bool);

impl Drop for RequestGuard<'_> {
    fn drop(&mut self) {
        let count = if self.1 {
            &self.0.answered
        } else {
            &self.0.cancelled
        };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// A row of the server. A hidden row counts towards the page size but is not returned, as if a filter removed it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Item,
    Undecodable,
    Hidden,
}

/// Returns a page of the rows. `trailing`: if the last page is full, it has a token, which leads to an empty page.
fn page_of(rows: &[Row], trailing: bool, size: u32, token: Option<&str>) -> FetchedPage<u32> {
    let start = token.map_or(0, |token| token.trim_start_matches("+/=").parse().unwrap());
    let end = rows.len().min(start + size as usize);
    let shown = (start..end).filter(|row| rows[*row] != Row::Hidden);
    let entries = shown.enumerate().map(|(index, row)| match rows[row] {
        Row::Undecodable => Err(UndecodableItem {
            index,
            raw: row.to_string(),
            reason: "scripted".to_owned(),
        }),
        _ => Ok(row as u32),
    });
    let more = end < rows.len() || (trailing && end - start == size as usize);
    FetchedPage {
        entries: entries.collect(),
        next: more.then(|| format!("+/={end}")),
    }
}

fn server_error() -> Error {
    Error::new(ErrorKind::Server, "list", "scripted")
}

#[derive(Clone, Serialize)]
pub struct Scripted {
    #[serde(skip)]
    server: Arc<Server>,
    #[serde(skip)]
    operation: &'static str,
    filter: String,
}

impl Scripted {
    fn new(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            operation: "listConnectors",
            filter: "none".to_owned(),
        }
    }
}

impl Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Listable for u32 {
    type Query = Scripted;
}

impl Endpoint for Scripted {
    type Item = u32;

    fn page_sizes(&self, _: &str) -> PageSizes {
        PageSizes {
            default: 10,
            max: Some(1000),
        }
    }

    fn operation(&self, _: &Workspace) -> &'static str {
        self.operation
    }

    fn fetch(
        &self,
        _: &Workspace,
        _: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<u32>, Error>> {
        Box::pin(Arc::clone(&self.server).serve(size, token))
    }
}

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(7);

fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::builder().access_key("key").build().unwrap())
}

fn workspace() -> Workspace {
    client().workspace(WORKSPACE)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}
