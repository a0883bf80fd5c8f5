//! The ids that the calls of the catalogue use.

use bird_connectors::models::{
    ChannelId, ConnectorId, NumberId, OrganizationId, SubscriptionId, UseCaseId, WorkspaceId,
};
use bird_connectors::{Client, Workspace};
use serde::{Deserialize, Serialize};

/// The organization of the tests without a sandbox.
pub const ORGANIZATION: OrganizationId =
    OrganizationId::from_u128(0x0a000000_0000_4000_8000_00000000000a);
/// The workspace of the tests without a sandbox.
pub const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(0x0b000000_0000_4000_8000_00000000000b);
/// The connector of the tests without a sandbox.
pub const CONNECTOR: ConnectorId = ConnectorId::from_u128(0x0c000000_0000_4000_8000_00000000000c);
/// The channel of the tests without a sandbox. Its id is a version 5 UUID, as those of real channels often are.
pub const CHANNEL: ChannelId = ChannelId::from_u128(0x0d000000_0000_5000_8000_00000000000d);
/// The webhook subscription of the tests without a sandbox.
pub const SUBSCRIPTION: SubscriptionId =
    SubscriptionId::from_u128(0x0e000000_0000_4000_8000_00000000000e);
/// The number of the tests without a sandbox.
pub const NUMBER: NumberId = NumberId::from_u128(0x0f000000_0000_4000_8000_00000000000f);
/// The use case of the tests without a sandbox.
pub const USE_CASE: UseCaseId = UseCaseId::from_u128(0x10000000_0000_4000_8000_000000000010);

/// The ids that the calls use. The default is the constants of this crate. A test with a sandbox sets the ids of the
/// sandbox's resources instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ids {
    pub organization: OrganizationId,
    pub workspace: WorkspaceId,
    pub connector: ConnectorId,
    pub channel: ChannelId,
    pub subscription: SubscriptionId,
    pub number: NumberId,
    pub use_case: UseCaseId,
    /// The request id of a delivery in the subscription's log.
    pub delivery: String,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            organization: ORGANIZATION,
            workspace: WORKSPACE,
            connector: CONNECTOR,
            channel: CHANNEL,
            subscription: SUBSCRIPTION,
            number: NUMBER,
            use_case: USE_CASE,
            delivery: "request/1 & 2".to_owned(),
        }
    }
}

impl Ids {
    /// The workspace on the newer path.
    pub(crate) fn workspace(&self, client: &Client) -> Workspace {
        client.workspace(self.workspace)
    }

    /// The workspace on the organization path.
    pub(crate) fn organization_workspace(&self, client: &Client) -> Workspace {
        client
            .organization(self.organization)
            .workspace(self.workspace)
    }
}
