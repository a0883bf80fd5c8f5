//! The wait for one channel, which several commands share.

use std::time::Duration;

use bird_connectors::install::Install;
use bird_connectors::wait::{Condition, Ready, Step, WaitError};

use crate::args::connectors::{WaitCondition, WaitOptions};
use crate::context::Context;
use crate::errors::CliError;
use crate::progress::WaitProgress;

/// Waits until the channel of an install is ready, and shows each change. `timeout` is what is left of that of the options.
pub(super) async fn until_ready(
    context: &Context,
    install: &Install,
    options: &WaitOptions,
    timeout: Duration,
) -> Result<Ready, CliError> {
    let token = install.token().to_string();
    let resume = context.resume.wait(&token, options);
    context.interruption.reached(Some(token), resume);

    let name = match install.connector() {
        Some(connector) => connector.name.clone(),
        None => install.id().to_string(),
    };
    let mut progress = WaitProgress::new(context, name);
    let waiting = install.until_ready().options(convert(options, timeout));
    let mut steps = waiting.progress();
    let result = loop {
        match steps.try_next().await {
            Ok(Some(Step::Poll(poll))) => progress.observe(&poll),
            Ok(Some(Step::Ready(ready))) => break Ok(ready),
            Ok(Some(_)) => {}
            Ok(None) => {
                break Err(CliError::Local(
                    "the wait ended without a result".to_owned(),
                ));
            }
            Err(error) => {
                let error = with_earlier_time(error, options, timeout);
                break Err(failed(context, error, options));
            }
        }
    };
    drop(progress);
    result
}

/// Adds what a command has used of its time before a wait: the user has set a limit for both together. `timeout` was left.
pub(super) fn with_earlier_time(
    mut error: WaitError,
    options: &WaitOptions,
    timeout: Duration,
) -> WaitError {
    if let WaitError::TimedOut(report) = &mut error {
        report.elapsed += options.timeout().saturating_sub(timeout);
    }
    error
}

/// The error of a wait, with the command that resumes it.
fn failed(context: &Context, error: WaitError, options: &WaitOptions) -> CliError {
    let resume = error
        .token()
        .map(|token| context.resume.wait(&token.to_string(), options));
    CliError::Wait {
        error: Box::new(error),
        resume,
    }
}

pub(super) fn convert(
    options: &WaitOptions,
    timeout: Duration,
) -> bird_connectors::wait::WaitOptions {
    let condition = match options.until() {
        WaitCondition::Active => Condition::active(),
        WaitCondition::Channel => Condition::has_channel(),
    };
    bird_connectors::wait::WaitOptions::new()
        .timeout(timeout)
        .until(condition)
}

/// Refuses options that have an effect only on a wait.
pub(super) fn refuse_unused(wait: bool, options: &WaitOptions) -> Result<(), CliError> {
    match options.first_given() {
        Some(option) if !wait => Err(CliError::usage(format!(
            "{option} has no effect without --wait: add --wait, or leave it out"
        ))),
        _ => Ok(()),
    }
}
