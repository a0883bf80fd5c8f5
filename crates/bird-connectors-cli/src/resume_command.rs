//! The command lines that continue after a failure. Pure.

use crate::args::global::{GlobalOptions, OutputFormat};

const PROGRAM: &str = "bird-connectors";

/// Builds the command that continues, with the options that the user passed.
#[derive(Clone, Debug)]
pub(crate) struct ResumeCommand {
    /// The arguments of this process, without the program.
    arguments: Vec<String>,
    /// The options that every command accepts, as far as they were passed.
    options: Vec<String>,
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
        Self { arguments, options }
    }

    /// Waits for an install, given its token or the token of an unresolved create.
    pub(crate) fn wait(&self, token: &str) -> String {
        self.wait_all(&[token])
    }

    /// Waits for several installs.
    pub(crate) fn wait_all(&self, tokens: &[&str]) -> String {
        let command = ["connectors", "wait"];
        let command: Vec<&str> = command.iter().chain(tokens).copied().collect();
        self.with_options(&command)
    }

    /// Deletes a connector that may be deleted already.
    pub(crate) fn delete(&self, connector: &str) -> String {
        self.with_options(&["connectors", "delete", connector, "--yes", "--missing-ok"])
    }

    fn with_options(&self, command: &[&str]) -> String {
        let options = self.options.iter().map(String::as_str);
        join(command.iter().copied().chain(options))
    }

    /// The same command again.
    pub(crate) fn same(&self) -> String {
        join(self.arguments.iter().map(String::as_str))
    }

    /// The same command again, with `ensure` instead of `install`, so that it adopts what exists.
    pub(crate) fn ensure(&self) -> String {
        let group = self
            .arguments
            .iter()
            .position(|argument| argument == "connectors");
        let install = group.and_then(|group| {
            let rest = &self.arguments[group..];
            let found = rest.iter().position(|argument| argument == "install")?;
            Some(group + found)
        });
        join(self.arguments.iter().enumerate().map(|(index, argument)| {
            if Some(index) == install {
                "ensure"
            } else {
                argument
            }
        }))
    }
}

fn join<'a>(arguments: impl Iterator<Item = &'a str>) -> String {
    shell_words::join(std::iter::once(PROGRAM).chain(arguments))
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
