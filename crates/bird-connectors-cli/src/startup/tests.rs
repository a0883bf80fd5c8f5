use std::ffi::OsString;

use clap::Parser as _;

use super::{color_choice, first_paragraph, hide_values, json_is_wanted};
use crate::args::CommandLine;
use crate::args::global::ColorChoice;

fn arguments(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

#[test]
fn json_is_wanted_in_every_form_of_the_option() {
    for line in [
        "b --output json x",
        "b --output=jsonl",
        "b x -o json",
        "b -ojson",
        "b -qo json",
        "b -qvojsonl",
        "b -o=json",
        "b --jq=.",
        "b --jq .",
    ] {
        assert!(json_is_wanted(&arguments(line)), "{line}");
    }
    for line in [
        "b --output table",
        "b x",
        "b json",
        "b -o",
        "b -q json",
        "b --outputs json",
    ] {
        assert!(!json_is_wanted(&arguments(line)), "{line}");
    }
}

#[test]
fn errors_do_not_repeat_values() {
    for line in [
        "b connectors get planted-secret",
        "b connectors get 3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11 planted-secret",
        "b connectors list --access-key=planted-secret",
        "b connectors list --access-key planted-secret",
        "b --workspace planted-secret connectors list",
        "b connectors install whatsapp --phone-number-id planted-secret",
    ] {
        let mut error = CommandLine::try_parse_from(arguments(line)).unwrap_err();
        hide_values(&mut error);
        let text = error.render().to_string();
        assert!(!text.contains("planted-secret"), "{line}: {text}");
    }
}

#[test]
fn unknown_commands_and_options_suggest_the_nearest() {
    for (line, nearest) in [
        ("b conectors list", "connectors"),
        ("b connectors lst", "list"),
        ("b connectors list --limt 3", "--limit"),
    ] {
        let error = CommandLine::try_parse_from(arguments(line)).unwrap_err();
        let text = error.render().to_string();
        assert!(text.contains(&format!("'{nearest}'")), "{line}: {text}");
    }
}

#[test]
fn first_paragraph_is_one_line_without_usage() {
    let text = "error: unexpected argument '--x' found\n\n  tip: a similar argument exists\n\nUsage: b [OPTIONS]\n";
    assert_eq!(
        first_paragraph(text),
        "unexpected argument '--x' found tip: a similar argument exists"
    );
}

#[test]
fn color_is_known_before_the_arguments_are_parsed() {
    for line in [
        "b --color never --help",
        "b x --color=never",
        "b --color always --color never",
    ] {
        assert_eq!(color_choice(&arguments(line)), ColorChoice::Never, "{line}");
    }
    for line in ["b --help", "b --color", "b --color red", "b --colors never"] {
        assert_eq!(color_choice(&arguments(line)), ColorChoice::Auto, "{line}");
    }
}
