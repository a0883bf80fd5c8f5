//! The store that `ensure` reads and writes: the API, or a simulation in tests. Also the snapshot of a connector list, and
//! the search for a match in it.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};
use futures_core::future::BoxFuture;
use serde_json::{Value, json};

use super::matching::{ConnectorView, Match, MatchedBy, WantedConnector, compare};
use super::process_claims::ProcessClaims;
use super::snapshot_index::SnapshotIndex;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::list::UndecodableItem;
use crate::resources::Connectors;
use crate::templates::Template;
use crate::transport::SendPermission;

pub(super) const ACTION: &str = "ensure a connector";

/// The connectors of a workspace.
pub(crate) trait ConnectorStore: Send + Sync {
    fn workspace(&self) -> WorkspaceId;
    /// The claims of the runs that use the same connectors.
    fn claims(&self) -> Arc<ProcessClaims>;
    /// Reads all connectors.
    fn all(&self) -> impl Future<Output = Result<Arc<Snapshot>, Error>> + Send;
    fn get(&self, id: ConnectorId) -> impl Future<Output = Result<Connector, Error>> + Send;
    /// Sends a create. The permission is asked right before.
    fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> impl Future<Output = Result<Connector, Error>> + Send;
}

/// A store of any type. The algorithm of `ensure` uses this, so that it is compiled once and not for each type of store.
#[derive(Clone, Copy)]
pub(super) struct AnyStore<'a>(&'a dyn ErasedStore);

trait ErasedStore: Send + Sync {
    fn workspace(&self) -> WorkspaceId;
    fn all(&self) -> BoxFuture<'_, Result<Arc<Snapshot>, Error>>;
    fn get(&self, id: ConnectorId) -> BoxFuture<'_, Result<Connector, Error>>;
    fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> BoxFuture<'_, Result<Connector, Error>>;
}

impl<S: ConnectorStore> ErasedStore for S {
    fn workspace(&self) -> WorkspaceId {
        ConnectorStore::workspace(self)
    }

    fn all(&self) -> BoxFuture<'_, Result<Arc<Snapshot>, Error>> {
        Box::pin(ConnectorStore::all(self))
    }

    fn get(&self, id: ConnectorId) -> BoxFuture<'_, Result<Connector, Error>> {
        Box::pin(ConnectorStore::get(self, id))
    }

    fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> BoxFuture<'_, Result<Connector, Error>> {
        Box::pin(ConnectorStore::create(self, template, permission))
    }
}

impl<'a> AnyStore<'a> {
    pub(super) fn new(store: &'a impl ConnectorStore) -> Self {
        Self(store)
    }

    pub(super) fn workspace(self) -> WorkspaceId {
        self.0.workspace()
    }

    pub(super) fn all(self) -> BoxFuture<'a, Result<Arc<Snapshot>, Error>> {
        self.0.all()
    }

    pub(super) fn get(self, id: ConnectorId) -> BoxFuture<'a, Result<Connector, Error>> {
        self.0.get(id)
    }

    pub(super) fn create(
        self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> BoxFuture<'a, Result<Connector, Error>> {
        self.0.create(template, permission)
    }
}

impl fmt::Debug for AnyStore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyStore").finish_non_exhaustive()
    }
}

/// The store that sends requests to the API.
#[derive(Clone, Debug)]
pub(crate) struct ApiStore(Connectors);

impl ApiStore {
    pub(crate) fn new(connectors: Connectors) -> Self {
        Self(connectors)
    }
}

impl ConnectorStore for ApiStore {
    fn workspace(&self) -> WorkspaceId {
        self.0.workspace().id()
    }

    fn claims(&self) -> Arc<ProcessClaims> {
        ProcessClaims::of(self.0.workspace().base_url())
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        // The filter by template is not used: it compares versions, too, and any version may match.
        let mut pages = self.0.list().pages();
        let mut all = Snapshot::new(Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page?;
            all.connectors.extend(page.items.into_iter().map(Arc::new));
            all.undecodable.extend(page.undecodable);
        }
        Ok(Arc::new(all))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let connector = self.0.get(id).await?;
        if connector.id == id {
            return Ok(connector);
        }
        let message = format!("the response is about connector {}, not {id}", connector.id);
        Err(Error::new(ErrorKind::Decode, ACTION, message).with_outcome(RequestOutcome::Answered))
    }

    async fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        self.0.create(template, permission).await
    }
}

/// The connectors of a workspace at one time. Several templates can be matched against one snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// Shared with the results of a bulk install.
    pub(crate) connectors: Vec<Arc<Connector>>,
    pub(crate) undecodable: Vec<UndecodableItem>,
    /// Only a snapshot that many templates are matched against has an index.
    index: Option<SnapshotIndex>,
}

/// A connector that matches, and why.
#[derive(Clone, Debug)]
pub(crate) struct MatchedConnector {
    pub(crate) connector: Arc<Connector>,
    pub(crate) matched_by: MatchedBy,
}

/// The connectors of a snapshot that match.
#[derive(Debug)]
pub(crate) enum SnapshotMatch {
    None,
    One(MatchedConnector),
    /// More than one matches: the error lists them.
    Several(Error),
    /// A connector may match, but the API does not return enough of it to decide: the error names it.
    Undecided(Error),
}

impl Snapshot {
    pub(crate) fn new(connectors: Vec<Connector>, undecodable: Vec<UndecodableItem>) -> Self {
        Self {
            connectors: connectors.into_iter().map(Arc::new).collect(),
            undecodable,
            index: None,
        }
    }

    /// Prepares the snapshot for many searches.
    pub(crate) fn indexed(mut self) -> Self {
        self.index = Some(SnapshotIndex::of(self.connectors.iter().map(|one| &**one)));
        self
    }

    /// Finds the connector that matches. A match by arguments or number takes precedence over one by name.
    pub(crate) fn find(&self, wanted: &WantedConnector) -> SnapshotMatch {
        let candidates = self.index.as_ref().and_then(|index| index.find(wanted));
        let found = match candidates {
            Some(positions) => {
                let all = positions.into_iter();
                let all = all.filter_map(|at| Some((at, &**self.connectors.get(at)?)));
                search(wanted, all, &self.undecodable)
            }
            None => {
                let all = self.connectors.iter().map(|one| &**one).enumerate();
                search(wanted, all, &self.undecodable)
            }
        };
        match found {
            Ok(Some((at, matched_by))) => SnapshotMatch::One(MatchedConnector {
                connector: Arc::clone(&self.connectors[at]),
                matched_by,
            }),
            Ok(None) => SnapshotMatch::None,
            Err(Ambiguous::Several(error)) => SnapshotMatch::Several(error),
            Err(Ambiguous::Undecided(error)) => SnapshotMatch::Undecided(error),
        }
    }
}

/// Why a search has no result.
#[derive(Debug)]
pub(super) enum Ambiguous {
    /// More than one matches: the error lists them.
    Several(Error),
    /// A connector may match, but the API does not return enough of it to decide: the error names it.
    Undecided(Error),
}

/// Finds the connector that matches among candidates, each with its position. A match by arguments or number takes precedence
/// over one by name.
pub(super) fn search<'a>(
    wanted: &WantedConnector,
    candidates: impl Iterator<Item = (usize, &'a Connector)>,
    undecodable: &[UndecodableItem],
) -> Result<Option<(usize, MatchedBy)>, Ambiguous> {
    let compared = candidates.map(|(at, one)| (at, one, compare(wanted, one.into())));
    let mut compared: Vec<_> = compared
        .filter(|(.., found)| *found != Match::Differs)
        .collect();
    if compared.len() > 1 {
        // A list that changes while it is read can contain an item twice.
        let mut seen = BTreeSet::new();
        compared.retain(|(_, one, _)| seen.insert(one.id));
    }
    let (mut identified, mut named, mut undecided) = (Vec::new(), Vec::new(), Vec::new());
    for (at, connector, found) in compared {
        match found {
            Match::Differs => {}
            Match::Undecided => undecided.push(connector),
            Match::Matches(MatchedBy::Name) => named.push((at, connector, MatchedBy::Name)),
            Match::Matches(matched_by) => identified.push((at, connector, matched_by)),
        }
    }
    let mut matches = if identified.is_empty() {
        named
    } else {
        identified
    };
    if let [(_, _, matched_by), _, ..] = &matches[..] {
        let connectors: Vec<_> = matches.iter().map(|(_, one, _)| *one).collect();
        let error = several_error(wanted, &connectors, matched_by);
        return Err(Ambiguous::Several(error));
    }
    if let Some((at, _, matched_by)) = matches.pop() {
        return Ok(Some((at, matched_by)));
    }
    if !undecided.is_empty() {
        return Err(Ambiguous::Undecided(undecided_error(wanted, &undecided)));
    }
    let undecodable = undecodable.iter().find(|item| {
        let raw: Value = serde_json::from_str(&item.raw).unwrap_or_default();
        compare(wanted, ConnectorView::raw(&raw)) != Match::Differs
    });
    match undecodable {
        Some(item) => Err(Ambiguous::Undecided(undecodable_error(wanted, item))),
        None => Ok(None),
    }
}

fn several_error(wanted: &WantedConnector, all: &[&Connector], matched_by: &MatchedBy) -> Error {
    let message = format!(
        "{} connectors match {} by {matched_by}: {}",
        all.len(),
        wanted.describe(),
        list(all)
    );
    let help = match matched_by {
        MatchedBy::Name if wanted.identity.arguments.is_empty() => {
            "select the arguments that identify it with `identified_by`, delete all but one, or follow one by its id"
        }
        _ => "delete all but one, or follow one by its id",
    };
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(ids(all))
        .with_help(help)
}

fn undecided_error(wanted: &WantedConnector, all: &[&Connector]) -> Error {
    let message = format!(
        "nothing was created: the API does not return enough of {} to decide whether it is {}",
        list(all),
        wanted.describe()
    );
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(ids(all))
        .with_help(
            "if it is this connector, follow it by its id; if not, use `install`, which does not match",
        )
}

fn undecodable_error(wanted: &WantedConnector, item: &UndecodableItem) -> Error {
    let message = format!(
        "nothing was created: an item of the connector list cannot be decoded ({}) and may be {}",
        item.reason,
        wanted.describe()
    );
    Error::new(ErrorKind::Decode, ACTION, message)
        .with_raw(item.raw.as_bytes())
        .with_help(
            "if it is this connector, follow it by its id; if not, use `install`, which does not match",
        )
}

/// The connectors for people.
fn list(connectors: &[&Connector]) -> String {
    let each = connectors.iter().map(|connector| {
        let created = connector.created_at.as_ref().map_or_else(
            || "at an unknown time".to_owned(),
            |created| created.to_utc().format("%Y-%m-%d").to_string(),
        );
        format!("{} (`{}`, created {created})", connector.id, connector.name)
    });
    each.collect::<Vec<_>>().join(", ")
}

fn ids(connectors: &[&Connector]) -> Value {
    let ids: Vec<_> = connectors.iter().map(|connector| connector.id).collect();
    json!(ids)
}

#[cfg(test)]
mod tests;
