//! Setting up a sandbox before it starts.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::behavior::Behavior;
use crate::clock::Clock;
use crate::delivery::deliver;
use crate::dispatch::{Shared, router};
use crate::key::AccessKey;
use crate::limits::{Limiter, RateLimits};
use crate::number::Number;
use crate::operation::Operation;
use crate::outbox::Outbox;
use crate::record::RequestLog;
use crate::routes::seed;
use crate::rule::Rule;
use crate::sandbox::Sandbox;
use crate::script::Script;
use crate::server::serve;
use crate::state::{Item, Scripts, State, Workspace};
use crate::webhooks::WebhookSettings;

/// Sets up a sandbox. Nothing has to be set; [`SandboxBuilder::start`] starts it.
#[must_use = "a builder does nothing until it is started"]
pub struct SandboxBuilder {
    port: u16,
    access_key: Option<String>,
    refused: Vec<Operation>,
    keys: Vec<AccessKey>,
    workspace_id: Uuid,
    organization_id: Uuid,
    more_workspaces: Vec<(Uuid, Uuid)>,
    behavior: Behavior,
    scripts: Scripts,
    numbers: Option<Vec<Number>>,
    connectors: usize,
    rules: Vec<Rule>,
    limits: RateLimits,
    record_limit: usize,
    webhooks: WebhookSettings,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        Self {
            port: 0,
            access_key: None,
            refused: Vec::new(),
            keys: Vec::new(),
            workspace_id: Uuid::new_v4(),
            organization_id: Uuid::new_v4(),
            more_workspaces: Vec::new(),
            behavior: Behavior::default(),
            scripts: Scripts::default(),
            numbers: None,
            connectors: 0,
            rules: Vec::new(),
            limits: RateLimits::default(),
            record_limit: 10_000,
            webhooks: WebhookSettings::default(),
        }
    }

    /// Listens on this port of 127.0.0.1; 0, the default, takes any free one.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the access key, which is random otherwise.
    pub fn access_key(mut self, key: impl Into<String>) -> Self {
        self.access_key = Some(key.into());
        self
    }

    /// Refuses an operation to the access key, with 403. See also [`Sandbox::refuse`].
    pub fn deny(mut self, operation: Operation) -> Self {
        self.refused.push(operation);
        self
    }

    /// Adds another access key.
    pub fn add_access_key(mut self, key: AccessKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Sets the workspace's id, which is random otherwise.
    pub const fn workspace_id(mut self, id: Uuid) -> Self {
        self.workspace_id = id;
        self
    }

    /// Sets the organization's id, which is random otherwise.
    pub const fn organization_id(mut self, id: Uuid) -> Self {
        self.organization_id = id;
        self
    }

    /// Adds another workspace, which belongs to this organization.
    pub fn add_workspace(mut self, id: Uuid, organization: Uuid) -> Self {
        self.more_workspaces.push((id, organization));
        self
    }

    /// Chooses the behavior of uncertain facts.
    ///
    /// ```
    /// use bird_connectors_sandbox::{Sandbox, behavior::{DeleteResponse, PageTokens}};
    ///
    /// let builder = Sandbox::builder().behavior(|behavior| {
    ///     behavior.page_tokens = PageTokens::Offset;
    ///     behavior.delete_response = DeleteResponse::Empty200;
    /// });
    /// # let _ = builder;
    /// ```
    pub fn behavior(mut self, choose: impl FnOnce(&mut Behavior)) -> Self {
        choose(&mut self.behavior);
        self
    }

    /// Sets the script that installs follow where nothing else is said; [`Script::standard`] otherwise.
    pub fn default_script(mut self, script: Script) -> Self {
        self.scripts.fallback = script;
        self
    }

    /// Sets the script of installs of a template, named by its slug, for instance `whatsapp`.
    pub fn script_for_template(mut self, slug: impl Into<String>, script: Script) -> Self {
        self.scripts.by_template.insert(slug.into(), script);
        self
    }

    /// Sets the script of installs of connectors with this name.
    pub fn script_for_name(mut self, name: impl Into<String>, script: Script) -> Self {
        self.scripts.by_name.insert(name.into(), script);
        self
    }

    /// Queues the script of the next install; several calls queue several. See also [`Sandbox::next_install`].
    pub fn next_install(mut self, script: Script) -> Self {
        self.scripts.queue.push_back(script);
        self
    }

    /// Adds a number to the workspace, in place of the three it has otherwise.
    pub fn number(mut self, number: Number) -> Self {
        self.numbers.get_or_insert_default().push(number);
        self
    }

    /// Takes all numbers away.
    pub fn no_numbers(mut self) -> Self {
        self.numbers = Some(Vec::new());
        self
    }

    /// Starts with this many finished SMS connectors in the workspace.
    pub const fn connectors(mut self, count: usize) -> Self {
        self.connectors = count;
        self
    }

    /// Adds a rule. See also [`Sandbox::rule`].
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Sets rate limits; there are none otherwise. See [`RateLimits::documented`].
    pub const fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Remembers the last `count` requests, messages, events that a request caused and deleted connectors, and twice as many
    /// attempts to deliver webhooks; 10 000 otherwise. With 0, only counts are kept: for long runs.
    pub const fn record_limit(mut self, count: usize) -> Self {
        self.record_limit = count;
        self
    }

    /// Sets how webhooks are delivered, where to, and what goes wrong on the way. See also [`Sandbox::webhooks`].
    pub fn webhooks(mut self, choose: impl FnOnce(&mut WebhookSettings)) -> Self {
        choose(&mut self.webhooks);
        self
    }

    /// Starts the sandbox in the current tokio runtime, whose time and I/O must be on.
    ///
    /// # Errors
    ///
    /// When the port is taken, or an access key is empty, holds spaces or characters outside ASCII, or is given twice.
    pub async fn start(self) -> io::Result<Sandbox> {
        let access_key = self
            .access_key
            .unwrap_or_else(|| format!("sandbox-{}", Uuid::new_v4().simple()));
        let mut keys = vec![AccessKey::new(access_key.clone()).deny(self.refused)];
        for key in self.keys {
            if keys.iter().any(|known| known.secret() == key.secret()) {
                return Err(invalid(
                    "two access keys are the same; each must be different",
                ));
            }
            keys.push(key);
        }
        if !keys.iter().all(AccessKey::is_sendable) {
            return Err(invalid(
                "an access key is empty, or holds spaces or characters outside ASCII; no header can carry it",
            ));
        }

        let listener =
            TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await?;
        let address = listener.local_addr()?;
        let mut workspaces = BTreeMap::new();
        for (id, organization) in self
            .more_workspaces
            .into_iter()
            .chain([(self.workspace_id, self.organization_id)])
        {
            workspaces.insert(id, Workspace::new(id, organization, self.record_limit));
        }
        if let Some(workspace) = workspaces.get_mut(&self.workspace_id) {
            for number in self.numbers.unwrap_or_else(default_numbers) {
                let entry = workspace.entry(Item::Made(number));
                workspace.numbers.push(entry);
            }
        }
        let mut state = State {
            clock: Clock::start(),
            behavior: self.behavior,
            keys,
            workspaces,
            scripts: self.scripts,
            limiter: Limiter::new(self.limits),
            rules: self.rules,
            log: RequestLog::new(self.record_limit),
            webhooks: self.webhooks,
            outbox: Outbox::new(self.record_limit),
        };
        seed(&mut state, self.workspace_id, self.connectors);

        let (door, commands) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(state, door));
        let (stop, stopped) = watch::channel(());
        let (server, delivery) = (
            serve(
                listener,
                address,
                router(&shared),
                commands,
                stopped.clone(),
            ),
            deliver(Arc::clone(&shared), stopped),
        );
        let server = tokio::spawn(async {
            tokio::join!(server, delivery);
        });
        Ok(Sandbox::new(
            shared,
            address,
            access_key,
            self.workspace_id,
            self.organization_id,
            stop,
            server,
        ))
    }
}

/// Numbers that nobody has: a Dutch one of the documents' samples, and one each from the ranges kept for fiction in the
/// United Kingdom and the United States.
fn default_numbers() -> Vec<Number> {
    vec![
        Number::new("+31612345678"),
        Number::new("+447700900123").country("GB").mms(),
        Number::new("+12025550123")
            .country("US")
            .number_type("local")
            .ten_dlc(),
    ]
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("port", &self.port)
            .field("workspace_id", &self.workspace_id)
            .field("organization_id", &self.organization_id)
            .field("behavior", &self.behavior)
            .field("rules", &self.rules)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
