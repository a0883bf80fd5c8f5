//! The command line: reads the arguments, runs the command, writes its result, and reports errors.
#![forbid(unsafe_code)]
// The program must not panic; its tests may.
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod args;
mod commands;
mod context;
mod errors;
mod interruption;
mod messages;
mod output;
mod profile;
mod progress;
mod prompt;
mod resume_command;
mod secrets;
mod startup;
mod stop_signals;
mod wording;

use std::process::ExitCode;

fn main() -> ExitCode {
    startup::run()
}
