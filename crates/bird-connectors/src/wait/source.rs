//! The reads that a wait makes: one trait for a wait for one install, one for a wait for many, both implemented by the
//! API.

use std::future::Future;

use bird_connectors_api::types::{
    Channel, ChannelId, ChannelStatus, Connector, ConnectorId, ConnectorReadiness,
};
use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::future::Either;

use crate::client::Workspace;
use crate::error::Error;
use crate::list::List;
use crate::resources::{ChannelQuery, Channels, Connectors};

/// Whether a list without a status filter leaves channels out is not known, so both kinds take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Unfiltered,
    ByStatus,
}

/// Where a wait reads from. Every read is a single attempt.
pub(crate) trait Source: Send + Sync {
    fn connector(&self, id: ConnectorId) -> impl Future<Output = Result<Connector, Error>> + Send;
    fn readiness(
        &self,
        connector: ConnectorId,
    ) -> impl Future<Output = Result<ConnectorReadiness, Error>> + Send;
    fn channel(&self, id: ChannelId) -> impl Future<Output = Result<Channel, Error>> + Send;
    /// Looks for the channel of a connector in the channel list.
    fn find_channel(
        &self,
        connector: ConnectorId,
        how: Lookup,
    ) -> impl Future<Output = Result<Option<Channel>, Error>> + Send;
}

/// Part of the channel list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// All of it, 1000 channels a page.
    All(Lookup),
    /// The channels with these ids, at most a page of them.
    Ids(Lookup, Vec<ChannelId>),
}

impl Listing {
    pub(crate) fn kind(&self) -> Lookup {
        match self {
            Self::All(kind) | Self::Ids(kind, _) => *kind,
        }
    }
}

pub(crate) trait SharedSource: Source + 'static {
    /// The pages of a listing, each a request that is tried once. The first error is the last item.
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static;
}

/// The API as a wait reads it: each request is tried once, because the next poll is its retry.
#[derive(Clone, Debug)]
pub(crate) struct ApiSource {
    connectors: Connectors,
    channels: Channels,
}

impl ApiSource {
    pub(crate) fn new(workspace: &Workspace) -> Self {
        let workspace = workspace.single_attempt();
        Self {
            connectors: workspace.connectors(),
            channels: workspace.channels(),
        }
    }
}

impl Source for ApiSource {
    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        self.connectors.get(id).await
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        self.connectors.status(connector).await
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        self.channels.get(id).await
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        how: Lookup,
    ) -> Result<Option<Channel>, Error> {
        // Whole pages: an item that cannot be decoded belongs to another connector.
        let mut pages = of_kind(self.channels.list(), how).pages();
        while let Some(page) = pages.next().await {
            let own = |channel: &Channel| channel.connector_id == Some(connector);
            // A channel that was replaced may still be listed.
            let newest = page?.items.into_iter().filter(own);
            if let Some(channel) = newest.max_by_key(|channel| channel.created_at) {
                return Ok(Some(channel));
            }
        }
        Ok(None)
    }
}

impl SharedSource for ApiSource {
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static {
        let list = of_kind(self.channels.list(), listing.kind());
        let pages = match listing {
            Listing::All(_) => Either::Left(list.pages()),
            Listing::Ids(_, ids) => {
                let list = ids.iter().fold(list, |list, id| list.channel_id(*id));
                // Where the filter is not honoured, this is not the way to read everything.
                Either::Right(list.limit(ids.len() as u64).pages())
            }
        };
        // An item that cannot be read is some other channel's trouble, or is read by itself later.
        pages.map(|page| page.map(|page| page.items))
    }
}

/// The list of one kind.
fn of_kind(list: List<ChannelQuery>, kind: Lookup) -> List<ChannelQuery> {
    match kind {
        Lookup::Unfiltered => list,
        Lookup::ByStatus => {
            let known = ChannelStatus::KNOWN.iter();
            known.fold(list, |list, status| list.status(*status))
        }
    }
}
