use std::path::PathBuf;
use std::time::Duration;

use super::ResumeCommand;
use crate::args::connectors::{WaitCondition, WaitOptions};
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
        timeout: Some(Duration::from_millis(90_500)),
        until: Some(WaitCondition::Channel),
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
fn answers_of_questions_are_part_of_the_command() {
    let arguments = ["connectors", "install", "sms", "--wait"];
    let resume = command(&arguments, &GlobalOptions::default());
    resume.answered("--name", "Support NL");
    resume.clone().answered("--message-type", "-odd");
    assert_eq!(
        resume.same(),
        "bird-connectors connectors install sms --wait --name 'Support NL' '--message-type=-odd'"
    );
    assert_eq!(
        resume.ensure().as_deref(),
        Some(
            "bird-connectors connectors ensure sms --wait --name 'Support NL' '--message-type=-odd'"
        )
    );
}
