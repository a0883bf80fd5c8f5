//! Questions on a terminal. Each fails without one, so that a script never hangs.
//!
//! A question blocks its thread, so it has its own: meanwhile the command can still be interrupted.

mod terminal_state;

use std::io;

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Select};

use crate::context::Context;
use crate::errors::CliError;
use crate::stop_signals::StopSignal;
use terminal_state::TerminalState;

/// Asks a question whose answer is yes or no; no is the default. `otherwise` is what to do without a terminal.
pub(crate) async fn confirm(
    context: &Context,
    question: &str,
    otherwise: &str,
) -> Result<bool, CliError> {
    if !context.interactive() {
        return Err(CliError::usage(otherwise));
    }
    let question = question.to_owned();
    ask(context, move || {
        Confirm::with_theme(&ColorfulTheme::default())
            .with_prompt(question)
            .default(false)
            .interact()
    })
    .await
}

/// Asks for a string. An empty answer is asked again.
pub(crate) async fn text(context: &Context, prompt: &str) -> Result<String, CliError> {
    let prompt = prompt.to_owned();
    ask(context, move || {
        Input::with_theme(&ColorfulTheme::default())
            .with_prompt(prompt)
            .interact_text()
    })
    .await
}

/// Asks for one of several choices, and returns its index.
pub(crate) async fn choose(
    context: &Context,
    prompt: &str,
    choices: Vec<String>,
) -> Result<usize, CliError> {
    let prompt = prompt.to_owned();
    ask(context, move || {
        Select::with_theme(&ColorfulTheme::default())
            .with_prompt(prompt)
            .items(&choices)
            .default(0)
            .max_length(15)
            .interact()
    })
    .await
}

async fn ask<T: Send + 'static>(
    context: &Context,
    question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
) -> Result<T, CliError> {
    // Dropped with this future if a signal interrupts the command: the thread does not notice that.
    let mut state = TerminalState::save();
    let failed =
        |why: &dyn std::fmt::Display| CliError::Local(format!("cannot ask a question: {why}"));
    let answer = tokio::task::spawn_blocking(question).await;
    state.ended(matches!(answer, Ok(Ok(_))));
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(dialoguer::Error::IO(why))) if why.kind() == io::ErrorKind::Interrupted => {
            let (token, resume) = context.interruption.progress();
            Err(CliError::Interrupted {
                signal: StopSignal::Interrupt,
                token,
                resume,
                sending: false,
            })
        }
        Ok(Err(why)) => Err(failed(&why)),
        Err(why) => Err(failed(&why)),
    }
}
