//! `commands`: the whole command line as data, for tools and agents.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use serde_json::{Map, Value, json};

use crate::args::CommandLine;
use crate::output::{Column, CommandOutput};

const COLUMNS: &[Column] = &[
    Column::new("command", "command"),
    Column::new("about", "about"),
];

/// One entry for each command that does something.
pub(super) fn run() -> CommandOutput {
    let mut root = CommandLine::command();
    // Adds the global options to each command.
    root.build();
    let mut entries = Vec::new();
    collect(&root, &mut Vec::new(), &mut entries);
    let pages = futures_util::stream::once(async { Ok(entries) });
    CommandOutput::List {
        pages: Box::pin(pages),
        columns: COLUMNS,
    }
}

fn collect(command: &Command, path: &mut Vec<String>, entries: &mut Vec<Value>) {
    path.push(command.get_name().to_owned());
    let visible = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help");
    let mut is_group = false;
    for subcommand in visible {
        is_group = true;
        collect(subcommand, path, entries);
    }
    // A command with optional subcommands, such as `sandbox`, also does something by itself.
    if !is_group || !command.is_subcommand_required_set() {
        entries.push(describe(command, &path.join(" ")));
    }
    path.pop();
}

fn describe(command: &Command, path: &str) -> Value {
    let text = |styled: Option<&clap::builder::StyledStr>| styled.map(ToString::to_string);
    let visible = || {
        command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
    };
    let (positionals, options): (Vec<&Arg>, Vec<&Arg>) = visible()
        .filter(|argument| !is_help(argument))
        .partition(|argument| argument.is_positional());
    json!({
        "command": path,
        "about": text(command.get_about()),
        "description": text(command.get_long_about().or(command.get_about())),
        "examples": text(command.get_after_help()).map(|help| examples(&help)).unwrap_or_default(),
        "arguments": positionals.into_iter().map(argument).collect::<Vec<_>>(),
        "options": options.into_iter().map(argument).collect::<Vec<_>>(),
    })
}

fn is_help(argument: &Arg) -> bool {
    matches!(
        argument.get_action(),
        ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort | ArgAction::Version
    )
}

fn argument(argument: &Arg) -> Value {
    let mut entry = Map::new();
    let mut add = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    let name = argument.get_long().map(|long| format!("--{long}"));
    let value_names = argument.get_value_names().unwrap_or_default();
    let value_name = value_names.first().map(ToString::to_string);
    add(
        "name",
        json!(
            name.or_else(|| value_name.clone())
                .unwrap_or_else(|| argument.get_id().to_string())
        ),
    );
    add(
        "short",
        json!(argument.get_short().map(|short| format!("-{short}"))),
    );
    add("help", json!(argument.get_help().map(ToString::to_string)));
    add("required", json!(argument.is_required_set()));
    let takes_value = argument.get_action().takes_values();
    add("value", json!(value_name.filter(|_| takes_value)));
    let repeated = matches!(argument.get_action(), ArgAction::Append | ArgAction::Count);
    add("repeatable", json!(repeated));
    let possible: Vec<String> = if takes_value {
        let values = argument.get_possible_values();
        values
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect()
    } else {
        Vec::new()
    };
    add("possible_values", json!(possible));
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    add("default", json!(defaults.first().filter(|_| takes_value)));
    Value::Object(entry)
}

/// The command lines in the text below a help, each on one line.
fn examples(help: &str) -> Vec<String> {
    let joined = help.replace("\\\n", " ");
    joined
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("bird-connectors "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}
