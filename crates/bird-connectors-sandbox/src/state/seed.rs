//! Connectors that exist from the start, or that a test adds without a request.

use serde_json::json;
use uuid::Uuid;

use crate::scenario::script::Script;
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::state::State;
use crate::state::connector::{Connector, NewConnector, Template};
use crate::state::entry::Item;
use crate::state::subscription::{EventFilter, Subscription};

impl State {
    /// Adds a connector to a workspace. Returns whether its template reference is valid.
    pub(crate) fn seed_connector(&mut self, workspace: Uuid, seeded: SeededConnector) -> bool {
        let owner = self.owner();
        let created = self.clock.elapsed();
        let template = Template::parse(&seeded.template);
        let (Some(workspace), Some(template)) = (self.workspaces.get_mut(&workspace), template)
        else {
            return false;
        };
        let create = NewConnector {
            name: seeded.name,
            template: Some(template),
            arguments: seeded.arguments,
            conversational: false,
        };
        let mut connector = Connector::new(create, workspace.id, owner, seeded.script, created);
        if let Some(id) = seeded.id {
            connector = connector.with_id(id);
        }
        let entry = workspace.new_entry(Item::Resource(connector));
        workspace.connectors.push(entry);
        true
    }

    /// Adds a webhook subscription to a workspace.
    pub(crate) fn seed_subscription(&mut self, workspace: Uuid, seeded: SeededSubscription) {
        let created = self.clock.elapsed();
        let Some(workspace) = self.workspaces.get_mut(&workspace) else {
            return;
        };
        let filters = seeded.filters.into_iter();
        let filters: Vec<_> = filters
            .map(|(key, value)| EventFilter { key, value })
            .collect();
        let subscription = Subscription {
            id: seeded.id.unwrap_or_else(Uuid::new_v4),
            service: "channels".to_owned(),
            event: seeded.event,
            url: seeded.url,
            active: seeded.active,
            filters: Some(filters).filter(|filters| !filters.is_empty()),
            template: None,
            signing_key: seeded.signing_key,
            created,
            updated: created,
            visible: created,
        };
        let entry = workspace.new_entry(Item::Resource(subscription));
        workspace.subscriptions.push(entry);
    }

    /// The secret of the first access key, which owns what no request has created.
    fn owner(&self) -> String {
        let key = self.keys.first();
        key.map_or_else(String::new, |key| key.secret().to_owned())
    }

    /// Adds installed SMS connectors to a workspace and returns their ids.
    pub(crate) fn add_installed_connectors(&mut self, workspace: Uuid, count: usize) -> Vec<Uuid> {
        let owner = self.owner();
        let created = self.clock.elapsed();
        let Some(workspace) = self.workspaces.get_mut(&workspace) else {
            return Vec::new();
        };
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let arguments =
                json!({ "phoneNumberId": Uuid::new_v4(), "channelMessageType": "transactional" });
            let create = NewConnector {
                name: format!("Seeded {}", workspace.connectors.len() + 1),
                template: Template::parse("sms-messagebird:1"),
                arguments: arguments.as_object().cloned(),
                conversational: false,
            };
            let connector = Connector::new(
                create,
                workspace.id,
                owner.clone(),
                Script::instant(),
                created,
            );
            ids.push(connector.id);
            let entry = workspace.new_entry(Item::Resource(connector));
            workspace.connectors.push(entry);
        }
        ids
    }
}
