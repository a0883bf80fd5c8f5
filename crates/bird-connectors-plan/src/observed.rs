//! Reads the live state: connectors, numbers and webhook subscriptions of workspaces, and the records of a journal.

use std::collections::{BTreeMap, BTreeSet};

use bird_connectors::install::{ConnectorSnapshot, JournalRecord, OwnedJournal};
use bird_connectors::models::WebhookSubscription;
use bird_connectors::resources::PhoneNumber;
use bird_connectors::{Client, Connector, Error, NumberId, Workspace, WorkspaceId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::desired::{DesiredNumber, DesiredState, DesiredWorkspace};

/// What exists, at one time.
#[derive(Clone, Debug, Default)]
pub struct ObservedState {
    pub(crate) workspaces: BTreeMap<WorkspaceId, ObservedWorkspace>,
    pub(crate) records: Vec<JournalRecord>,
    /// Whether a journal was read.
    pub(crate) has_journal: bool,
}

/// What exists in a workspace. What was not read is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObservedWorkspace {
    pub(crate) connectors: Option<ConnectorSnapshot>,
    pub(crate) subscriptions: Option<Vec<WebhookSubscription>>,
    pub(crate) numbers: BTreeMap<String, NumberId>,
}

/// The maximum number of workspaces that are read at the same time.
const CONCURRENCY: usize = 8;

impl ObservedState {
    /// Reads what a plan for these files needs: the lists of the workspaces that the files describe, and of those in which the
    /// project still owns something according to the journal. It sends only reads.
    ///
    /// # Errors
    /// Those of the lists and of the journal. A workspace that only the journal names may be gone: it is left out then.
    pub async fn read(
        client: &Client,
        desired: &DesiredState,
        journal: Option<&OwnedJournal>,
    ) -> Result<Self, Error> {
        let records = match journal {
            Some(journal) => journal.records().await?,
            None => Vec::new(),
        };
        let described: BTreeSet<_> = desired.workspaces.iter().map(|one| one.id).collect();
        let left: BTreeSet<_> = records
            .iter()
            .filter(|record| record.owner.as_deref() == Some(&desired.project))
            .filter_map(|record| record.workspace_id)
            .filter(|id| !described.contains(id))
            .collect();
        let left = left.into_iter().map(|id| DesiredWorkspace {
            id,
            label: None,
            organization: None,
            connectors: Some(Vec::new()),
            subscriptions: Some(Vec::new()),
        });
        let reads = desired.workspaces.iter().cloned().chain(left);
        let reads = reads.map(|one| {
            let is_described = described.contains(&one.id);
            let workspace = workspace(client, &one);
            async move {
                match Box::pin(read(&workspace, &one)).await {
                    Ok(observed) => Ok(Some((one.id, observed))),
                    Err(error) if !is_described && error.is_not_found() => Ok(None),
                    Err(error) => Err(error),
                }
            }
        });
        let workspaces: Vec<_> = stream::iter(reads)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(Self {
            workspaces: workspaces.into_iter().flatten().collect(),
            records,
            has_journal: journal.is_some(),
        })
    }
}

/// States that were not read, for tests and simulations.
impl ObservedState {
    /// Adds a workspace with these connectors.
    #[must_use]
    pub fn with_connectors(
        mut self,
        workspace: WorkspaceId,
        connectors: impl IntoIterator<Item = Connector>,
    ) -> Self {
        let observed = self.workspaces.entry(workspace).or_default();
        observed.connectors = Some(connectors.into_iter().collect());
        self
    }

    /// Adds a workspace with these webhook subscriptions.
    #[must_use]
    pub fn with_subscriptions(
        mut self,
        workspace: WorkspaceId,
        subscriptions: impl IntoIterator<Item = WebhookSubscription>,
    ) -> Self {
        let observed = self.workspaces.entry(workspace).or_default();
        observed.subscriptions = Some(subscriptions.into_iter().collect());
        self
    }

    /// Sets the records of the journal.
    #[must_use]
    pub fn with_records(mut self, records: impl IntoIterator<Item = JournalRecord>) -> Self {
        self.records = records.into_iter().collect();
        self.has_journal = true;
        self
    }
}

/// The handle of a workspace, with the path family that the files select.
pub(crate) fn workspace(client: &Client, desired: &DesiredWorkspace) -> Workspace {
    match desired.organization {
        Some(organization) => client.organization(organization).workspace(desired.id),
        None => client.workspace(desired.id),
    }
}

async fn read(
    workspace: &Workspace,
    desired: &DesiredWorkspace,
) -> Result<ObservedWorkspace, Error> {
    let mut observed = ObservedWorkspace::default();
    if let Some(connectors) = &desired.connectors {
        observed.connectors = Some(workspace.connectors().snapshot().await?);
        let numbers = connectors.iter().filter_map(|one| match one.number()? {
            DesiredNumber::Number(number) => Some(number),
            DesiredNumber::Id(_) => None,
        });
        observed.numbers = read_numbers(workspace, numbers.collect()).await?;
    }
    if desired.subscriptions.is_some() {
        let mut items = workspace.webhook_subscriptions().list().items();
        let mut all = Vec::new();
        while let Some(item) = items.next().await {
            all.push(item?);
        }
        observed.subscriptions = Some(all);
    }
    Ok(observed)
}

/// The ids of these numbers, as far as the workspace has them.
async fn read_numbers(
    workspace: &Workspace,
    wanted: Vec<&PhoneNumber>,
) -> Result<BTreeMap<String, NumberId>, Error> {
    let mut numbers = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(numbers);
    }
    let mut list = workspace.numbers().list().items();
    while let Some(number) = list.try_next().await? {
        let string = number.number_string.as_deref().unwrap_or_default();
        if let Ok(parsed) = string.parse::<PhoneNumber>() {
            numbers.entry(parsed.to_string()).or_insert(number.id);
        }
    }
    for number in wanted {
        let string = number.to_string();
        // In all lists of the workspace.
        if !numbers.contains_key(&string)
            && let Some(found) = workspace.numbers().find(&string).await?
        {
            numbers.insert(string, found.id);
        }
    }
    Ok(numbers)
}
