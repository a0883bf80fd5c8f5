//! The rows of several waits, as they end.

use std::collections::HashMap;
use std::time::Duration;

use bird_connectors::ConnectorId;
use bird_connectors::install::Install;
use bird_connectors::resources::Connectors;
use bird_connectors::wait::{Ready, WaitError, WaitResults};
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::time_limit::TimeLimit;
use crate::args::connectors::{WaitArguments, WaitOptions};
use crate::commands::wait;
use crate::context::Context;
use crate::errors::{CliError, ErrorReport, ExitStatus};
use crate::progress::BulkProgress;
use crate::resume_command::ResumeCommand;

/// What a separate search or wait has reached.
pub(super) enum Step {
    /// The search for the connector of this token.
    Searched(String, Result<Box<Install>, CliError>),
    Waited(ConnectorId, Box<Result<Ready, WaitError>>),
}

type Steps = FuturesUnordered<BoxFuture<'static, Step>>;

/// Waits whose results are read one by one.
pub(super) struct Run {
    /// The waits that share their polls. None once they have ended.
    results: Option<WaitResults>,
    /// The searches for connectors, and the waits for those that were found.
    steps: Steps,
    /// Ids that do not exist.
    missing: std::vec::IntoIter<(ConnectorId, CliError)>,
    tokens: HashMap<ConnectorId, String>,
    progress: BulkProgress,
    total: usize,
    ready: usize,
    failures: usize,
    worst: ExitStatus,
    /// The tokens of the waits that can be resumed.
    resumable: Vec<String>,
    resume: ResumeCommand,
    wait: WaitOptions,
    limit: TimeLimit,
    /// What was left of the time when the shared waits began.
    left: Duration,
    ended: bool,
}

impl Run {
    pub(super) fn new(
        context: &Context,
        connectors: &Connectors,
        arguments: &WaitArguments,
        limit: TimeLimit,
        installs: HashMap<ConnectorId, Install>,
        missing: Vec<(ConnectorId, CliError)>,
        steps: Steps,
    ) -> Self {
        let tokens = installs.iter();
        let tokens = tokens.map(|(id, install)| (*id, install.token().to_string()));
        let tokens: HashMap<ConnectorId, String> = tokens.collect();
        let total = tokens.len() + missing.len() + steps.len();
        let left = limit.remaining();
        let waiting = connectors
            .wait_all(installs.values())
            .options(wait::convert(&arguments.wait, left));
        Self {
            results: Some(waiting.results()),
            steps,
            missing: missing.into_iter(),
            tokens,
            progress: BulkProgress::new(context, total),
            total,
            ready: 0,
            failures: 0,
            worst: ExitStatus::Done,
            resumable: Vec::new(),
            resume: context.resume.clone(),
            wait: arguments.wait.clone(),
            limit,
            left,
            ended: false,
        }
    }

    /// The next result; after the last one, the error of the whole command if a wait has failed.
    pub(super) async fn next(mut self) -> Option<(Result<Vec<Value>, CliError>, Self)> {
        if let Some((id, error)) = self.missing.next() {
            let row = self.failed_row(&id.to_string(), Some(id), &error);
            return Some((Ok(vec![row]), self));
        }
        if let Some(row) = self.next_row().await {
            return Some((Ok(vec![row]), self));
        }
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        self.progress
            .finish(&format!("{} ready, {} failed", self.ready, self.failures));
        if self.failures == 0 {
            return None;
        }
        let tokens: Vec<&str> = self.resumable.iter().map(String::as_str).collect();
        let error = CliError::Bulk {
            subject: "waits",
            failed: self.failures,
            total: self.total,
            worst: self.worst,
            resume: (!tokens.is_empty()).then(|| self.resume.wait_all(&tokens, &self.wait)),
        };
        Some((Err(error), self))
    }

    async fn next_row(&mut self) -> Option<Value> {
        loop {
            let step = tokio::select! {
                Some(result) = next_result(&mut self.results) => {
                    let waited = result.result.map_err(|error| {
                        wait::with_earlier_time(error, &self.wait, self.left)
                    });
                    Step::Waited(result.connector_id, Box::new(waited))
                }
                Some(step) = self.steps.next() => step,
                else => return None,
            };
            match step {
                Step::Waited(id, result) => return Some(self.row(id, *result)),
                Step::Searched(token, Err(error)) => {
                    // The search can succeed later.
                    if error.report().resume.is_some() {
                        self.resumable.push(token.clone());
                    }
                    return Some(self.failed_row(&token, None, &error));
                }
                Step::Searched(_, Ok(install)) if self.tokens.contains_key(&install.id()) => {
                    // The row of the other wait is enough.
                    self.total -= 1;
                    self.progress.leave_out_one();
                }
                Step::Searched(_, Ok(install)) => self.follow(&install),
            }
        }
    }

    /// Waits for an install that was found, in addition to the shared waits.
    fn follow(&mut self, install: &Install) {
        let id = install.id();
        self.tokens.insert(id, install.token().to_string());
        let (left, options) = (self.limit.remaining(), self.wait.clone());
        let waiting = install.until_ready().options(wait::convert(&options, left));
        let waited = waiting.into_future().map(move |result| {
            let result = result.map_err(|error| wait::with_earlier_time(error, &options, left));
            Step::Waited(id, Box::new(result))
        });
        self.steps.push(waited.boxed());
    }

    fn row(&mut self, id: ConnectorId, result: Result<Ready, WaitError>) -> Value {
        let token = self.tokens.get(&id).cloned();
        match result {
            Ok(ready) => {
                self.ready += 1;
                self.progress.install(&id.to_string(), None);
                let channel = ready.channel.as_ref();
                let status = channel.and_then(|channel| channel.status.as_ref());
                json!({
                    "connector_id": id,
                    "ready": true,
                    "channel_id": ready.channel_id,
                    "status": status,
                    "token": token,
                    "error": null,
                })
            }
            Err(error) => {
                if matches!(error, WaitError::TimedOut(_) | WaitError::Denied { .. }) {
                    self.resumable.extend(token);
                }
                let error = CliError::Wait {
                    error: Box::new(error),
                    resume: None,
                };
                self.failed_row(&id.to_string(), Some(id), &error)
            }
        }
    }

    fn failed_row(&mut self, label: &str, id: Option<ConnectorId>, error: &CliError) -> Value {
        let report: ErrorReport = error.report();
        self.failures += 1;
        self.worst = self.worst.max(error.exit_code());
        self.progress.install(label, Some(&report.message));
        // Unknown if nothing could be read.
        let ready = match error {
            CliError::Wait { error, .. } if matches!(**error, WaitError::Denied { .. }) => None,
            CliError::Unresolved { .. } => None,
            _ => Some(false),
        };
        json!({
            "connector_id": id,
            "ready": ready,
            "channel_id": null,
            "status": report.channel_status,
            "token": report.token,
            "error": report,
        })
    }
}

/// The next result of the shared waits; never, once they have ended.
async fn next_result(
    results: &mut Option<WaitResults>,
) -> Option<bird_connectors::wait::WaitResult> {
    let result = results.as_mut()?.next().await;
    if result.is_none() {
        *results = None;
    }
    result
}
