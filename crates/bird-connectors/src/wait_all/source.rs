//! Where a wait for many reads from, besides what a wait for one does.

use bird_connectors_api::types::{Channel, ChannelStatus};
use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::future::Either;
use uuid::Uuid;

use crate::channels::{ChannelQuery, Channels};
use crate::error::Error;
use crate::install::ApiSource;
use crate::page::List;
use crate::wait::{Lookup, Source};

/// Part of the channel list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// All of it, 1000 channels a page.
    All(Lookup),
    /// The channels with these ids, at most a page of them.
    Ids(Lookup, Vec<Uuid>),
}

impl Listing {
    pub(super) fn kind(&self) -> Lookup {
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

impl SharedSource for ApiSource {
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static {
        let list = of_kind(
            Channels::new(self.workspace.clone())
                .list()
                .single_attempt(),
            listing.kind(),
        );
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
pub(crate) fn of_kind(list: List<ChannelQuery>, kind: Lookup) -> List<ChannelQuery> {
    match kind {
        Lookup::Unfiltered => list,
        Lookup::ByStatus => {
            let known = ChannelStatus::KNOWN.iter();
            known.fold(list, |list, status| list.status(*status))
        }
    }
}
