use std::path::PathBuf;

use super::ResumeCommand;
use crate::args::global::{GlobalOptions, OutputFormat};

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
    let resume = command(&[], &global).wait("abc");
    assert_eq!(
        resume,
        "bird-connectors connectors wait abc --profile 'shop prod' --key-file /run/key --output json"
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
        resume,
        "bird-connectors --profile install connectors ensure sms --name install"
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
