//! The arguments of `sandbox`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bird_connectors::ChannelId;
use bird_connectors_sandbox::{Behavior, Fault, Operation};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};

use super::connectors::parse_duration;
use super::parse::{parse_number, parse_port};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SandboxArguments {
    #[command(subcommand)]
    pub(crate) command: Option<SandboxCommand>,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// Commands that control a running sandbox.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Send a signed webhook of a running sandbox
    ///
    /// The sandbox sends the event to the subscriptions that select it, as it does after a change of the channel, and retries
    /// it until the receiver answers 2xx. It has to be started with --deliver.
    #[command(after_help = "\
Examples:
  bird-connectors sandbox trigger channel.updated --channel 8362fa40-9ff1-5430-a3ab-79ecc61b96b1 \\
      --set status=active
  bird-connectors sandbox trigger channel.updated --channel 8362fa40-9ff1-5430-a3ab-79ecc61b96b1 \\
      --late 4h")]
    Trigger(TriggerArguments),
    /// Make requests to a running sandbox fail
    ///
    /// The fault applies to the next matching request, unless --times, --nth or --always select others. The README of the
    /// crate bird-connectors-sandbox describes each fault.
    #[command(
        arg_required_else_help = true,
        after_help = "\
Examples:
  bird-connectors sandbox fault lost_response --on createConnector
  bird-connectors sandbox fault html_503 --on listConnectors --times 2
  bird-connectors sandbox fault --delay 2s --always
  bird-connectors sandbox fault --clear"
    )]
    Fault(FaultArguments),
}

#[derive(Debug, Args)]
pub(crate) struct TriggerArguments {
    /// Event
    #[arg(value_enum)]
    pub(crate) event: TriggeredEvent,
    /// Channel id, a UUID
    #[arg(long, value_name = "ID")]
    pub(crate) channel: ChannelId,
    /// Give the channel this status first
    #[arg(long, value_name = "status=STATUS", value_parser = parse_status)]
    pub(crate) set: Option<String>,
    /// Send a timestamp of this age, such as 4h: retries of Bird keep the timestamp of the first attempt
    #[arg(long, value_name = "AGE", value_parser = parse_duration, group = "kind")]
    pub(crate) late: Option<Duration>,
    /// Send the delivery twice, with the same id, timestamp and signature
    #[arg(long, group = "kind")]
    pub(crate) duplicate: bool,
    /// Sign the delivery with a key that the receiver does not know. It is not retried
    #[arg(long, group = "kind")]
    pub(crate) forged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TriggeredEvent {
    #[value(name = "channel.created")]
    Created,
    #[value(name = "channel.updated")]
    Updated,
}

#[derive(Debug, Args)]
pub(crate) struct FaultArguments {
    /// Fault
    #[arg(value_parser = fault_names(), required_unless_present_any = ["delay", "clear"])]
    pub(crate) fault: Option<String>,
    /// Only requests of this operation, such as createConnector. Default: all requests
    #[arg(long, value_name = "OPERATION", value_parser = operation_ids(), hide_possible_values = true)]
    pub(crate) on: Option<String>,
    /// Wait this long before the request is processed
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) delay: Option<Duration>,
    /// Process the request, even if the fault does not need its response
    #[arg(long)]
    pub(crate) after_processing: bool,
    /// The next COUNT matching requests
    #[arg(long, value_name = "COUNT", group = "selection", value_parser = parse_number::<u64, 1>)]
    pub(crate) times: Option<u64>,
    /// Only the matching request with this number, starting at 1
    #[arg(long, value_name = "NUMBER", group = "selection", value_parser = parse_number::<u64, 1>)]
    pub(crate) nth: Option<u64>,
    /// All matching requests
    #[arg(long, group = "selection")]
    pub(crate) always: bool,
    /// Remove all faults and delays
    #[arg(
        long,
        conflicts_with_all = ["fault", "on", "delay", "after_processing", "selection"]
    )]
    pub(crate) clear: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 0, value_parser = parse_port)]
    pub(crate) port: u16,
    /// Speed of installs: they take two seconds at 1, and a tenth of that at 10
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    pub(crate) speed: f64,
    /// Number of installed connectors at the start
    #[arg(long, default_value_t = 0, value_parser = parse_number::<usize, 0>)]
    pub(crate) connectors: usize,
    /// Enforce the documented rate limits of 50 GET and 500 POST requests per second
    #[arg(long, conflicts_with = "scene")]
    pub(crate) rate_limits: bool,
    /// Deliver webhooks whose URL starts with PUBLIC to the address LOCAL, such as
    /// https://hooks.example.com=127.0.0.1:8080; can be repeated
    #[arg(long = "deliver", value_name = "PUBLIC=LOCAL", value_parser = parse_route)]
    pub(crate) routes: Vec<(String, SocketAddr)>,
    /// Serve a page for the browser, which shows requests, installs and webhooks, and switches faults on
    #[arg(long)]
    pub(crate) ui: bool,
    /// Port of the page on 127.0.0.1; 0 selects a free port. Default: the port after --port, or a free one
    #[arg(long, value_name = "PORT", requires = "ui", value_parser = parse_port)]
    pub(crate) ui_port: Option<u16>,
    /// Start with the scene in this JSON file, which the page copies. It has its own behavior and rate limits, so that the
    /// options for them cannot be used with it
    #[arg(long, value_name = "FILE")]
    pub(crate) scene: Option<PathBuf>,
    #[command(
        flatten,
        next_help_heading = "Behavior that the API documentation leaves open"
    )]
    pub(crate) behavior: Behavior,
}

fn fault_names() -> PossibleValuesParser {
    let faults = Fault::all();
    faults
        .iter()
        .map(Fault::name)
        .collect::<Vec<&'static str>>()
        .into()
}

fn operation_ids() -> PossibleValuesParser {
    let ids = Operation::ALL.iter().map(|operation| operation.id());
    ids.collect::<Vec<&'static str>>().into()
}

fn parse_status(value: &str) -> Result<String, String> {
    match value.split_once('=') {
        Some(("status", status)) if !status.is_empty() => Ok(status.to_owned()),
        _ => Err("expected status=STATUS, such as status=active".to_owned()),
    }
}

fn parse_speed(value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn parse_route(value: &str) -> Result<(String, SocketAddr), String> {
    // The public address may contain the separator, so split at the last one.
    let route = value.rsplit_once('=').and_then(|(public, local)| {
        let is_https = public.starts_with("https://");
        Some((public.to_owned(), local.parse().ok()?)).filter(|_| is_https)
    });
    route.ok_or_else(|| {
        "expected PUBLIC=LOCAL, such as https://hooks.example.com=127.0.0.1:8080".to_owned()
    })
}
