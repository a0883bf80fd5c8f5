//! The options that every command accepts.

use std::path::PathBuf;

use bird_connectors::WorkspaceId;
use clap::{ArgAction, Args, ValueEnum};

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct GlobalOptions {
    /// Format of the data: a table, one JSON value, or one JSON value per line as soon as it arrives
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        value_name = "FORMAT",
        help_heading = OUTPUT
    )]
    pub(crate) output: Option<OutputFormat>,
    /// Filter the JSON output with a jq expression, and print strings without quotes
    #[arg(long, global = true, value_name = "EXPRESSION", help_heading = OUTPUT)]
    pub(crate) jq: Option<String>,
    /// Columns of the table: JSON fields, such as id,name,channel.channelId
    #[arg(
        long,
        global = true,
        value_name = "FIELDS",
        value_delimiter = ',',
        help_heading = OUTPUT
    )]
    pub(crate) columns: Vec<String>,
    /// Print no messages and no progress, only data and errors
    #[arg(long, short, global = true, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
    /// Print the requests and the polls of waits; twice for more context. Never prints secrets
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) verbose: u8,
    /// When to use colors. The variable NO_COLOR turns them off, too
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        help_heading = OUTPUT
    )]
    pub(crate) color: ColorChoice,
    /// Never ask a question: fail instead
    #[arg(long, global = true, help_heading = CONNECTION)]
    pub(crate) no_input: bool,
    /// Profile of the configuration file; it takes precedence over environment variables
    #[arg(long, global = true, value_name = "NAME", help_heading = CONNECTION)]
    pub(crate) profile: Option<String>,
    /// Workspace; default: BIRD_WORKSPACE_ID, or that of the profile
    #[arg(long, global = true, value_name = "ID", help_heading = CONNECTION)]
    pub(crate) workspace: Option<WorkspaceId>,
    /// File with the access key; - reads standard input
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION)]
    pub(crate) key_file: Option<PathBuf>,
    /// Base URL of the API; default: BIRD_BASE_URL, or https://api.bird.com
    #[arg(long, global = true, value_name = "URL", help_heading = CONNECTION)]
    pub(crate) base_url: Option<String>,
}

const OUTPUT: &str = "Output";
const CONNECTION: &str = "Connection";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    #[default]
    Table,
    Json,
    Jsonl,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

impl GlobalOptions {
    /// The format of the data. A jq expression selects JSON.
    pub(crate) fn format(&self) -> OutputFormat {
        match (self.output, &self.jq) {
            (Some(format), _) => format,
            (None, Some(_)) => OutputFormat::Json,
            (None, None) => OutputFormat::Table,
        }
    }
}
