//! The data that a test adds to a running sandbox.

use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::Sandbox;
use crate::state::entry::Item;
use crate::state::number::Number;
use crate::state::use_case::UseCase;
use crate::state::workspace::Workspace;

impl Sandbox {
    /// Adds installed SMS connectors to the workspace and returns their ids.
    pub fn add_connectors(&self, count: usize) -> Vec<Uuid> {
        let ids = self
            .shared
            .lock()
            .add_installed_connectors(self.workspace_id, count);
        self.shared.notify_changed();
        ids
    }

    /// Adds a phone number to the workspace.
    pub fn add_number(&self, number: Number) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Resource(number));
            workspace.numbers.push(entry);
        });
    }

    /// Adds a use case to the workspace.
    pub fn add_use_case(&self, use_case: UseCase) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Resource(use_case));
            workspace.use_cases.push(entry);
        });
    }

    /// Appends raw JSON to the workspace's list of connectors. If its `id` is a UUID, GET and DELETE find it.
    pub fn insert_connector(&self, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace.connectors.push(entry);
        });
    }

    /// Appends raw JSON to the workspace's list of channels. If its `id` is a UUID, GET finds it.
    pub fn insert_channel(&self, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace.raw_channels.push(entry);
        });
    }

    /// Appends raw JSON to the workspace's list of numbers.
    pub fn insert_number(&self, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace.numbers.push(entry);
        });
    }

    /// Appends raw JSON to the workspace's list of use cases. If its `id` is a UUID, GET finds it.
    pub fn insert_use_case(&self, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace.use_cases.push(entry);
        });
    }

    /// Appends raw JSON to the workspace's list of webhook subscriptions. If its `id` is a UUID, GET and DELETE find it.
    pub fn insert_webhook_subscription(&self, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace.subscriptions.push(entry);
        });
    }

    /// Appends raw JSON to the delivery log of a webhook subscription. Its details are found by its `requestId`.
    pub fn insert_delivery(&self, subscription: Uuid, json: Value) {
        self.change_workspace(|workspace| {
            let entry = workspace.new_entry(Item::Raw(json));
            workspace
                .delivery_logs
                .entry(subscription)
                .or_default()
                .push(entry);
        });
    }

    fn change_workspace(&self, change: impl FnOnce(&mut Workspace)) {
        if let Some(workspace) = self.shared.lock().workspaces.get_mut(&self.workspace_id) {
            change(workspace);
        }
    }
}
