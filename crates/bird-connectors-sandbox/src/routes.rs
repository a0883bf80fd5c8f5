//! The handlers of the operations, one file per resource. A handler validates its call and answers from the current state.

mod available_webhooks;
pub(crate) mod call;
mod channels;
mod connectors;
mod conversational;
mod create_connector;
mod delivery_logs;
mod lookup;
mod messages;
mod numbers;
mod paging;
mod responses;
mod subscription_input;
mod subscriptions;
mod use_cases;

use crate::api::operation::Operation as Op;
use crate::routes::call::{Call, HandlerResult};
use crate::state::State;

/// Handles a call.
pub(crate) fn handle(state: &mut State, call: Call) -> HandlerResult {
    match call.operation {
        Op::CreateConnector => create_connector::create(state, call),
        Op::ListConnectors => connectors::list(state, call),
        Op::GetConnector => connectors::get(state, call),
        Op::GetConnectorStatus => connectors::status(state, call),
        Op::DeleteConnector => connectors::delete(state, call),
        Op::ListChannels => channels::list(state, call),
        Op::GetChannel => channels::get(state, call),
        Op::GetChannelConversational => conversational::get(state, call),
        Op::UpdateChannelConversational => conversational::update(state, call),
        Op::SendChannelMessage => messages::send(state, call),
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
            delivery_logs::list(state, call)
        }
        Op::GetWebhookSubscriptionLogDetails | Op::GetOrganizationWebhookSubscriptionLogDetails => {
            delivery_logs::get(state, call)
        }
        Op::ListAvailableWebhooks => available_webhooks::list(state, call),
        Op::ListNumbers | Op::ListLongCodeNumbers => numbers::list(state, call),
        Op::ListUseCases => use_cases::list(state, call),
        Op::GetUseCase => use_cases::get(state, call),
    }
}
