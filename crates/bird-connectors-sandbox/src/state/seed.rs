//! Connectors that exist from the start, or that a test adds without a request.

use serde_json::json;
use uuid::Uuid;

use crate::scenario::script::Script;
use crate::state::State;
use crate::state::connector::{Connector, NewConnector, Template};
use crate::state::entry::Item;

impl State {
    /// Adds installed SMS connectors to a workspace and returns their ids.
    pub(crate) fn add_installed_connectors(&mut self, workspace: Uuid, count: usize) -> Vec<Uuid> {
        let owner = self
            .keys
            .first()
            .map_or_else(String::new, |key| key.secret().to_owned());
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
