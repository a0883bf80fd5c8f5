//! The command lines that continue after a failure. Pure.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use clap::ValueEnum as _;

use crate::args::connectors::WaitOptions;
use crate::args::global::{GlobalOptions, OutputFormat};

const PROGRAM: &str = "bird-connectors";

/// Builds the command that continues, with the options that the user passed.
#[derive(Clone, Debug)]
pub(crate) struct ResumeCommand {
    /// The arguments of this process, without the program.
    arguments: Vec<String>,
    /// The options that every command accepts, as far as they were passed.
    options: Vec<String>,
    /// The arguments that the user has typed as answers.
    answers: Arc<Mutex<Vec<String>>>,
}

impl ResumeCommand {
    pub(crate) fn new(arguments: Vec<String>, global: &GlobalOptions) -> Self {
        let mut options = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                options.extend([name.to_owned(), value]);
            }
        };
        add("--profile", global.profile.clone());
        add("--workspace", global.workspace.map(|id| id.to_string()));
        add("--base-url", global.base_url.clone());
        let key_file = global.key_file.as_ref();
        add(
            "--key-file",
            key_file.map(|path| path.display().to_string()),
        );
        add(
            "--output",
            global.output.map(|format| name(format).to_owned()),
        );
        add("--jq", global.jq.clone());
        let columns = &global.columns;
        add(
            "--columns",
            (!columns.is_empty()).then(|| columns.join(",")),
        );
        if global.quiet {
            options.push("--quiet".to_owned());
        }
        Self {
            arguments,
            options,
            answers: Arc::default(),
        }
    }

    /// Adds the answer to a question to the commands that repeat this one.
    pub(crate) fn answered(&self, option: &str, value: &str) {
        let mut answers = self.answers();
        if value.starts_with('-') {
            // Not an option.
            answers.push(format!("{option}={value}"));
        } else {
            answers.extend([option.to_owned(), value.to_owned()]);
        }
    }

    fn answers(&self) -> MutexGuard<'_, Vec<String>> {
        self.answers
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Waits for an install, given its token or the token of an unresolved create.
    pub(crate) fn wait(&self, token: &str, wait: &WaitOptions) -> String {
        self.wait_all(&[token], wait)
    }

    /// Waits for several installs, for as long and for the same condition as before.
    pub(crate) fn wait_all(&self, tokens: &[&str], wait: &WaitOptions) -> String {
        let timeout = wait.timeout.map(duration);
        let until = wait.until.and_then(|until| until.to_possible_value());
        let mut command = vec!["connectors", "wait"];
        command.extend(tokens);
        if let Some(timeout) = &timeout {
            command.extend(["--timeout", timeout]);
        }
        if let Some(until) = &until {
            command.extend(["--until", until.get_name()]);
        }
        self.with_options(&command)
    }

    /// Deletes what may be deleted already: `group` is `connectors` or `webhooks`.
    pub(crate) fn delete(&self, group: &str, id: &str) -> String {
        self.with_options(&[group, "delete", id, "--yes", "--missing-ok"])
    }

    fn with_options(&self, command: &[&str]) -> String {
        let options = self.options.iter().map(String::as_str);
        join(command.iter().copied().chain(options))
    }

    /// The same command again.
    pub(crate) fn same(&self) -> String {
        self.repeated(self.arguments.iter().map(String::as_str))
    }

    fn repeated<'a>(&'a self, arguments: impl Iterator<Item = &'a str>) -> String {
        let answers = self.answers();
        let mut words: Vec<&str> = arguments.collect();
        words.extend(answers.iter().map(String::as_str));
        join(words.into_iter())
    }

    /// The same command again, with `ensure` instead of `install`, so that it adopts what exists. None for another command.
    pub(crate) fn ensure(&self) -> Option<String> {
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let group = arguments.iter().position(|word| *word == "connectors")?;
        // The first of both is the command; a name can be either.
        let mut commands = arguments.iter_mut().skip(group);
        let command = commands.find(|word| matches!(**word, "install" | "ensure"))?;
        if *command == "ensure" {
            return None;
        }
        *command = "ensure";
        Some(self.repeated(arguments.into_iter()))
    }
}

fn join<'a>(arguments: impl Iterator<Item = &'a str>) -> String {
    shell_words::join(std::iter::once(PROGRAM).chain(arguments))
}

/// Without the spaces of humantime, so that a shell needs no quotes.
fn duration(duration: Duration) -> String {
    humantime::format_duration(duration)
        .to_string()
        .replace(' ', "")
}

fn name(format: OutputFormat) -> &'static str {
    match format {
        OutputFormat::Table => "table",
        OutputFormat::Json => "json",
        OutputFormat::Jsonl => "jsonl",
    }
}

#[cfg(test)]
mod tests;
