//! The arguments of `connectors`.

use std::path::PathBuf;
use std::time::Duration;

use bird_connectors::ConnectorId;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::journal::{self, JournalLocation};
use super::list::ListOptions;
use super::parse::parse_number;
use super::template::TemplateArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorsCommand {
    /// Create a connector from a template
    ///
    /// The create is sent once. Bird responds at once and installs the channel in the background: wait for it with --wait.
    /// Use `ensure` to adopt a matching connector instead of creating a second one.
    #[command(
        after_help = "\
Examples:
  bird-connectors connectors install sms --example
  bird-connectors connectors install sms --name \"Support NL\" \\
      --phone-number-id 232d438f-9512-56f4-90a4-d0a17bf28237 --message-type conversational --wait --output json",
        subcommand_required = true,
        arg_required_else_help = true,
        subcommand_value_name = "TEMPLATE",
        subcommand_help_heading = "Templates"
    )]
    Install(InstallArguments),
    /// Create a connector from a template, unless a matching one exists
    ///
    /// Can be repeated: it adopts a matching connector, and searches for it when the response of a create is lost.
    #[command(
        after_help = "\
Example:
  bird-connectors connectors ensure voice --name Reception --phone-number +31612345678 --wait",
        subcommand_required = true,
        arg_required_else_help = true,
        subcommand_value_name = "TEMPLATE",
        subcommand_help_heading = "Templates"
    )]
    Ensure(EnsureArguments),
    /// Install every row of a CSV or JSON lines file
    ///
    /// Adopts matching connectors, and records each create in a journal before it is sent. A run that was killed is resumed by
    /// the same command. A create that was sent, but whose connector is not found, fails with exit code 8 unless
    /// --recreate-after-window is given. A failed row does not affect the others.
    ///
    /// The columns are `template` and the options of `connectors install TEMPLATE`, with underscores: name, phone_number_id,
    /// message_type. Free arguments are in columns such as arguments.KEY and security.SCHEME.KEY. A secret is a reference such as
    /// env:NAME. Commas, semicolons or tabs separate the columns.
    #[command(after_help = "\
Examples:
  bird-connectors connectors install-all --example
  bird-connectors connectors install-all shops.csv --dry-run
  bird-connectors connectors install-all shops.csv --wait --output jsonl")]
    InstallAll(InstallAllArguments),
    /// List the connectors of the workspace
    #[command(after_help = "\
Examples:
  bird-connectors connectors list
  bird-connectors connectors list --template sms-messagebird:1 --output jsonl")]
    List(ListConnectors),
    /// Show one connector
    #[command(after_help = "\
Example:
  bird-connectors connectors get 3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11")]
    Get {
        /// Connector id, a UUID
        id: ConnectorId,
    },
    /// Show how far the install of a connector is
    ///
    /// Not every template has this information: `connectors wait` works for all of them.
    #[command(after_help = "\
Example:
  bird-connectors connectors status 3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11")]
    Status {
        /// Connector id, a UUID
        id: ConnectorId,
    },
    /// Wait until the channels of connectors can send
    ///
    /// Takes connector ids, or tokens that another command printed. After a create with an unknown outcome, the token first
    /// finds out whether the connector exists. Several waits share their polls.
    #[command(after_help = "\
Example:
  bird-connectors connectors wait 3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11 --timeout 10m")]
    Wait(WaitArguments),
    /// Delete a connector and its channel
    ///
    /// The channel stops sending and receiving messages.
    #[command(after_help = "\
Example:
  bird-connectors connectors delete 3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11 --yes")]
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
pub(crate) struct InstallArguments {
    #[command(flatten)]
    pub(crate) run: InstallOptions,
    #[command(subcommand)]
    pub(crate) template: TemplateArguments,
}

#[derive(Debug, Args)]
pub(crate) struct EnsureArguments {
    #[command(flatten)]
    pub(crate) run: InstallOptions,
    #[command(flatten)]
    pub(crate) ensure: EnsureOptions,
    #[command(subcommand)]
    pub(crate) template: TemplateArguments,
}

/// What to do with the connector in addition to creating it.
#[derive(Clone, Debug, Args)]
pub(crate) struct InstallOptions {
    /// Print an example of this command, and do nothing else
    #[arg(long, global = true, help_heading = INSTALL)]
    pub(crate) example: bool,
    /// Print the request with masked secrets, and send nothing
    #[arg(long, global = true, help_heading = INSTALL)]
    pub(crate) dry_run: bool,
    /// Wait until the channel can send
    #[arg(long, global = true, help_heading = INSTALL)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) wait_options: WaitOptions,
}

const INSTALL: &str = "Install";

/// How to wait. None of the options has a default for clap, so that a command that does not wait can refuse them.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WaitOptions {
    /// Stop waiting after this time, such as 90s or 10m; default: 5m
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = parse_duration,
        help_heading = INSTALL
    )]
    pub(crate) timeout: Option<Duration>,
    /// Wait until the channel is active, so that it can send, or only until it exists; default: active
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "CONDITION",
        help_heading = INSTALL
    )]
    pub(crate) until: Option<WaitCondition>,
}

impl WaitOptions {
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }

    pub(crate) fn until(&self) -> WaitCondition {
        self.until.unwrap_or_default()
    }

    /// The first option that has an effect only on a wait.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let timeout = self.timeout.map(|_| "--timeout");
        timeout.or(self.until.map(|_| "--until"))
    }
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitCondition {
    #[default]
    Active,
    Channel,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EnsureOptions {
    /// Compare only these arguments with those of existing connectors
    #[arg(
        long,
        global = true,
        value_name = "KEYS",
        value_delimiter = ',',
        help_heading = ENSURE
    )]
    pub(crate) identified_by: Vec<String>,
    #[command(flatten)]
    pub(crate) reconcile: ReconcileOptions,
    /// Fail if the existing connector differs from the template
    #[arg(long, global = true, help_heading = ENSURE)]
    pub(crate) refuse_drift: bool,
    /// Record the create before it is sent, so that a run that was killed can be repeated: in a file, or with env:NAME in the
    /// PostgreSQL database whose URL is in the variable NAME
    #[arg(
        long,
        global = true,
        value_name = "JOURNAL",
        value_parser = journal::parser(),
        value_hint = ValueHint::FilePath,
        help_heading = ENSURE
    )]
    pub(crate) journal: Option<JournalLocation>,
}

const ENSURE: &str = "Ensure";

/// What to do about a create of unknown outcome.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReconcileOptions {
    /// How long to search for the connector after a create of unknown outcome; default: 30s
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = parse_duration,
        help_heading = ENSURE
    )]
    pub(crate) reconcile_window: Option<Duration>,
    /// Create it once more if the search finds nothing. If Bird needs longer than the search, there are then two
    #[arg(long, global = true, help_heading = ENSURE)]
    pub(crate) recreate_after_window: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InstallAllArguments {
    /// File with a row for each connector; its name ends with .csv or .jsonl
    pub(crate) file: Option<PathBuf>,
    /// Print an example of the file, and do nothing else
    #[arg(long)]
    pub(crate) example: bool,
    /// Print the requests with masked secrets, and create nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also wait until the channels can send
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) wait_options: WaitOptions,
    #[command(flatten)]
    pub(crate) reconcile: ReconcileOptions,
    /// Journal of the run: a file, or env:NAME for a PostgreSQL database whose URL is in the variable NAME, which several
    /// processes and machines can share; default: the name of the file with .journal at its end
    #[arg(long, value_name = "JOURNAL", value_parser = journal::parser(), value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<JournalLocation>,
    /// Maximum number of concurrent installs
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = parse_number::<usize, 1>)]
    pub(crate) concurrency: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ListConnectors {
    /// Only connectors of exactly this template and version, such as sms-messagebird:1
    #[arg(long, value_name = "SLUG:VERSION")]
    pub(crate) template: Option<String>,
    /// Reverse the order
    #[arg(long)]
    pub(crate) reverse: bool,
    #[command(flatten)]
    pub(crate) list: ListOptions,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArguments {
    /// Connector ids, or tokens that another command printed
    #[arg(value_name = "ID|TOKEN", required = true)]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) wait: WaitOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteArguments {
    /// Connector id, a UUID
    pub(crate) id: ConnectorId,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Succeed if the connector does not exist
    #[arg(long)]
    pub(crate) missing_ok: bool,
}

pub(crate) fn parse_duration(value: &str) -> Result<Duration, String> {
    match humantime::parse_duration(value) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a duration such as 90s, 5m or 1h".to_owned()),
    }
}
