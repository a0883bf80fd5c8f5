//! What `ensure` does to the API, behind a trait, so that tests run it in paused time; and the list of connectors as
//! it was read once, with the choice among them.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};
use serde_json::{Value, json};

use super::same::{MatchedBy, Sight, Verdict, Wanted, verdict};
use crate::error::{Error, ErrorKind};
use crate::list::UndecodableItem;
use crate::resources::Connectors;
use crate::templates::Template;

pub(super) const ACTION: &str = "ensure a connector";

/// Where connectors are.
pub(crate) trait Store: Send + Sync {
    /// The workspace.
    fn workspace(&self) -> WorkspaceId;
    /// Every connector there is.
    fn all(&self) -> impl Future<Output = Result<Arc<Snapshot>, Error>> + Send;
    fn get(&self, id: ConnectorId) -> impl Future<Output = Result<Connector, Error>> + Send;
    fn create(&self, template: Template) -> impl Future<Output = Result<Connector, Error>> + Send;
}

/// The API.
#[derive(Clone, Debug)]
pub(crate) struct ApiStore(Connectors);

impl ApiStore {
    pub(crate) fn new(connectors: Connectors) -> Self {
        Self(connectors)
    }
}

impl Store for ApiStore {
    fn workspace(&self) -> WorkspaceId {
        self.0.workspace().id()
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        // Without the filter by template: that one is exact, and the version does not matter here.
        let mut pages = self.0.list().pages();
        let mut all = Snapshot::default();
        while let Some(page) = pages.next().await {
            let page = page?;
            all.connectors.extend(page.items);
            all.undecodable.extend(page.undecodable);
        }
        Ok(Arc::new(all))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        self.0.get(id).await
    }

    async fn create(&self, template: Template) -> Result<Connector, Error> {
        self.0.create(template).await
    }
}

/// The connectors of a workspace as they were read once. Many templates can be looked for in one snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) connectors: Vec<Connector>,
    pub(crate) undecodable: Vec<UndecodableItem>,
}

/// A connector that is the wanted one, and what showed it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) connector: Connector,
    pub(crate) matched_by: MatchedBy,
}

/// What a snapshot holds of what is wanted.
#[derive(Debug)]
pub(crate) enum Pick {
    Nothing,
    One(Box<Found>),
    /// Several are the same: the error lists them.
    Several(Error),
    /// There is something that may be the same, but what would tell is not shown: the error names it.
    Unclear(Error),
}

impl Snapshot {
    /// Looks for what is wanted. What is the same by its arguments or its number goes before what only has the name.
    pub(crate) fn pick(&self, wanted: &Wanted) -> Pick {
        let (mut sure, mut named, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for connector in &self.connectors {
            let found = match verdict(wanted, connector.into()) {
                Verdict::Different => continue,
                // A list that changes meanwhile can show an item twice.
                _ if !seen.insert(connector.id) => continue,
                Verdict::Unclear => {
                    unclear.push(connector);
                    continue;
                }
                Verdict::Same(matched_by) => (connector, matched_by),
            };
            match found.1 {
                MatchedBy::Name => named.push(found),
                _ => sure.push(found),
            }
        }
        let same = if sure.is_empty() { named } else { sure };
        match &same[..] {
            [] => {}
            [(connector, matched_by)] => {
                return Pick::One(Box::new(Found {
                    connector: (*connector).clone(),
                    matched_by: matched_by.clone(),
                }));
            }
            [(_, matched_by), ..] => {
                let connectors: Vec<_> = same.iter().map(|(connector, _)| *connector).collect();
                return Pick::Several(several(wanted, &connectors, matched_by));
            }
        }
        if !unclear.is_empty() {
            return Pick::Unclear(not_shown(wanted, &unclear));
        }
        let hidden = self.undecodable.iter().find(|item| {
            let raw: Value = serde_json::from_str(&item.raw).unwrap_or_default();
            verdict(wanted, Sight::raw(&raw)) != Verdict::Different
        });
        match hidden {
            Some(item) => Pick::Unclear(unreadable(wanted, item)),
            None => Pick::Nothing,
        }
    }
}

fn several(wanted: &Wanted, all: &[&Connector], matched_by: &MatchedBy) -> Error {
    let message = format!(
        "{} connectors are the wanted one by {matched_by}, and which is meant cannot be told: {}",
        all.len(),
        listed(all)
    );
    let help = match matched_by {
        MatchedBy::Name if wanted.identity.arguments.is_empty() => {
            "say with `identified_by` which argument tells them apart, delete all but one, or follow the right one by its id"
        }
        _ => "delete all but one, or follow the right one by its id",
    };
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(ids(all))
        .with_help(help)
}

fn not_shown(wanted: &Wanted, all: &[&Connector]) -> Error {
    let message = format!(
        "the API does not show enough of {} to tell whether it is {}, so that nothing was created",
        listed(all),
        wanted.describe()
    );
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(ids(all))
        .with_help(
            "if it is the one, follow it by its id; if not, use `install`, which does not look",
        )
}

fn unreadable(wanted: &Wanted, item: &UndecodableItem) -> Error {
    let message = format!(
        "an item of the connector list cannot be read ({}) and may be {}, so that nothing was created",
        item.reason,
        wanted.describe()
    );
    Error::new(ErrorKind::Decode, ACTION, message)
        .with_raw(item.raw.as_bytes())
        .with_help(
            "if it is the one, follow it by its id; if not, use `install`, which does not look",
        )
}

/// For people: which they are.
fn listed(connectors: &[&Connector]) -> String {
    let each = connectors.iter().map(|connector| {
        let created = connector.created_at.to_utc().format("%Y-%m-%d");
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
