//! What a command needs from its surroundings: the connection, the terminal, and the state that Ctrl-C reports.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, OnceLock};

use bird_connectors::models::SentSecret;
use bird_connectors::{Client, ClientBuilder, Workspace, WorkspaceId};

use crate::args::global::{ColorChoice, GlobalOptions};
use crate::errors::CliError;
use crate::interruption::Interruption;
use crate::messages;
use crate::output::prose;
use crate::profile::{self, Profile};
use crate::resume_command::ResumeCommand;
use crate::secrets::{SecretLocation, without_line_ends};
use crate::wording;

/// The surroundings of a command.
pub(crate) struct Context {
    pub(crate) global: GlobalOptions,
    pub(crate) terminal: Terminal,
    pub(crate) interruption: Arc<Interruption>,
    pub(crate) resume: ResumeCommand,
    connection: OnceLock<Connection>,
    /// The warnings that have been printed.
    warnings: Mutex<BTreeSet<String>>,
}

/// Which standard streams are terminals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    pub(crate) input: bool,
    pub(crate) output: bool,
    pub(crate) error: bool,
}

impl Terminal {
    pub(crate) fn detect() -> Self {
        Self {
            input: std::io::stdin().is_terminal(),
            output: std::io::stdout().is_terminal(),
            error: std::io::stderr().is_terminal(),
        }
    }
}

/// The client, and where its settings are from.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) workspace_id: Option<WorkspaceId>,
    /// Where the access key is from, for `whoami` and for an error that rejects it.
    pub(crate) key_source: String,
    pub(crate) profile: Option<String>,
}

/// The settings of a client before it is built.
pub(crate) struct ConnectionSettings {
    pub(crate) builder: ClientBuilder,
    /// What the SDK calls a setting, and where the user has set it.
    pub(crate) sources: Vec<(&'static str, String)>,
    workspace_id: Option<WorkspaceId>,
    key_source: String,
    profile: Option<String>,
}

impl ConnectionSettings {
    fn connect(self) -> Result<Connection, CliError> {
        Ok(Connection {
            client: self
                .builder
                .build()
                .map_err(|error| CliError::configuration(error, self.sources))?,
            workspace_id: self.workspace_id,
            key_source: self.key_source,
            profile: self.profile,
        })
    }
}

impl Context {
    pub(crate) fn new(global: GlobalOptions, arguments: Vec<String>) -> Self {
        Self {
            resume: ResumeCommand::new(arguments, &global),
            terminal: Terminal::detect(),
            interruption: Arc::default(),
            connection: OnceLock::new(),
            warnings: Mutex::default(),
            global,
        }
    }

    /// The connection, which is made on first use: a command that needs none works without an access key.
    pub(crate) fn connection(&self) -> Result<&Connection, CliError> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection);
        }
        let connection = self.settings()?.connect()?;
        Ok(self.connection.get_or_init(|| connection))
    }

    /// The settings of the connection, which may be invalid.
    pub(crate) fn settings(&self) -> Result<ConnectionSettings, CliError> {
        settings(&self.global)
    }

    pub(crate) fn client(&self) -> Result<&Client, CliError> {
        Ok(&self.connection()?.client)
    }

    pub(crate) fn workspace(&self) -> Result<Workspace, CliError> {
        let connection = self.connection()?;
        let id = connection.workspace_id.ok_or_else(|| {
            CliError::usage(
                "no workspace is set: pass --workspace, set the environment variable BIRD_WORKSPACE_ID, or set workspace_id in the profile",
            )
        })?;
        Ok(connection.client.workspace(id))
    }

    /// Records the answer to a question about a command that has sent nothing yet: the command that continues contains it.
    pub(crate) fn answered(&self, option: &str, value: &str) {
        self.resume.answered(option, value);
        self.interruption.reached(None, self.resume.same());
    }

    /// Whether the command may ask a question.
    pub(crate) fn interactive(&self) -> bool {
        self.terminal.input && self.terminal.error && !self.global.no_input
    }

    /// Where the access key is from, if it has been read.
    pub(crate) fn key_source(&self) -> Option<String> {
        let connection = self.connection.get();
        connection.map(|connection| connection.key_source.clone())
    }

    /// Prints a warning to standard error, unless the same one has been printed.
    pub(crate) fn warn_once(&self, warning: &str) {
        let mut warnings = self
            .warnings
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if warnings.insert(warning.to_owned()) {
            self.message(&format!("warning: {warning}"));
        }
    }

    /// Prints a message for people to standard error.
    pub(crate) fn message(&self, message: &str) {
        let message = &wording::in_options(message);
        if !self.global.quiet {
            let message = prose::printable(message);
            messages::print(prose::wrap(&message, prose::error_width()));
        }
    }
}

/// Applies `--color` to all output of the process, questions and progress included.
pub(crate) fn choose_colors(choice: ColorChoice) {
    let colors = match choice {
        ColorChoice::Auto => return,
        ColorChoice::Always => {
            anstream::ColorChoice::Always.write_global();
            true
        }
        ColorChoice::Never => {
            anstream::ColorChoice::Never.write_global();
            false
        }
    };
    console::set_colors_enabled(colors);
    console::set_colors_enabled_stderr(colors);
}

/// For each setting: an option, a profile that an option selects, an environment variable, any other profile.
fn settings(global: &GlobalOptions) -> Result<ConnectionSettings, CliError> {
    let by_option = global.profile.as_deref();
    let by_environment = environment(profile::ENV_PROFILE)?;
    let selected = by_option.or(by_environment.as_deref());
    let path = profile::configuration_path();
    let loaded = profile::load(path.as_deref(), selected)?;
    let name = loaded.as_ref().map(|profile| profile.name.clone());
    let loaded = loaded.unwrap_or_default();
    let profile_wins = by_option.is_some();

    let (key, key_source) = access_key(global, &loaded, profile_wins)?;
    let base_url = choose(
        named(global.base_url.clone(), "--base-url"),
        named(
            loaded.base_url.clone(),
            &format!("base_url of the profile {}", loaded.name),
        ),
        named(environment(ENV_BASE_URL)?, ENV_BASE_URL_SOURCE),
        profile_wins,
    );
    let from_environment = environment("BIRD_WORKSPACE_ID")?
        .map(|id| {
            id.trim().parse().map_err(|error| {
                CliError::usage(format!(
                    "the environment variable BIRD_WORKSPACE_ID: {error}"
                ))
            })
        })
        .transpose()?;
    let workspace_id = choose(
        global.workspace,
        loaded.workspace_id,
        from_environment,
        profile_wins,
    );

    let mut builder = Client::builder()
        .access_key(key.expose())
        .user_agent(concat!("bird-connectors-cli/", env!("CARGO_PKG_VERSION")));
    let mut sources = vec![("access_key", key_source.clone())];
    if let Some((url, source)) = base_url {
        builder = builder.base_url(url);
        sources.push(("base_url", source));
    }
    if let Some(id) = workspace_id {
        builder = builder.workspace_id(id);
    }
    Ok(ConnectionSettings {
        builder,
        sources,
        workspace_id,
        key_source,
        profile: name,
    })
}

const ENV_BASE_URL: &str = "BIRD_BASE_URL";
const ENV_BASE_URL_SOURCE: &str = "environment variable BIRD_BASE_URL";

/// A setting, and where the user has set it.
fn named<T>(setting: Option<T>, source: &str) -> Option<(T, String)> {
    setting.map(|setting| (setting, source.to_owned()))
}

fn choose<T>(
    option: Option<T>,
    profile: Option<T>,
    environment: Option<T>,
    profile_wins: bool,
) -> Option<T> {
    let others = if profile_wins {
        profile.or(environment)
    } else {
        environment.or(profile)
    };
    option.or(others)
}

/// The access key, and where it is from.
fn access_key(
    global: &GlobalOptions,
    profile: &Profile,
    profile_wins: bool,
) -> Result<(SentSecret, String), CliError> {
    if let Some(path) = &global.key_file {
        let location = SecretLocation::of_key_file(path);
        return Ok((location.read("--key-file")?, location.to_string()));
    }
    let from_environment = environment("BIRD_ACCESS_KEY")?.map(|key| {
        let source = SecretLocation::Environment("BIRD_ACCESS_KEY".to_owned());
        (
            SentSecret::from(without_line_ends(&key)),
            source.to_string(),
        )
    });
    let from_profile = || -> Result<Option<(SentSecret, String)>, CliError> {
        let Some(location) = &profile.access_key else {
            return Ok(None);
        };
        let source = format!("profile {}", profile.name);
        let key = location.read(&format!("the {source}"))?;
        Ok(Some((key, format!("{source}: {location}"))))
    };
    let key = match (profile_wins, from_environment) {
        (true, from_environment) => from_profile()?.or(from_environment),
        (false, Some(key)) => Some(key),
        (false, None) => from_profile()?,
    };
    key.ok_or_else(|| {
        CliError::usage(
            "no access key is set: set the environment variable BIRD_ACCESS_KEY, pass --key-file, or select a profile",
        )
    })
}

/// Reads an environment variable. An empty one counts as unset.
fn environment(name: &str) -> Result<Option<String>, CliError> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(CliError::usage(format!(
            "the environment variable {name} is not valid UTF-8"
        ))),
    }
}
