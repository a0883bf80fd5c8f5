//! Questions on a terminal. Each fails without one, so that a script never hangs. Ctrl-C, Ctrl-D and Escape end every question.
//!
//! A question blocks its thread, so it has its own: meanwhile a signal can still interrupt the command.

mod open_question;

use console::Term;
use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{Confirm, InquireError, Select, Text};

use crate::context::Context;
use crate::errors::CliError;
use crate::output::prose;
use crate::stop_signals::StopSignal;
use open_question::OpenQuestion;

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
    let prompt = move || {
        Confirm::new(&question)
            .with_default(false)
            .with_error_message("answer y for yes, or n for no")
            .with_render_config(style())
            .prompt()
    };
    ask(context, prompt).await
}

/// Converts an answer, or says why it is not valid.
pub(crate) type Conversion = fn(&str) -> Result<String, String>;

/// Asks for a string, until the answer is one line that can be converted.
pub(crate) async fn text(
    context: &Context,
    prompt: &str,
    conversion: Conversion,
) -> Result<String, CliError> {
    let prompt = prompt.to_owned();
    let answer = ask(context, move || {
        let check = move |answer: &str| {
            Ok(match checked(answer, conversion) {
                Ok(_) => Validation::Valid,
                Err(why) => Validation::Invalid(why.into()),
            })
        };
        Text::new(&prompt)
            .with_validator(check)
            .with_formatter(&|answer| answer.trim().to_owned())
            .with_render_config(style())
            .prompt()
    });
    checked(&answer.await?, conversion).map_err(CliError::Usage)
}

const LIST_HELP: &str = "arrow keys to move, Enter to select, type to filter";

/// Asks for one of several choices, and returns its index. Typing shows only the choices that contain each typed word.
pub(crate) async fn choose(
    context: &Context,
    prompt: &str,
    choices: Vec<String>,
) -> Result<usize, CliError> {
    let prompt = prompt.to_owned();
    let (rows, columns) = Term::stderr().size();
    ask(context, move || {
        let choices: Vec<String> = choices
            .iter()
            .map(|choice| prose::printable(choice))
            .collect();
        let lines = choices.iter().map(|choice| one_line(choice, columns));
        let chosen = Select::new(&prompt, lines.collect())
            .with_page_size(visible_choices(&prompt, rows, columns))
            .with_help_message(LIST_HELP)
            .with_scorer(&|typed, _, _, index| {
                choices
                    .get(index)
                    .filter(|choice| contains_words(choice, typed))
                    .map(|_| 0)
            })
            .with_formatter(&|chosen| choices.get(chosen.index).cloned().unwrap_or_default())
            .with_render_config(style())
            .raw_prompt();
        chosen.map(|chosen| chosen.index)
    })
    .await
}

async fn ask<T: Send + 'static>(
    context: &Context,
    prompt: impl FnOnce() -> Result<T, InquireError> + Send + 'static,
) -> Result<T, CliError> {
    // Dropped with this future if a signal interrupts the command: the thread does not notice that.
    let mut question = OpenQuestion::new();
    let answer = tokio::task::spawn_blocking(prompt).await;
    question.ended();
    let failed = |why: String| CliError::Local(format!("cannot ask a question: {why}"));
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(InquireError::OperationCanceled | InquireError::OperationInterrupted)) => {
            let (token, resume) = context.interruption.progress();
            Err(CliError::Interrupted {
                signal: StopSignal::Interrupt,
                token,
                resume,
                sending: false,
                unresolved: Vec::new(),
            })
        }
        Ok(Err(why)) => Err(failed(why.to_string())),
        Err(why) => Err(failed(why.to_string())),
    }
}

/// The colors of questions, as `--color` and `NO_COLOR` set them.
fn style() -> RenderConfig<'static> {
    if !console::colors_enabled_stderr() {
        return RenderConfig::empty();
    }
    // Otherwise, `NO_COLOR` would win over `--color always`.
    crossterm::style::force_color_output(true);
    RenderConfig::default_colored()
}

/// Refuses an answer that is empty, or that a terminal cannot show: a text that is pasted can contain line breaks.
fn checked(answer: &str, conversion: Conversion) -> Result<String, String> {
    let answer = answer.trim();
    if answer.is_empty() {
        Err("the answer must not be empty".to_owned())
    } else if answer.contains(char::is_control) {
        Err("the answer must be one line, without control characters".to_owned())
    } else {
        conversion(answer)
    }
}

/// Shortens a choice that does not fit the terminal: lines that wrap could make the list higher than the terminal.
fn one_line(choice: &str, columns: u16) -> String {
    /// The columns of the mark before a choice, and one that is free.
    const MARK: usize = 3;
    let width = usize::from(columns).saturating_sub(MARK);
    console::truncate_str(choice, width, "…").into_owned()
}

/// How many choices are visible on a terminal of this size, below the question and above its help.
fn visible_choices(question: &str, rows: u16, columns: u16) -> usize {
    /// The marks and the spaces around a question.
    const AROUND_QUESTION: usize = 4;
    let rows_of = |length: usize| length.div_ceil(usize::from(columns.max(1)));
    let others = rows_of(question.chars().count() + AROUND_QUESTION) + rows_of(LIST_HELP.len());
    // One row is free.
    usize::from(rows).saturating_sub(others + 1).clamp(1, 15)
}

/// Whether a choice contains each typed word, in any order.
fn contains_words(choice: &str, typed: &str) -> bool {
    let choice = choice.to_lowercase();
    let typed = typed.to_lowercase();
    typed.split_whitespace().all(|word| choice.contains(word))
}

#[cfg(test)]
mod tests;
