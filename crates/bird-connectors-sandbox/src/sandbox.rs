//! The running sandbox: what a test reads from it, and what it changes while it runs.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::behavior::Behavior;
use crate::builder::SandboxBuilder;
use crate::dispatch::Shared;
#[cfg(doc)]
use crate::fault::Fault;
use crate::number::Number;
use crate::operation::Operation;
use crate::record::{ChannelEvent, RecordedRequest, SentMessage};
use crate::reply::Response;
use crate::routes::seed;
use crate::rule::Rule;
use crate::script::{Script, Step};
use crate::server::Door;
use crate::state::{Entry, Item, State, Workspace};
use crate::webhooks::{DeliveryAttempt, WebhookSettings};

/// A running sandbox. It stops when it is dropped: no new connection is taken, requests in flight get a second to finish.
/// [`Sandbox::shutdown`] also waits for that.
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    access_key: String,
    workspace_id: Uuid,
    organization_id: Uuid,
    /// Dropping it stops the server.
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// A builder.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    /// Starts a sandbox as it is without further settings.
    ///
    /// # Errors
    ///
    /// See [`SandboxBuilder::start`].
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    pub(crate) const fn new(
        shared: Arc<Shared>,
        address: SocketAddr,
        access_key: String,
        workspace_id: Uuid,
        organization_id: Uuid,
        stop: watch::Sender<()>,
        server: JoinHandle<()>,
    ) -> Self {
        Self {
            shared,
            address,
            access_key,
            workspace_id,
            organization_id,
            stop,
            server,
        }
    }

    /// Where it listens, for instance `http://127.0.0.1:41234`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its socket address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The workspace.
    #[must_use]
    pub const fn workspace_id(&self) -> Uuid {
        self.workspace_id
    }

    /// The organization the workspace belongs to.
    #[must_use]
    pub const fn organization_id(&self) -> Uuid {
        self.organization_id
    }

    /// Stops it and waits until its last task has ended, which takes a second at most.
    pub async fn shutdown(self) {
        let Self { stop, server, .. } = self;
        drop(stop);
        // It can only fail by having been aborted with its runtime: then it has ended as well.
        let _ = server.await;
    }

    /// Time since it started, on tokio's clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().clock.elapsed()
    }

    // What it has seen and what it holds.

    /// The requests that came in, in order: the last 10 000, unless the builder said otherwise.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.lock().log.requests().cloned().collect()
    }

    /// The requests of one operation among them.
    #[must_use]
    pub fn requests_to(&self, operation: Operation) -> Vec<RecordedRequest> {
        self.shared
            .lock()
            .log
            .requests()
            .filter(|request| request.operation == Some(operation))
            .cloned()
            .collect()
    }

    /// How often an operation was called, whatever the answer.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        self.shared.lock().log.count(operation)
    }

    /// Forgets the requests and counts so far.
    pub fn clear_requests(&self) {
        self.shared.lock().log.clear();
    }

    /// The connectors of all workspaces as a GET would show them now, in the order of their creation within a workspace. Raw
    /// JSON that a test has inserted is not among them.
    #[must_use]
    pub fn connectors(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            let connectors = workspace.made_connectors(now);
            connectors
                .map(|(_, connector)| {
                    connector.to_json(workspace, now, &state.behavior, &state.clock)
                })
                .collect()
        })
    }

    /// The channels of those connectors as a GET would show them now.
    #[must_use]
    pub fn channels(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            workspace
                .made_channels(now)
                .map(|(_, channel)| channel.to_json(workspace, &state.behavior, &state.clock))
                .collect()
        })
    }

    /// The webhook subscriptions of all workspaces, with their signing keys.
    #[must_use]
    pub fn webhook_subscriptions(&self) -> Vec<Value> {
        self.collect(|state, workspace, now| {
            let behavior = Behavior {
                signing_key: crate::behavior::SigningKey::Always,
                ..state.behavior
            };
            let made = workspace.subscriptions.iter().filter_map(Entry::made);
            let visible = made.filter(|subscription| subscription.visible <= now);
            visible
                .map(|subscription| subscription.to_json(workspace, true, &behavior, &state.clock))
                .collect()
        })
    }

    /// The phone numbers of the workspace.
    #[must_use]
    pub fn numbers(&self) -> Vec<Number> {
        let state = self.shared.lock();
        let workspace = state.workspaces.get(&self.workspace_id);
        workspace
            .into_iter()
            .flat_map(|workspace| workspace.numbers.iter().filter_map(Entry::made))
            .cloned()
            .collect()
    }

    /// The messages that were accepted, in order within a workspace: the last 10 000, unless the builder said otherwise.
    #[must_use]
    pub fn messages(&self) -> Vec<SentMessage> {
        self.collect(|_, workspace, _| workspace.messages.iter().cloned().collect())
    }

    /// What happened to channels until now, in order of time. Connectors that were deleted long ago are forgotten with theirs: see
    /// [`SandboxBuilder::record_limit`].
    #[must_use]
    pub fn events(&self) -> Vec<ChannelEvent> {
        self.shared.lock().events()
    }

    /// The attempts to deliver webhooks, forged ones included, in the order in which they ended: the last 20 000, unless
    /// the builder said otherwise.
    #[must_use]
    pub fn delivery_attempts(&self) -> Vec<DeliveryAttempt> {
        self.shared.lock().outbox.attempts().cloned().collect()
    }

    fn collect<T>(&self, of: impl Fn(&State, &Workspace, Duration) -> Vec<T>) -> Vec<T> {
        let state = self.shared.lock();
        let now = state.clock.elapsed();
        state
            .workspaces
            .values()
            .flat_map(|workspace| of(&state, workspace, now))
            .collect()
    }

    // What it shall do.

    /// Queues the script of the next install; several calls queue several.
    pub fn next_install(&self, script: Script) {
        self.shared.lock().scripts.queue.push_back(script);
    }

    /// Sets the script of installs for which nothing else is said.
    pub fn default_script(&self, script: Script) {
        self.shared.lock().scripts.fallback = script;
    }

    /// Sets the script of installs of connectors with this name.
    pub fn script_for_name(&self, name: impl Into<String>, script: Script) {
        self.shared
            .lock()
            .scripts
            .by_name
            .insert(name.into(), script);
    }

    /// Lets something happen to a connector now. Says whether there is such a connector.
    pub fn apply_step(&self, connector: Uuid, step: Step) -> bool {
        let mut state = self.shared.lock();
        let now = state.clock.elapsed();
        let mut made = state
            .workspaces
            .values_mut()
            .flat_map(|workspace| workspace.connectors.iter_mut().filter_map(Entry::made_mut));
        let found = made.find(|known| known.id == connector && known.deleted.is_none());
        let found = found
            .map(|connector| connector.apply_step(now, step))
            .is_some();
        drop(state);
        self.shared.notify();
        found
    }

    /// Adds a rule: a scripted reply, a fault or latency for chosen calls.
    pub fn rule(&self, rule: Rule) {
        self.shared.lock().rules.push(rule);
    }

    /// Answers the next calls of an operation with this status, `times` times, without processing them.
    pub fn fail_next(&self, operation: Operation, status: u16, times: u64) {
        self.rule(
            Rule::on(operation)
                .times(times)
                .respond_with(Response::status(status)),
        );
    }

    /// Goes away: closes all connections and refuses new ones until [`Sandbox::come_up`]. It is away once this returns. See also
    /// [`Fault::Down`].
    pub async fn go_offline(&self) {
        let (done, heard) = oneshot::channel();
        self.shared.door(Door::Shut(None, Some(done)));
        // An error means that the server is gone for good.
        let _ = heard.await;
    }

    /// Takes connections again. It does once this returns.
    pub async fn go_online(&self) {
        let (done, heard) = oneshot::channel();
        self.shared.door(Door::Open(done));
        let _ = heard.await;
    }

    /// Makes every call of an operation take this much longer.
    pub fn delay(&self, operation: Operation, delay: Duration) {
        self.rule(Rule::on(operation).always().delay(delay));
    }

    /// Takes all rules away.
    pub fn clear_rules(&self) {
        self.shared.lock().rules.clear();
    }

    /// Refuses an operation to the access key from now on, with 403.
    pub fn deny(&self, operation: Operation) {
        self.set_denied(operation, true);
    }

    /// Allows an operation to the access key again.
    pub fn allow(&self, operation: Operation) {
        self.set_denied(operation, false);
    }

    fn set_denied(&self, operation: Operation, refused: bool) {
        if let Some(key) = self
            .shared
            .lock()
            .keys
            .iter_mut()
            .find(|key| key.secret() == self.access_key)
        {
            key.set_denied(operation, refused);
        }
    }

    /// Changes the behavior of uncertain facts.
    pub fn behavior(&self, choose: impl FnOnce(&mut Behavior)) {
        choose(&mut self.shared.lock().behavior);
    }

    /// Changes how webhooks are delivered from now on. Deliveries under way keep their signature.
    pub fn webhooks(&self, choose: impl FnOnce(&mut WebhookSettings)) {
        choose(&mut self.shared.lock().webhooks);
    }

    // What a test puts into it.

    /// Puts finished SMS connectors into the workspace, as if they had been installed long ago. Gives their ids.
    pub fn add_connectors(&self, count: usize) -> Vec<Uuid> {
        let ids = seed(&mut self.shared.lock(), self.workspace_id, count);
        self.shared.notify();
        ids
    }

    /// Adds a phone number to the workspace.
    pub fn add_number(&self, number: Number) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Made(number));
            workspace.numbers.push(entry);
        });
    }

    /// Puts JSON at the end of the workspace's list of connectors, just as it is. If its `id` is a UUID, GET and DELETE find it.
    pub fn insert_connector(&self, json: Value) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Raw(json));
            workspace.connectors.push(entry);
        });
    }

    /// Puts JSON at the end of the workspace's list of channels, just as it is. If its `id` is a UUID, GET finds it.
    pub fn insert_channel(&self, json: Value) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Raw(json));
            workspace.raw_channels.push(entry);
        });
    }

    /// Puts JSON at the end of the workspace's list of numbers, just as it is.
    pub fn insert_number(&self, json: Value) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Raw(json));
            workspace.numbers.push(entry);
        });
    }

    /// Puts JSON at the end of the workspace's list of webhook subscriptions, just as it is. If its `id` is a UUID, GET and
    /// DELETE find it.
    pub fn insert_webhook_subscription(&self, json: Value) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Raw(json));
            workspace.subscriptions.push(entry);
        });
    }

    /// Puts JSON at the end of a webhook subscription's delivery log, just as it is. Its `requestId` finds its details.
    pub fn insert_delivery(&self, subscription: Uuid, json: Value) {
        self.insert(|workspace| {
            let entry = workspace.entry(Item::Raw(json));
            workspace
                .deliveries
                .entry(subscription)
                .or_default()
                .push(entry);
        });
    }

    fn insert(&self, insert: impl FnOnce(&mut Workspace)) {
        if let Some(workspace) = self.shared.lock().workspaces.get_mut(&self.workspace_id) {
            insert(workspace);
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .field("workspace_id", &self.workspace_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}
