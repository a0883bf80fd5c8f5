//! Questions on a terminal. Each fails without one, so that a script never hangs.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Select};

use crate::context::Context;
use crate::errors::CliError;

/// Asks a question whose answer is yes or no; no is the default. `otherwise` is what to do without a terminal.
pub(crate) fn confirm(
    context: &Context,
    question: &str,
    otherwise: &str,
) -> Result<bool, CliError> {
    if !context.interactive() {
        return Err(CliError::usage(otherwise));
    }
    let theme = ColorfulTheme::default();
    Confirm::with_theme(&theme)
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(failed)
}

/// Asks for a string. An empty answer is asked again.
pub(crate) fn text(prompt: &str) -> Result<String, CliError> {
    let theme = ColorfulTheme::default();
    Input::with_theme(&theme)
        .with_prompt(prompt)
        .interact_text()
        .map_err(failed)
}

/// Asks for one of several choices, and returns its index.
pub(crate) fn choose(prompt: &str, choices: &[String]) -> Result<usize, CliError> {
    let theme = ColorfulTheme::default();
    Select::with_theme(&theme)
        .with_prompt(prompt)
        .items(choices)
        .default(0)
        .max_length(15)
        .interact()
        .map_err(failed)
}

fn failed(error: dialoguer::Error) -> CliError {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted {
        // The question has hidden the cursor, and has not ended its line.
        let terminal = console::Term::stderr();
        let _ = terminal
            .show_cursor()
            .and_then(|()| terminal.write_line(""));
        return CliError::Interrupted {
            token: None,
            resume: None,
            sending: false,
        };
    }
    CliError::Local(format!("cannot ask a question: {error}"))
}
