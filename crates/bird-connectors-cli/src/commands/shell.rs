//! `completions` and `man`.

use std::path::Path;

use clap::CommandFactory as _;
use serde_json::json;

use crate::args::CommandLine;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

pub(super) fn completions(shell: clap_complete::Shell) -> CommandOutput {
    let mut command = CommandLine::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script);
    CommandOutput::Text(match shell {
        // clap_complete 4.6 writes the hyphen of the program in two ways, so that nothing is completed after a command.
        clap_complete::Shell::Bash => {
            script.replace("bird__subcmd__connectors", "bird__connectors")
        }
        _ => script.into_owned(),
    })
}

/// One page for each command.
pub(super) fn manual(folder: &Path) -> Result<CommandOutput, CliError> {
    let failed = |why: std::io::Error| {
        CliError::Local(format!("cannot write to {}: {why}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(CommandLine::command(), folder).map_err(failed)?;
    let files = std::fs::read_dir(folder).map_err(failed)?;
    // The folder can contain pages of other programs.
    let pages = files
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().starts_with(PROGRAM));
    let pages = pages.count();
    Ok(CommandOutput::Object {
        value: json!({"folder": folder.display().to_string(), "pages": pages}),
        columns: MANUAL,
    })
}

const PROGRAM: &str = "bird-connectors";

const MANUAL: &[Column] = &[
    Column::new("folder", "folder"),
    Column::new("pages", "pages"),
];
