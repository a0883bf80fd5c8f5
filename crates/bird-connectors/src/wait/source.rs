//! The sources of a wait: a trait for the reads of a single wait, a trait for those of a bulk wait, and the API, which
//! implements both.

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
use crate::resources::{Channels, Connectors};

/// How to query the channel list. It is unknown whether the API omits channels from a list without a status filter, so
/// waits alternate between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Unfiltered,
    /// With all documented statuses as the filter.
    ByStatus,
}

/// The source of a single wait. Each read is tried once.
pub(crate) trait Source: Send + Sync {
    /// Checks that reads are possible in the current runtime. Called before the first poll.
    fn check_runtime(&self) -> Result<(), Error> {
        Ok(())
    }

    fn connector(&self, id: ConnectorId) -> impl Future<Output = Result<Connector, Error>> + Send;
    fn readiness(
        &self,
        connector: ConnectorId,
    ) -> impl Future<Output = Result<ConnectorReadiness, Error>> + Send;
    fn channel(&self, id: ChannelId) -> impl Future<Output = Result<Channel, Error>> + Send;
    /// Finds the channel of a connector in the channel list.
    fn find_channel(
        &self,
        connector: ConnectorId,
        lookup: Lookup,
    ) -> impl Future<Output = Result<Option<Channel>, Error>> + Send;
}

/// A query of the channel list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// All channels, 1000 per page.
    All(Lookup),
    /// The channels with these ids, which fit one page.
    Ids(Lookup, Vec<ChannelId>),
}

impl Listing {
    pub(crate) fn lookup(&self) -> Lookup {
        match self {
            Self::All(lookup) | Self::Ids(lookup, _) => *lookup,
        }
    }
}

/// The source of a bulk wait.
pub(crate) trait SharedSource: Source + 'static {
    /// The pages of a listing. Each is one request, tried once. The stream ends after the first error.
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static;
}

/// The API. Each request is tried once, because the next poll is its retry.
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
    fn check_runtime(&self) -> Result<(), Error> {
        self.connectors.workspace().check_runtime()
    }

    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        self.connectors.get(id).await
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        self.connectors.readiness(connector).await
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        self.channels.get(id).await
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        lookup: Lookup,
    ) -> Result<Option<Channel>, Error> {
        // Whole pages, because an item that cannot be decoded does not end them.
        let mut pages = with_lookup(self.channels.list(), lookup).pages();
        while let Some(page) = pages.next().await {
            let own = |channel: &Channel| {
                channel.connector_id == Some(connector) && !channel.id.as_uuid().is_nil()
            };
            // A channel that was replaced may still be listed.
            let newest = page?.items.into_iter().filter(own);
            if let Some(channel) = newest.max_by_key(|channel| channel.created_at.clone()) {
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
        let list = with_lookup(self.channels.list(), listing.lookup());
        let pages = match listing {
            Listing::All(_) => Either::Left(list.pages()),
            Listing::Ids(_, ids) => {
                let list = ids.iter().fold(list, |list, id| list.channel_id(*id));
                // The limit applies if the API ignores the filter, so that this does not read the whole list.
                Either::Right(list.limit(ids.len() as u64).pages())
            }
        };
        // An item that cannot be decoded counts as unlisted, so that its install is read individually.
        pages.map(|page| page.map(|page| page.items))
    }
}

/// Applies a lookup to the channel list.
fn with_lookup(list: List<Channel>, lookup: Lookup) -> List<Channel> {
    match lookup {
        Lookup::Unfiltered => list,
        Lookup::ByStatus => {
            let known = ChannelStatus::KNOWN.iter();
            known.fold(list, |list, status| list.status(*status))
        }
    }
}
