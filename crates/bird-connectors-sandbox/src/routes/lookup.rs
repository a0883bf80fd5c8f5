//! Looks up the workspace and the channel of a call.

use std::time::Duration;

use uuid::Uuid;

use crate::api::error::ApiError;
use crate::state::State;
use crate::state::channel::ChannelView;
use crate::state::workspace::Workspace;

pub(crate) fn workspace(state: &State, id: Uuid) -> Result<&Workspace, ApiError> {
    state
        .workspaces
        .get(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))
}

pub(crate) fn workspace_mut(state: &mut State, id: Uuid) -> Result<&mut Workspace, ApiError> {
    state
        .workspaces
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))
}

pub(crate) fn channel(
    workspace: &Workspace,
    id: Uuid,
    now: Duration,
) -> Result<ChannelView<'_>, ApiError> {
    workspace
        .channel(id, now)
        .ok_or_else(|| channel_not_found(id))
}

pub(crate) fn channel_not_found(id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("channel {id}"))
}
