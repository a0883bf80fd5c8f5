//! One read of a poll: from the target to its result.

use bird_connectors_api::types::ConnectorId;
use tokio::time::Instant;

use super::machine::{ReadResult, ReadTarget};
use super::response_check::{check_channel, check_connector};
use super::rules::ReadTime;
use super::source::Source;

/// Makes one read. Its time is counted from `start`, the beginning of the wait.
pub(crate) async fn read(
    source: &impl Source,
    connector: ConnectorId,
    target: ReadTarget,
    start: Instant,
) -> (ReadResult, ReadTime) {
    let sent = start.elapsed();
    let result = match target {
        ReadTarget::Connector => {
            let read = source.connector(connector).await;
            let read = read.and_then(|read| check_connector(connector, read));
            ReadResult::Connector(read.map(Box::new))
        }
        ReadTarget::Readiness => ReadResult::Readiness(source.readiness(connector).await),
        ReadTarget::Channel(id) => {
            let read = source.channel(id).await;
            ReadResult::Channel(read.and_then(|read| check_channel(connector, id, read)))
        }
        ReadTarget::List(lookup) => ReadResult::List(source.find_channel(connector, lookup).await),
    };
    let received = start.elapsed();
    (result, ReadTime { sent, received })
}
