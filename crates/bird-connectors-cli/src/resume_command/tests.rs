use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;

use super::ResumeCommand;
use crate::args::connectors::{ConnectorsCommand, WaitCondition, WaitOptions};
use crate::args::global::{GlobalOptions, OutputFormat};
use crate::args::{CommandLine, TopCommand};

fn command(arguments: &[&str], global: &GlobalOptions) -> ResumeCommand {
    let arguments = arguments.iter().map(ToString::to_string).collect();
    ResumeCommand::new(arguments, global)
}

#[test]
fn wait_keeps_the_options_that_were_passed() {
    let global = GlobalOptions {
        profile: Some("shop prod".to_owned()),
        key_file: Some(PathBuf::from("/run/key")),
        output: Some(OutputFormat::Json),
        ..GlobalOptions::default()
    };
    let resume = command(&[], &global).wait("abc", &WaitOptions::default());
    assert_eq!(
        resume,
        "bird-connectors connectors wait abc --profile 'shop prod' --key-file /run/key --output json"
    );
}

#[test]
fn wait_keeps_the_condition_the_timeout_and_the_form_of_the_output() {
    let global = GlobalOptions {
        jq: Some(".channel_id".to_owned()),
        quiet: true,
        ..GlobalOptions::default()
    };
    let wait = WaitOptions {
        timeout: Duration::from_millis(90_500),
        until: WaitCondition::Channel,
    };
    let resume = command(&[], &global).wait("abc", &wait);
    assert_eq!(
        resume,
        "bird-connectors connectors wait abc --timeout 1m30s500ms --until channel --jq .channel_id --quiet"
    );
}

#[test]
fn ensure_replaces_only_the_command() {
    let arguments = [
        "--profile",
        "install",
        "connectors",
        "install",
        "sms",
        "--name",
        "install",
    ];
    let resume = command(&arguments, &GlobalOptions::default()).ensure();
    assert_eq!(
        resume.as_deref(),
        Some("bird-connectors --profile install connectors ensure sms --name install")
    );
    let arguments = ["connectors", "ensure", "sms", "--name", "install"];
    assert_eq!(
        command(&arguments, &GlobalOptions::default()).ensure(),
        None
    );
}

#[test]
fn same_quotes_for_a_shell() {
    let arguments = ["connectors", "ensure", "voice", "--name", "Café $HOME"];
    let resume = command(&arguments, &GlobalOptions::default()).same();
    assert_eq!(
        resume,
        "bird-connectors connectors ensure voice --name 'Café $HOME'"
    );
}

#[test]
fn default_wait_options_are_those_of_the_command_line() {
    let line = CommandLine::try_parse_from(["bird-connectors", "connectors", "wait", "abc"]);
    let TopCommand::Connectors(ConnectorsCommand::Wait(arguments)) = line.unwrap().command else {
        panic!("expected the command `connectors wait`");
    };
    let default = WaitOptions::default();
    assert_eq!(arguments.wait.timeout, default.timeout);
    assert_eq!(arguments.wait.until, default.until);
}
