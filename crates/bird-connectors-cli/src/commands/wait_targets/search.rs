//! Lookups before a wait: the connector of an unresolved create, and ids that do not exist.

use std::collections::HashSet;
use std::time::Duration;

use bird_connectors::install::{Install, UnresolvedCreate};
use bird_connectors::resources::Connectors;
use bird_connectors::{ConnectorId, Error};
use futures_util::{StreamExt as _, stream};
use tokio::time::{sleep, timeout};

use super::time_limit::TimeLimit;
use crate::errors::CliError;

/// What the last lookup of a search may take after the time is over.
const LAST_LOOKUP: Duration = Duration::from_secs(2);

/// The pause between the two reads that must both answer 404.
const SECOND_READ_AFTER: Duration = Duration::from_secs(1);

/// Up to this many ids are read one by one. For more of them, the list is read first.
const READ_ONE_BY_ONE: usize = 10;

/// The number of concurrent reads.
const CONCURRENCY: usize = 8;

/// Searches for the connector of an unresolved create until the time is over. Nothing proves that a create had no effect: if
/// the search finds nothing, the outcome is still unknown.
pub(super) async fn find(
    connectors: &Connectors,
    create: &UnresolvedCreate,
    limit: TimeLimit,
    resume: String,
) -> Result<Install, CliError> {
    let window = limit.remaining();
    let search = connectors.reconcile(create).window(window);
    let end = window.saturating_add(LAST_LOOKUP);
    match timeout(end, search.into_future()).await {
        Ok(Ok(Some(ensured))) => Ok(ensured.into_install()),
        Ok(Err(error)) => Err(CliError::from(error).with_repetition(|| resume)),
        Ok(Ok(None)) | Err(_) => Err(CliError::Unresolved {
            message: format!(
                "no connector was found within {} for {}, but the create may have been processed: the connector can still appear",
                humantime::format_duration(limit.timeout),
                create.what()
            ),
            token: create.to_string(),
            resume,
        }),
    }
}

/// The error of an id that does not exist. An id that was given by hand has no grace period, unlike a token, which says when the
/// connector was created. Other failures are up to the wait.
pub(super) async fn missing(
    connectors: &Connectors,
    id: ConnectorId,
    limit: TimeLimit,
) -> Option<CliError> {
    let read = async || {
        let error = connectors.get(id).await.err();
        error.filter(Error::is_not_found)
    };
    let reads = async {
        read().await?;
        sleep(pause_before_second_read(limit.remaining())).await;
        read().await
    };
    let error = timeout(limit.remaining(), reads).await.ok().flatten()?;
    Some(CliError::from(error).about_connector(id))
}

/// The pause, which must leave time for the second read.
fn pause_before_second_read(left: Duration) -> Duration {
    SECOND_READ_AFTER.min(left / 2)
}

/// The ids that do not exist, and their errors.
pub(super) async fn all_missing(
    connectors: &Connectors,
    ids: &[ConnectorId],
    limit: TimeLimit,
) -> Vec<(ConnectorId, CliError)> {
    let listed = if ids.len() > READ_ONE_BY_ONE {
        timeout(limit.remaining(), listed(connectors))
            .await
            .unwrap_or_default()
    } else {
        HashSet::new()
    };
    let unlisted = ids.iter().filter(|id| !listed.contains(id));
    let reads =
        unlisted.map(|id| async move { Some((*id, missing(connectors, *id, limit).await?)) });
    let missing = stream::iter(reads).buffer_unordered(CONCURRENCY);
    missing.filter_map(std::future::ready).collect().await
}

/// The ids of all connectors, as far as they can be read.
async fn listed(connectors: &Connectors) -> HashSet<ConnectorId> {
    let mut items = connectors.list().items();
    let mut listed = HashSet::new();
    while let Ok(Some(connector)) = items.try_next().await {
        listed.insert(connector.id);
    }
    listed
}

#[cfg(test)]
mod tests;
