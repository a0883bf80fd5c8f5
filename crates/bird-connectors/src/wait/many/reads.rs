//! The requests of a bulk wait: pages of channel lists, and reads of single installs. They run concurrently.

use std::sync::Arc;
use std::task::{Context, Poll};

use bird_connectors_api::types::{Channel, ConnectorId};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::error::Error;
use crate::future::{BoxFuture, BoxStream};
use crate::wait::machine::{ReadResult, ReadTarget};
use crate::wait::read::read;
use crate::wait::rules::ReadTime;
use crate::wait::source::{Listing, SharedSource};

pub(super) struct Reads<S> {
    source: Arc<S>,
    running: FuturesUnordered<BoxFuture<CompletedRead>>,
}

/// The pages of a listing that have not been read yet.
pub(super) struct RemainingPages(BoxStream<Result<Vec<Channel>, Error>>);

pub(super) enum CompletedRead {
    /// A page of a listing; `None` at the end of the listing.
    Page {
        listing: Arc<Listing>,
        /// The number of pages before this one.
        pages_before: usize,
        page: Option<Result<Vec<Channel>, Error>>,
        rest: RemainingPages,
    },
    /// One read of one install.
    Single {
        connector: ConnectorId,
        result: Box<ReadResult>,
        time: ReadTime,
    },
}

impl<S: SharedSource> Reads<S> {
    pub(super) fn new(source: S) -> Self {
        Self {
            source: Arc::new(source),
            running: FuturesUnordered::new(),
        }
    }

    /// Starts to read a listing with its first page.
    pub(super) fn start_listing(&mut self, listing: Listing) {
        let pages = RemainingPages(Box::pin(self.source.pages(&listing)));
        self.start_page(Arc::new(listing), 0, pages);
    }

    /// Reads the next page of a listing.
    pub(super) fn start_page(
        &mut self,
        listing: Arc<Listing>,
        pages_before: usize,
        mut rest: RemainingPages,
    ) {
        self.running.push(Box::pin(async move {
            let page = rest.0.next().await;
            CompletedRead::Page {
                listing,
                pages_before,
                page,
                rest,
            }
        }));
    }

    /// Starts one read of one install. `joined` is the beginning of its wait.
    pub(super) fn start_single(
        &mut self,
        connector: ConnectorId,
        target: ReadTarget,
        joined: Instant,
    ) {
        let source = Arc::clone(&self.source);
        self.running.push(Box::pin(async move {
            let (result, time) = read(&*source, connector, target, joined).await;
            CompletedRead::Single {
                connector,
                result: Box::new(result),
                time,
            }
        }));
    }

    /// Pending while no read is running.
    pub(super) fn poll_completed(&mut self, cx: &mut Context<'_>) -> Poll<CompletedRead> {
        match self.running.poll_next_unpin(cx) {
            Poll::Ready(Some(read)) => Poll::Ready(read),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
