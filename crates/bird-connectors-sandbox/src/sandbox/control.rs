//! How a test controls a running sandbox: scripts, rules, permissions, behavior and availability.

use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::api::operation::Operation;
use crate::api::response::Response;
use crate::sandbox::Sandbox;
use crate::scenario::behavior::Behavior;
use crate::scenario::rule::Rule;
use crate::scenario::script::{Script, Step};
use crate::scenario::webhook_settings::WebhookSettings;
use crate::shared::PortCommand;
use crate::state::entry::Entry;

impl Sandbox {
    /// Queues the script of the next install. Several calls queue several scripts.
    pub fn next_install(&self, script: Script) {
        self.shared.lock().scripts.queue.push_back(script);
    }

    /// Sets the script of installs that no other setting matches.
    pub fn default_script(&self, script: Script) {
        self.shared.lock().scripts.default = script;
    }

    /// Sets the script of installs of connectors with this name.
    pub fn script_for_name(&self, name: impl Into<String>, script: Script) {
        self.shared
            .lock()
            .scripts
            .by_name
            .insert(name.into(), script);
    }

    /// Applies a step to a connector now. Returns whether the connector exists.
    pub fn apply_step(&self, connector: Uuid, step: Step) -> bool {
        let mut state = self.shared.lock();
        let now = state.clock.elapsed();
        let mut connectors = state
            .workspaces
            .values_mut()
            .flat_map(|workspace| workspace.connectors.iter_mut())
            .filter_map(Entry::resource_mut);
        let found = connectors.find(|known| known.id == connector && known.deleted.is_none());
        let found = found
            .map(|connector| connector.apply_step(now, step))
            .is_some();
        drop(state);
        self.shared.notify_changed();
        found
    }

    /// Adds a rule: a response, a fault or latency for selected calls.
    pub fn rule(&self, rule: Rule) {
        self.shared.lock().add_rule(rule);
    }

    /// Answers the next `times` calls of an operation with this status, without processing them.
    pub fn fail_next(&self, operation: Operation, status: u16, times: u64) {
        self.rule(
            Rule::on(operation)
                .times(times)
                .respond_with(Response::status(status)),
        );
    }

    /// Delays every call of an operation by this much.
    pub fn delay(&self, operation: Operation, delay: Duration) {
        self.rule(Rule::on(operation).always().delay(delay));
    }

    /// Removes all rules.
    pub fn clear_rules(&self) {
        self.shared.lock().rules.clear();
    }

    /// Closes all connections and refuses new ones until [`Sandbox::go_online`]. The sandbox is offline when this returns. See
    /// also [`Fault::Down`](crate::Fault::Down).
    pub async fn go_offline(&self) {
        let (done, closed) = oneshot::channel();
        self.shared.send_to_port(PortCommand::Close {
            duration: None,
            done: Some(done),
        });
        // An error means that the server has stopped.
        let _ = closed.await;
    }

    /// Accepts connections again. The sandbox is online when this returns.
    pub async fn go_online(&self) {
        let (done, opened) = oneshot::channel();
        self.shared.send_to_port(PortCommand::Open { done });
        // An error means that the server has stopped.
        let _ = opened.await;
    }

    /// Denies an operation to the access key: it answers 403 from now on.
    pub fn deny(&self, operation: Operation) {
        self.set_denied(operation, true);
    }

    /// Allows an operation to the access key again.
    pub fn allow(&self, operation: Operation) {
        self.set_denied(operation, false);
    }

    fn set_denied(&self, operation: Operation, denied: bool) {
        if let Some(key) = self
            .shared
            .lock()
            .keys
            .iter_mut()
            .find(|key| key.secret() == self.access_key)
        {
            key.set_denied(operation, denied);
        }
    }

    /// Changes the behavior where the documentation leaves it open.
    pub fn behavior(&self, change: impl FnOnce(&mut Behavior)) {
        change(&mut self.shared.lock().behavior);
    }

    /// Changes how webhooks are delivered from now on. Deliveries in flight keep their signature.
    pub fn webhooks(&self, change: impl FnOnce(&mut WebhookSettings)) {
        change(&mut self.shared.lock().webhooks);
    }
}
