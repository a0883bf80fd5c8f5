//! Tests of lists against a scripted endpoint: everything of [`List`] is real but the network.

mod ahead;
mod checkpoints;
mod circles;
mod limits;
mod reading;

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

/// What the endpoint answers to the nth request (from 0), given the page size and the token.
type Answer = dyn Fn(usize, u32, Option<&str>) -> Result<FetchedPage<u32>, Error> + Send + Sync;

struct Server {
    answer: Box<Answer>,
    latency: Duration,
    asked: Mutex<Vec<Asked>>,
    answered: AtomicUsize,
    abandoned: AtomicUsize,
}

#[derive(Clone, Debug, PartialEq)]
struct Asked {
    size: u32,
    token: Option<String>,
}

impl Server {
    fn new(
        answer: impl Fn(usize, u32, Option<&str>) -> Result<FetchedPage<u32>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            answer: Box::new(answer),
            latency: Duration::ZERO,
            asked: Mutex::default(),
            answered: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
        }
    }

    /// The numbers from 0 to `count`, cut into pages of the size asked for.
    fn counting(count: usize) -> Self {
        Self::new(move |_, size, token| Ok(page_of(&vec![Row::Item; count], false, size, token)))
    }

    fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// A list of this server, as a resource would make it.
    fn list(self) -> (Arc<Self>, List<u32>) {
        let server = Arc::new(self);
        let query = Scripted::new(&server);
        (server, List::new(workspace(), query))
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn requests(&self) -> usize {
        self.asked().len()
    }

    fn sizes(&self) -> Vec<u32> {
        self.asked().iter().map(|asked| asked.size).collect()
    }

    fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::SeqCst)
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
            let mut asked = self.asked.lock().unwrap();
            asked.push(Asked {
                size,
                token: token.clone(),
            });
            asked.len() - 1
        };
        assert!(nth < 5000, "this would go on for ever");
        let mut watch = Watch(&self, false);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        watch.1 = true;
        (self.answer)(nth, size, token.as_deref())
    }
}

/// Tells a request that was answered from one that was dropped on the way.
struct Watch<'a>(&'a Server, bool);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let count = if self.1 {
            &self.0.answered
        } else {
            &self.0.abandoned
        };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// A row behind a list. A hidden one takes room in its page and is not shown, as where a filter thins pages out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Item,
    Broken,
    Hidden,
}

/// Rows by offset. `trailing`: a last page that is full still has a token, and an empty page behind it.
fn page_of(rows: &[Row], trailing: bool, size: u32, token: Option<&str>) -> FetchedPage<u32> {
    let start = token.map_or(0, |token| token.trim_start_matches("+/=").parse().unwrap());
    let end = rows.len().min(start + size as usize);
    let shown = (start..end).filter(|row| rows[*row] != Row::Hidden);
    let entries = shown.enumerate().map(|(index, row)| match rows[row] {
        Row::Broken => Err(UndecodableItem {
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
    const PAGE_SIZE: u32 = 10;
    const MAX_PAGE_SIZE: Option<u32> = Some(1000);

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
