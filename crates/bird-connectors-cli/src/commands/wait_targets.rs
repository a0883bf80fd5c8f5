//! `connectors wait`: waits for the installs that ids or tokens identify.

use std::collections::HashMap;

use bird_connectors::ConnectorId;
use bird_connectors::install::{Install, UnresolvedCreate};
use bird_connectors::resources::Connectors;
use bird_connectors::wait::{WaitError, WaitResult, WaitResults, WaitToken};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::args::connectors::{WaitArguments, WaitOptions};
use crate::context::Context;
use crate::errors::{CliError, ErrorReport, ExitStatus};
use crate::output::{Column, CommandOutput};
use crate::progress::BulkProgress;
use crate::resume_command::ResumeCommand;

use super::install::{self, InstallSummary};
use super::wait;

const COLUMNS: &[Column] = &[
    Column::new("connector", "connector_id"),
    Column::new("ready", "ready"),
    Column::new("channel", "channel_id"),
    Column::new("status", "status"),
    Column::new("error", "error.message"),
];

pub(super) async fn run(
    context: &Context,
    arguments: WaitArguments,
) -> Result<CommandOutput, CliError> {
    let targets: Result<Vec<WaitTarget>, CliError> = arguments
        .targets
        .iter()
        .map(|target| WaitTarget::parse(target))
        .collect();
    let connectors = context.workspace()?.connectors();
    let mut targets = targets?.into_iter().zip(&arguments.targets);
    if let (1, Some((target, token))) = (arguments.targets.len(), targets.next()) {
        context
            .interruption
            .reached(Some(token.clone()), context.resume.same());
        let install = find(context, &connectors, target).await?;
        let ready = wait::until_ready(context, &install, &arguments.wait).await?;
        let summary = InstallSummary::existing(&install).with_ready(&ready);
        return Ok(CommandOutput::object(&summary, install::SUMMARY));
    }
    wait_all(context, &connectors, &arguments).await
}

async fn wait_all(
    context: &Context,
    connectors: &Connectors,
    arguments: &WaitArguments,
) -> Result<CommandOutput, CliError> {
    context.interruption.reached(None, context.resume.same());
    let mut failed = Vec::new();
    let mut tokens: HashMap<ConnectorId, WaitToken> = HashMap::new();
    for target in &arguments.targets {
        match find(context, connectors, WaitTarget::parse(target)?).await {
            Ok(install) => drop(tokens.insert(install.id(), install.token())),
            Err(error @ CliError::Usage(_)) => return Err(error),
            Err(error) => failed.push((target.clone(), error)),
        }
    }
    let waiting = connectors.wait_all(tokens.values().cloned());
    let total = tokens.len() + failed.len();
    let run = Run {
        results: Some(waiting.options(wait::convert(&arguments.wait)).results()),
        failed: failed.into_iter(),
        tokens,
        progress: BulkProgress::new(context, total),
        total,
        failures: 0,
        worst: ExitStatus::Done,
        resumable: Vec::new(),
        resume: context.resume.clone(),
        wait: arguments.wait.clone(),
    };
    Ok(CommandOutput::List {
        pages: stream::unfold(run, Run::next).boxed(),
        columns: COLUMNS,
    })
}

/// The install of a target. After a create of unknown outcome, this searches for the connector.
async fn find(
    context: &Context,
    connectors: &Connectors,
    target: WaitTarget,
) -> Result<Install, CliError> {
    match target {
        WaitTarget::Connector(id) => Ok(connectors.follow(id)),
        WaitTarget::Install(token) => Ok(connectors.resume(token)?),
        WaitTarget::Unresolved(create) => {
            context.message(&format!("searching for {}", create.what()));
            let found = connectors
                .reconcile(&create)
                .await
                .map_err(|error| CliError::from(error).with_repetition(|| context.resume.same()));
            match found? {
                Some(ensured) => Ok(ensured.into_install()),
                None => Err(CliError::NotCreated(format!(
                    "no connector was found for {}, so it was not created: repeat the install",
                    create.what()
                ))),
            }
        }
    }
}

/// What `connectors wait` was given.
enum WaitTarget {
    Connector(ConnectorId),
    Install(WaitToken),
    Unresolved(Box<UnresolvedCreate>),
}

impl WaitTarget {
    fn parse(target: &str) -> Result<Self, CliError> {
        let id = target.parse::<ConnectorId>();
        let id = match id {
            Ok(id) => return Ok(Self::Connector(id)),
            Err(error) => error,
        };
        if let Ok(token) = target.parse() {
            return Ok(Self::Install(token));
        }
        if let Ok(create) = target.parse() {
            return Ok(Self::Unresolved(Box::new(create)));
        }
        let token = target.parse::<WaitToken>().err();
        Err(CliError::usage(match token {
            // What tokens start with: base64 of a JSON object.
            Some(token) if target.starts_with("eyJ") => token.to_string(),
            _ => {
                format!("{id}; `connectors wait` also takes the token that another command printed")
            }
        }))
    }
}

/// Waits whose results are read one by one.
struct Run {
    results: Option<WaitResults>,
    /// Targets without an install, and why.
    failed: std::vec::IntoIter<(String, CliError)>,
    tokens: HashMap<ConnectorId, WaitToken>,
    progress: BulkProgress,
    total: usize,
    failures: usize,
    worst: ExitStatus,
    /// The tokens of the waits that can be resumed.
    resumable: Vec<String>,
    resume: ResumeCommand,
    wait: WaitOptions,
}

impl Run {
    /// The next result; after the last one, the error of the whole command if a wait has failed.
    async fn next(mut self) -> Option<(Result<Vec<Value>, CliError>, Self)> {
        if let Some((target, error)) = self.failed.next() {
            // The search can succeed later.
            if error.report().resume.is_some() {
                self.resumable.push(target.clone());
            }
            let row = self.failed_row(&target, error);
            return Some((Ok(vec![row]), self));
        }
        let results = self.results.as_mut()?;
        if let Some(result) = results.next().await {
            let row = self.row(result);
            return Some((Ok(vec![row]), self));
        }
        let totals = results.totals();
        self.results = None;
        self.progress.finish(&totals.to_string());
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

    fn row(&mut self, result: WaitResult) -> Value {
        let id = result.connector_id.to_string();
        let token = self.tokens.get(&result.connector_id);
        let token = token.map(ToString::to_string);
        match result.result {
            Ok(ready) => {
                self.progress.install(&id, None);
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
                self.failed_row(&id, error)
            }
        }
    }

    fn failed_row(&mut self, target: &str, error: CliError) -> Value {
        let report: ErrorReport = error.report();
        self.failures += 1;
        self.worst = self.worst.max(error.exit_code());
        self.progress.install(target, Some(&report.message));
        json!({
            "connector_id": report.connector_id,
            "ready": false,
            "channel_id": null,
            "status": report.channel_status,
            "token": report.token,
            "error": report,
        })
    }
}
