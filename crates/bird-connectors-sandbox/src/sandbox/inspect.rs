//! What a test can inspect: requests, resources, messages, events and webhook deliveries.

use std::time::Duration;

use serde_json::Value;

use crate::api::operation::Operation;
use crate::record::{ChannelEvent, DeliveryAttempt, RecordedRequest, SentMessage};
use crate::sandbox::Sandbox;
use crate::scenario::behavior::{Behavior, SigningKey};
use crate::scene::data::Scene;
use crate::state::State;
use crate::state::entry::Entry;
use crate::state::number::Number;
use crate::state::use_case::UseCase;
use crate::state::workspace::Workspace;

impl Sandbox {
    /// The last requests, in the order of arrival. [`SandboxBuilder::record_limit`](crate::SandboxBuilder::record_limit) sets
    /// how many are kept; the default is 10 000.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.lock().requests.requests().cloned().collect()
    }

    /// The requests of one operation among [`Sandbox::requests`].
    #[must_use]
    pub fn requests_to(&self, operation: Operation) -> Vec<RecordedRequest> {
        self.shared
            .lock()
            .requests
            .requests()
            .filter(|request| request.operation == Some(operation))
            .cloned()
            .collect()
    }

    /// How many requests of an operation have arrived, whatever the response was.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        self.shared.lock().requests.count(operation)
    }

    /// Clears the recorded requests and the counts.
    pub fn clear_requests(&self) {
        self.shared.lock().requests.clear();
    }

    /// The connectors of all workspaces, as a GET would return them now. Within a workspace they are in the order of creation.
    /// Raw JSON that a test inserted is not included.
    #[must_use]
    pub fn connectors(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            let context = workspace.render_context(&state.behavior, &state.clock);
            workspace
                .visible_connectors(now)
                .map(|(_, connector)| connector.to_json(&context, now))
                .collect()
        })
    }

    /// The channels of [`Sandbox::connectors`], as a GET would return them now.
    #[must_use]
    pub fn channels(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            let context = workspace.render_context(&state.behavior, &state.clock);
            workspace
                .visible_channels(now)
                .map(|(_, channel)| channel.to_json(&context))
                .collect()
        })
    }

    /// The webhook subscriptions of all workspaces, with their signing keys.
    #[must_use]
    pub fn webhook_subscriptions(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            let behavior = Behavior {
                signing_key: SigningKey::Always,
                ..state.behavior
            };
            let context = workspace.render_context(&behavior, &state.clock);
            workspace
                .subscriptions
                .iter()
                .filter_map(Entry::resource)
                .filter(|subscription| subscription.visible <= now)
                .map(|subscription| subscription.to_json(&context, true))
                .collect()
        })
    }

    /// The data, scripts, rules and behavior of the sandbox at this moment, with which another sandbox can be started. What has
    /// happened to an install by now happens at once in the copy.
    #[must_use]
    pub fn scene(&self) -> Scene {
        let state = self.shared.lock();
        let workspace = state.workspaces.get(&self.workspace_id);
        workspace.map_or_else(Scene::default, |workspace| {
            Scene::capture(&state, workspace)
        })
    }

    /// The phone numbers of the workspace.
    #[must_use]
    pub fn numbers(&self) -> Vec<Number> {
        let state = self.shared.lock();
        let workspace = state.workspaces.get(&self.workspace_id);
        workspace
            .into_iter()
            .flat_map(|workspace| workspace.numbers.iter().filter_map(Entry::resource))
            .cloned()
            .collect()
    }

    /// The use cases of the workspace.
    #[must_use]
    pub fn use_cases(&self) -> Vec<UseCase> {
        let state = self.shared.lock();
        let workspace = state.workspaces.get(&self.workspace_id);
        workspace
            .into_iter()
            .flat_map(|workspace| workspace.use_cases.iter().filter_map(Entry::resource))
            .cloned()
            .collect()
    }

    /// The last messages that were accepted, in order within a workspace.
    /// [`SandboxBuilder::record_limit`](crate::SandboxBuilder::record_limit) sets how many are kept; the default is 10 000.
    #[must_use]
    pub fn messages(&self) -> Vec<SentMessage> {
        self.collect(|_, workspace, _| workspace.messages.iter().cloned().collect())
    }

    /// The channel events until now, in order of time. The events of connectors that were deleted long ago are dropped: see
    /// [`SandboxBuilder::record_limit`](crate::SandboxBuilder::record_limit).
    #[must_use]
    pub fn events(&self) -> Vec<ChannelEvent> {
        self.shared.lock().events()
    }

    /// The last attempts to deliver webhooks, including forged ones, in the order in which they ended.
    /// [`SandboxBuilder::record_limit`](crate::SandboxBuilder::record_limit) sets how many are kept; the default is 20 000.
    #[must_use]
    pub fn delivery_attempts(&self) -> Vec<DeliveryAttempt> {
        self.shared.lock().outbox.attempts.iter().cloned().collect()
    }

    /// Collects items from all workspaces.
    fn collect<T>(&self, items: impl Fn(&State, &Workspace, Duration) -> Vec<T>) -> Vec<T> {
        let state = self.shared.lock();
        let now = state.clock.elapsed();
        state
            .workspaces
            .values()
            .flat_map(|workspace| items(&state, workspace, now))
            .collect()
    }
}
