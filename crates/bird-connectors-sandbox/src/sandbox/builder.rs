//! Configures and starts a sandbox.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::api::operation::Operation;
use crate::control;
use crate::delivery::deliver;
use crate::sandbox::Sandbox;
use crate::scenario::access_key::AccessKey;
use crate::scenario::behavior::Behavior;
use crate::scenario::rate_limits::RateLimits;
use crate::scenario::rule::Rule;
use crate::scenario::script::Script;
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::scenario::webhook_settings::WebhookSettings;
use crate::scene::data::Scene;
use crate::server::dispatch::router;
use crate::server::serve;
use crate::shared::Shared;
use crate::state::State;
use crate::state::clock::Clock;
use crate::state::entry::Item;
use crate::state::number::Number;
#[cfg(feature = "ui")]
use crate::state::observations::Observations;
use crate::state::outbox::Outbox;
use crate::state::rate_limiter::RateLimiter;
use crate::state::request_log::RequestLog;
use crate::state::scripts::Scripts;
use crate::state::use_case::UseCase;
use crate::state::workspace::Workspace;
#[cfg(feature = "ui")]
use crate::ui::{self, page::Page};

/// Configures a sandbox. All settings are optional; [`SandboxBuilder::start`] starts it.
#[must_use = "a builder does nothing until it is started"]
pub struct SandboxBuilder {
    port: u16,
    access_key: Option<String>,
    denied: Vec<Operation>,
    additional_keys: Vec<AccessKey>,
    workspace_id: Uuid,
    organization_id: Uuid,
    /// Pairs of workspace and organization.
    additional_workspaces: Vec<(Uuid, Uuid)>,
    behavior: Behavior,
    scripts: Scripts,
    numbers: Option<Vec<Number>>,
    use_cases: Option<Vec<UseCase>>,
    connectors: usize,
    seeded_connectors: Vec<SeededConnector>,
    subscriptions: Vec<SeededSubscription>,
    rules: Vec<Rule>,
    rate_limits: RateLimits,
    record_limit: usize,
    webhooks: WebhookSettings,
    #[cfg(feature = "ui")]
    ui: bool,
    #[cfg(feature = "ui")]
    ui_port: Option<u16>,
    #[cfg(feature = "ui")]
    ui_command: Option<String>,
}

impl Sandbox {
    /// Returns a builder.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    /// Starts a sandbox with default settings.
    ///
    /// # Errors
    ///
    /// See [`SandboxBuilder::start`].
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }
}

impl SandboxBuilder {
    fn new() -> Self {
        Self {
            port: 0,
            access_key: None,
            denied: Vec::new(),
            additional_keys: Vec::new(),
            workspace_id: Uuid::new_v4(),
            organization_id: Uuid::new_v4(),
            additional_workspaces: Vec::new(),
            behavior: Behavior::default(),
            scripts: Scripts::default(),
            numbers: None,
            use_cases: None,
            connectors: 0,
            seeded_connectors: Vec::new(),
            subscriptions: Vec::new(),
            rules: Vec::new(),
            rate_limits: RateLimits::default(),
            record_limit: 10_000,
            webhooks: WebhookSettings::default(),
            #[cfg(feature = "ui")]
            ui: false,
            #[cfg(feature = "ui")]
            ui_port: None,
            #[cfg(feature = "ui")]
            ui_command: None,
        }
    }

    /// Sets the port on 127.0.0.1. The default is 0, which selects a free port.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the access key. The default is random.
    pub fn access_key(mut self, key: impl Into<String>) -> Self {
        self.access_key = Some(key.into());
        self
    }

    /// Denies an operation to the access key: it answers 403. See also [`Sandbox::deny`].
    pub fn deny(mut self, operation: Operation) -> Self {
        self.denied.push(operation);
        self
    }

    /// Adds another access key.
    pub fn add_access_key(mut self, key: AccessKey) -> Self {
        self.additional_keys.push(key);
        self
    }

    /// Sets the id of the workspace. The default is random.
    pub const fn workspace_id(mut self, id: Uuid) -> Self {
        self.workspace_id = id;
        self
    }

    /// Sets the id of the organization. The default is random.
    pub const fn organization_id(mut self, id: Uuid) -> Self {
        self.organization_id = id;
        self
    }

    /// Adds another workspace, which belongs to this organization.
    pub fn add_workspace(mut self, id: Uuid, organization: Uuid) -> Self {
        self.additional_workspaces.push((id, organization));
        self
    }

    /// Sets the behavior where the documentation leaves it open.
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
    pub fn behavior(mut self, change: impl FnOnce(&mut Behavior)) -> Self {
        change(&mut self.behavior);
        self
    }

    /// Sets the script of installs that no other setting matches. The default is [`Script::standard`].
    pub fn default_script(mut self, script: Script) -> Self {
        self.scripts.default = script;
        self
    }

    /// Sets the script of installs of a template, which is given by its slug, for example `whatsapp`.
    pub fn script_for_template(mut self, slug: impl Into<String>, script: Script) -> Self {
        self.scripts.by_template.insert(slug.into(), script);
        self
    }

    /// Sets the script of installs of connectors with this name.
    pub fn script_for_name(mut self, name: impl Into<String>, script: Script) -> Self {
        self.scripts.by_name.insert(name.into(), script);
        self
    }

    /// Queues the script of the next install. Several calls queue several scripts. See also [`Sandbox::next_install`].
    pub fn next_install(mut self, script: Script) -> Self {
        self.scripts.queue.push_back(script);
        self
    }

    /// Adds a phone number to the workspace. The first call replaces the three default numbers.
    pub fn number(mut self, number: Number) -> Self {
        self.numbers.get_or_insert_default().push(number);
        self
    }

    /// Removes all phone numbers.
    pub fn no_numbers(mut self) -> Self {
        self.numbers = Some(Vec::new());
        self
    }

    /// Adds a use case to the workspace. The first call replaces the default use case.
    pub fn use_case(mut self, use_case: UseCase) -> Self {
        self.use_cases.get_or_insert_default().push(use_case);
        self
    }

    /// Removes all use cases.
    pub fn no_use_cases(mut self) -> Self {
        self.use_cases = Some(Vec::new());
        self
    }

    /// Starts with this many installed SMS connectors in the workspace. The default is 0.
    pub const fn connectors(mut self, count: usize) -> Self {
        self.connectors = count;
        self
    }

    /// Adds a connector that exists from the start.
    pub fn connector(mut self, connector: SeededConnector) -> Self {
        self.seeded_connectors.push(connector);
        self
    }

    /// Adds a webhook subscription that exists from the start.
    pub fn subscription(mut self, subscription: SeededSubscription) -> Self {
        self.subscriptions.push(subscription);
        self
    }

    /// Adds the data and rules of a scene, and sets its scripts, behavior and rate limits. See also [`Sandbox::scene`].
    pub fn scene(mut self, scene: Scene) -> Self {
        self.behavior = scene.behavior;
        self.rate_limits = scene.rate_limits;
        self.numbers = scene.numbers.or(self.numbers);
        self.use_cases = scene.use_cases.or(self.use_cases);
        self.seeded_connectors.extend(scene.connectors);
        self.subscriptions.extend(scene.subscriptions);
        self.rules.extend(scene.rules);
        if let Some(script) = scene.default_script {
            self.scripts.default = script;
        }
        self.scripts.by_template.extend(scene.template_scripts);
        self.scripts.by_name.extend(scene.name_scripts);
        self.scripts.queue.extend(scene.next_scripts);
        self
    }

    /// The command that has started this sandbox, with its options except `--ui`, the ports, `--deliver` and those of the behavior,
    /// which are added as they are set now. The page shows it in the line that starts the sandbox again. The default is
    /// `bird-connectors sandbox`.
    #[cfg(feature = "ui")]
    pub fn ui_command<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        let settings = self.behavior.settings();
        let changed = settings.iter().filter(|setting| setting.current > 0);
        let changed = changed.map(|setting| setting.option());
        let words = words.into_iter().map(quote).chain(changed);
        self.ui_command = Some(words.collect::<Vec<_>>().join(" "));
        self
    }

    /// Serves a page for the browser at [`Sandbox::ui_url`]. The default is false. The page and its JSON are for programs on this
    /// machine, and need no access key. They have their own port, so that no fault of the API concerns them.
    #[cfg(feature = "ui")]
    pub const fn ui(mut self, enabled: bool) -> Self {
        self.ui = enabled;
        self
    }

    /// Sets the port of the page on 127.0.0.1; 0 selects a free port. The default is the port after that of
    /// [`SandboxBuilder::port`], or a free one if that is in use or not set.
    #[cfg(feature = "ui")]
    pub const fn ui_port(mut self, port: u16) -> Self {
        self.ui_port = Some(port);
        self
    }

    /// Adds a rule. See also [`Sandbox::rule`].
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Sets rate limits. The default is no limit. See [`RateLimits::documented`].
    pub const fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// Sets how many requests, messages, events caused by requests and deleted connectors are kept, and how many attempts to
    /// deliver webhooks: twice as many. The default is 10 000. With 0, only counts are kept, for long runs.
    pub const fn record_limit(mut self, count: usize) -> Self {
        self.record_limit = count;
        self
    }

    /// Sets how and where webhooks are delivered, and what goes wrong with deliveries. See also [`Sandbox::webhooks`].
    pub fn webhooks(mut self, change: impl FnOnce(&mut WebhookSettings)) -> Self {
        change(&mut self.webhooks);
        self
    }

    /// Starts the sandbox in the current tokio runtime, which must have time and I/O enabled.
    ///
    /// # Errors
    ///
    /// If a port is in use; if an access key is empty, contains spaces or non-ASCII characters, or is a duplicate; or if the
    /// template reference of a connector does not have the form `slug:version`.
    pub async fn start(self) -> io::Result<Sandbox> {
        let key = self
            .access_key
            .map_or_else(AccessKey::generate, AccessKey::new);
        let access_key = key.secret().to_owned();
        let mut keys = vec![key.deny(self.denied)];
        for key in self.additional_keys {
            if keys.iter().any(|known| known.secret() == key.secret()) {
                return Err(invalid_input(
                    "duplicate access key: each access key must be unique",
                ));
            }
            keys.push(key);
        }
        if !keys.iter().all(AccessKey::is_valid_header_value) {
            return Err(invalid_input(
                "invalid access key: it must not be empty and must consist of printable ASCII characters without spaces",
            ));
        }

        let listener = listen(self.port).await?;
        let address = listener.local_addr()?;
        #[cfg(feature = "ui")]
        let page_listener = if self.ui {
            Some(listen_for_page(self.ui_port, self.port).await?)
        } else {
            None
        };
        let mut workspaces = BTreeMap::new();
        for (id, organization) in self
            .additional_workspaces
            .into_iter()
            .chain([(self.workspace_id, self.organization_id)])
        {
            workspaces.insert(id, Workspace::new(id, organization, self.record_limit));
        }
        if let Some(workspace) = workspaces.get_mut(&self.workspace_id) {
            for number in self.numbers.unwrap_or_else(Number::defaults) {
                let entry = workspace.new_entry(Item::Resource(number));
                workspace.numbers.push(entry);
            }
            for use_case in self.use_cases.unwrap_or_else(UseCase::defaults) {
                let entry = workspace.new_entry(Item::Resource(use_case));
                workspace.use_cases.push(entry);
            }
        }
        let mut state = State {
            clock: Clock::start(),
            behavior: self.behavior,
            keys,
            workspaces,
            scripts: self.scripts,
            rate_limiter: RateLimiter::new(self.rate_limits),
            rules: Vec::new(),
            requests: RequestLog::new(self.record_limit),
            webhooks: self.webhooks,
            outbox: Outbox::new(self.record_limit),
            last_rule: 0,
            #[cfg(feature = "ui")]
            observations: self.ui.then(Observations::new),
        };
        for rule in self.rules {
            state.add_rule(rule);
        }
        for connector in self.seeded_connectors {
            let template = connector.template.clone();
            if !state.seed_connector(self.workspace_id, connector) {
                return Err(invalid_input(&format!(
                    "invalid template reference {template:?}: expected slug:version, such as sms-messagebird:1"
                )));
            }
        }
        for subscription in self.subscriptions {
            state.seed_subscription(self.workspace_id, subscription);
        }
        state.add_installed_connectors(self.workspace_id, self.connectors);

        let (port, commands) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(state, port));
        let (stop, stopped) = watch::channel(());
        let routes = router(&shared).merge(control::router(&shared));
        let server = serve(listener, address, routes, commands, stopped.clone());
        #[cfg(feature = "ui")]
        let (page_address, page) = match page_listener {
            Some(listener) => {
                let page_address = listener.local_addr()?;
                let page = Page {
                    command: self.ui_command,
                    shared: Arc::clone(&shared),
                    address: page_address,
                    api: address,
                    workspace: self.workspace_id,
                    stop: stopped.clone(),
                };
                // Its port is always open: nothing sends a command.
                let (_, commands) = mpsc::unbounded_channel();
                let page = serve(
                    listener,
                    page_address,
                    ui::router(page),
                    commands,
                    stopped.clone(),
                );
                (Some(page_address), Some(page))
            }
            None => (None, None),
        };
        #[cfg(feature = "ui")]
        let page = async {
            if let Some(page) = page {
                page.await;
            }
        };
        #[cfg(not(feature = "ui"))]
        let page = std::future::ready(());
        let delivery = deliver(Arc::clone(&shared), stopped);
        let server = tokio::spawn(async {
            tokio::join!(server, page, delivery);
        });
        Ok(Sandbox {
            shared,
            address,
            access_key,
            workspace_id: self.workspace_id,
            organization_id: self.organization_id,
            #[cfg(feature = "ui")]
            page: page_address,
            stop,
            server,
        })
    }
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Opens the port of the page: the chosen one, or else the one after the port of the API, or else a free one.
#[cfg(feature = "ui")]
async fn listen_for_page(chosen: Option<u16>, api: u16) -> io::Result<TcpListener> {
    if let Some(port) = chosen {
        let named = |why: io::Error| {
            let message = format!("the page cannot use port {port}: {why}");
            io::Error::new(why.kind(), message)
        };
        return listen(port).await.map_err(named);
    }
    if let Some(next) = api.checked_add(1).filter(|_| api > 0)
        && let Ok(listener) = listen(next).await
    {
        return Ok(listener);
    }
    listen(0).await
}

fn invalid_input(message: &str) -> io::Error {
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
            .field("rate_limits", &self.rate_limits)
            .finish_non_exhaustive()
    }
}

/// A word for a shell.
#[cfg(feature = "ui")]
fn quote(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
