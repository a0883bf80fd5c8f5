//! The handlers, one file per resource. Each reads its request strictly and answers from the state at that moment.

mod channels;
mod connectors;
mod install;
mod numbers;
mod subscriptions;

use serde_json::Value;
use uuid::Uuid;

use crate::behavior::{Behavior, CreateStatus, DeleteResponse};
use crate::dispatch::Call;
use crate::error::ApiError;
use crate::operation::Operation as Op;
use crate::reply::Response;
use crate::state::{State, Workspace};

pub(crate) use connectors::seed;

type Outcome = Result<Response, ApiError>;

pub(crate) fn handle(state: &mut State, call: Call) -> Outcome {
    match call.operation {
        Op::CreateConnector => install::create(state, call),
        Op::ListConnectors => connectors::list(state, call),
        Op::GetConnector => connectors::get(state, call),
        Op::GetConnectorStatus => connectors::status(state, call),
        Op::DeleteConnector => connectors::delete(state, call),
        Op::ListChannels => channels::list(state, call),
        Op::GetChannel => channels::get(state, call),
        Op::GetChannelConversational => channels::get_conversational(state, call),
        Op::UpdateChannelConversational => channels::update_conversational(state, call),
        Op::SendChannelMessage => channels::send_message(state, call),
        Op::CreateWebhookSubscription | Op::CreateOrganizationWebhookSubscription => {
            subscriptions::create(state, call)
        }
        Op::ListWebhookSubscriptions | Op::ListOrganizationWebhookSubscriptions => {
            subscriptions::list(state, call)
        }
        Op::GetWebhookSubscription | Op::GetOrganizationWebhookSubscription => {
            subscriptions::get(state, call)
        }
        Op::UpdateWebhookSubscription | Op::UpdateOrganizationWebhookSubscription => {
            subscriptions::update(state, call)
        }
        Op::DeleteWebhookSubscription | Op::DeleteOrganizationWebhookSubscription => {
            subscriptions::delete(state, call)
        }
        Op::ListWebhookSubscriptionLogs | Op::ListOrganizationWebhookSubscriptionLogs => {
            subscriptions::logs(state, call)
        }
        Op::GetWebhookSubscriptionLogDetails | Op::GetOrganizationWebhookSubscriptionLogDetails => {
            subscriptions::log_details(state, call)
        }
        Op::ListAvailableWebhooks => subscriptions::available(state, call),
        Op::ListNumbers | Op::ListLongCodeNumbers => numbers::list(state, call),
    }
}

fn workspace(state: &State, id: Uuid) -> Result<&Workspace, ApiError> {
    state
        .workspaces
        .get(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))
}

fn workspace_mut(state: &mut State, id: Uuid) -> Result<&mut Workspace, ApiError> {
    state
        .workspaces
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))
}

fn ok(body: Value) -> Response {
    Response::json(200, body)
}

fn created(behavior: &Behavior, body: Value) -> Response {
    let status = match behavior.create_status {
        CreateStatus::Created201 => 201,
        CreateStatus::Ok200 => 200,
    };
    Response::json(status, body)
}

fn deleted(behavior: &Behavior, body: Value) -> Response {
    match behavior.delete_response {
        DeleteResponse::NoContent204 => Response::empty(204),
        DeleteResponse::Empty200 => Response::empty(200),
        DeleteResponse::Body200 => Response::json(200, body),
        DeleteResponse::Accepted202 => Response::empty(202),
    }
}
