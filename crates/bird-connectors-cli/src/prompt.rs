//! Questions on a terminal. Each fails without one, so that a script never hangs. Ctrl-C and Ctrl-D end every question.
//!
//! A question blocks its thread, so it has its own: meanwhile the command can still be interrupted.

mod menu;
mod question;
mod terminal_state;

use std::io;

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
    ask(context, move || question::confirm(&question)).await
}

/// Asks for a string. An empty answer is not accepted.
pub(crate) async fn text(context: &Context, prompt: &str) -> Result<String, CliError> {
    let prompt = prompt.to_owned();
    ask(context, move || question::text(&prompt)).await
}

/// Asks for one of several choices, and returns its index.
pub(crate) async fn choose(
    context: &Context,
    prompt: &str,
    choices: Vec<String>,
) -> Result<usize, CliError> {
    let prompt = prompt.to_owned();
    ask(context, move || question::choose(&prompt, &choices)).await
}

async fn ask<T: Send + 'static>(
    context: &Context,
    question: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, CliError> {
    // Dropped with this future if a signal interrupts the command: the thread does not notice that.
    let mut state = TerminalState::save();
    let failed =
        |why: &dyn std::fmt::Display| CliError::Local(format!("cannot ask a question: {why}"));
    let answer = tokio::task::spawn_blocking(question).await;
    state.ended(matches!(answer, Ok(Ok(_))));
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(why)) if why.kind() == io::ErrorKind::Interrupted => {
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
