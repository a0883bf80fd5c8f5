//! The arguments of `webhooks`.

use std::path::PathBuf;
use std::time::Duration;

use bird_connectors::models::SubscriptionId;
use clap::{Args, Subcommand, ValueEnum};

use super::connectors::parse_duration;
use super::list::ListOptions;
use super::parse::parse_port;
use super::template::SecretArgument;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Subscribe a URL to events, unless it is subscribed already
    ///
    /// Bird notifies the URL as soon as a channel changes. It must be a public https address.
    #[command(after_help = "\
Example:
  bird-connectors webhooks subscribe --url https://hooks.example.com/bird \\
      --signing-key env:BIRD_SIGNING_KEY")]
    Subscribe(SubscribeArguments),
    /// List the webhook subscriptions of the workspace
    #[command(after_help = "\
Example:
  bird-connectors webhooks list")]
    List {
        #[command(flatten)]
        list: ListOptions,
    },
    /// Show one subscription
    #[command(after_help = "\
Example:
  bird-connectors webhooks get 5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f")]
    Get {
        /// Subscription id, a UUID
        id: SubscriptionId,
    },
    /// Change a subscription
    #[command(after_help = "\
Example:
  bird-connectors webhooks update 5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f --status inactive")]
    Update(UpdateArguments),
    /// Delete a subscription
    #[command(after_help = "\
Example:
  bird-connectors webhooks delete 5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f --yes")]
    Delete {
        /// Subscription id, a UUID
        id: SubscriptionId,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
        /// Succeed if the subscription does not exist
        #[arg(long)]
        missing_ok: bool,
    },
    /// List the deliveries of a subscription
    #[command(after_help = "\
Example:
  bird-connectors webhooks logs 5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f")]
    Logs {
        /// Subscription id, a UUID
        id: SubscriptionId,
        /// Only deliveries with this execution status, such as succeeded
        #[arg(long, value_name = "STATUS")]
        execution_status: Option<String>,
        #[command(flatten)]
        list: ListOptions,
    },
    /// List the events on offer
    #[command(after_help = "\
Example:
  bird-connectors webhooks events")]
    Events {
        /// Only events of this service, such as channels
        #[arg(long, value_name = "SERVICE")]
        service: Option<String>,
    },
    /// Receive deliveries on a local port, verify them, show them and forward them
    ///
    /// Runs until Ctrl-C, and then exits with 0.
    ///
    /// With `bird-connectors sandbox --deliver https://hooks.example.com=127.0.0.1:8080`, this works on one machine. The live
    /// service delivers only to a public https address, such as that of a tunnel, which must lead to the port.
    #[command(after_help = "\
Examples:
  export BIRD_SIGNING_KEY=$(bird-connectors webhooks listen --print-secret)
  bird-connectors webhooks listen --port 8080 --url https://hooks.example.com/bird \\
      --signing-key env:BIRD_SIGNING_KEY --forward-to http://127.0.0.1:3000/webhooks")]
    Listen(ListenArguments),
    /// Check the signature of a delivery
    ///
    /// Exits with 1 if the signature does not match.
    #[command(after_help = "\
Example:
  bird-connectors webhooks verify --url https://example.com/webhooks/bird?tenant=42 \\
      --signing-key env:BIRD_SIGNING_KEY --signature UagFN+JcLLPQULzGYh2j9zSPozzQBJIuXfgLd5hZcao= \\
      --timestamp 1767225600 --body delivery.json --max-age 100000h")]
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
pub(crate) struct SubscribeArguments {
    /// URL that receives the events
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Event; can be repeated
    #[arg(
        long = "event",
        value_name = "EVENT",
        default_values = ["channel.created", "channel.updated"]
    )]
    pub(crate) events: Vec<String>,
    /// Service of the events
    #[arg(long, value_name = "SERVICE", default_value = "channels")]
    pub(crate) service: String,
    /// Only events that match, such as platformId=whatsapp; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::api::parse_pair)]
    pub(crate) filter: Vec<(String, String)>,
    /// Where the signing key is: env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET")]
    pub(crate) signing_key: Option<SecretArgument>,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    /// Subscription id, a UUID
    pub(crate) id: SubscriptionId,
    /// New URL
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// New status
    #[arg(long, value_enum, value_name = "STATUS")]
    pub(crate) status: Option<SubscriptionStatus>,
    /// New filters, which replace all others, such as platformId=whatsapp; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::api::parse_pair)]
    pub(crate) filter: Vec<(String, String)>,
    /// Where the new signing key is: env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET")]
    pub(crate) signing_key: Option<SecretArgument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SubscriptionStatus {
    Active,
    Inactive,
}

#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 8080, value_parser = parse_port)]
    pub(crate) port: u16,
    /// URL that the subscription was registered with, with its query
    #[arg(long, value_name = "URL", required_unless_present_any = ["skip_verify", "print_secret"])]
    pub(crate) url: Option<String>,
    /// Where the signing key is: env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET", required_unless_present_any = ["skip_verify", "print_secret"])]
    pub(crate) signing_key: Option<SecretArgument>,
    /// Print the signing key and exit: that of --signing-key, or else a new random one
    #[arg(long)]
    pub(crate) print_secret: bool,
    /// Accept deliveries without checking their signatures
    #[arg(long)]
    pub(crate) skip_verify: bool,
    /// Send accepted deliveries to this http URL, with their headers and body unchanged
    #[arg(long, value_name = "URL")]
    pub(crate) forward_to: Option<http::Uri>,
    /// How long to wait for the response to a forwarded delivery
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub(crate) forward_timeout: Duration,
    /// Only show and forward these events
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub(crate) events: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// URL that the subscription was registered with, with its query
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Where the signing key is: env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET")]
    pub(crate) signing_key: SecretArgument,
    /// Value of the header messagebird-signature
    #[arg(long, value_name = "BASE64")]
    pub(crate) signature: String,
    /// Value of the header messagebird-request-timestamp
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timestamp: String,
    /// File with the body, byte for byte; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// Accept deliveries up to this age; default: 24h
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) max_age: Option<Duration>,
}
