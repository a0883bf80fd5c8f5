//! `apply`: makes workspaces follow files of channels. It can be killed at any time and repeated.

use std::sync::Arc;

use bird_connectors::install::OwnedJournal;
use bird_connectors::wait::Condition;
use bird_connectors_plan::{
    Action, ApplyError, ApplyOptions, ApplyStop, Plan, StepOutcome, StepResult,
};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::args::connectors::WaitCondition;
use crate::args::plan::ApplyArguments;
use crate::context::Context;
use crate::errors::{CliError, ErrorReport, ExitStatus};
use crate::messages;
use crate::output::{Column, CommandOutput, prose};
use crate::progress::BulkProgress;
use crate::prompt;

use super::{channel_files, journals, plan, wait};

const COLUMNS: &[Column] = &[
    Column::new("workspace", "workspace"),
    Column::new("name", "name"),
    Column::new("action", "action"),
    Column::new("result", "result"),
    Column::new("id", "id"),
    Column::new("channel", "channel_id"),
    Column::new("error", "error.message"),
];

pub(super) async fn run(
    context: &Context,
    arguments: ApplyArguments,
) -> Result<CommandOutput, CliError> {
    wait::refuse_unused(arguments.wait, &arguments.wait_options)?;
    let desired = channel_files::read(context, &arguments.selection.files)?;
    let location = plan::journal_location(&arguments.selection);
    let is_missing = location.is_missing_file();
    let journal = OwnedJournal::new(journals::open(&location).await?, desired.project());
    let plan = plan::make(context, &desired, &journal, &arguments.selection).await?;
    plan::warn_about_ownership(context, &plan, &location, is_missing);
    let mut options = options(&arguments);
    if let Err(error) = plan.check(&options) {
        return Err(refused(error));
    }
    if !confirm(context, &arguments, &plan).await? {
        context.message("Nothing was sent.");
        return Ok(CommandOutput::Nothing);
    }

    let steps = plan.steps.iter();
    let total = steps.filter(|step| step.action != Action::None).count();
    if total == 0 {
        context.message("Nothing is to be done.");
    }
    // The plan of a repetition is another one, which has to be reviewed again.
    let resume = (total > 0 && arguments.expect.is_none()).then(|| context.resume.same());
    match &resume {
        Some(resume) => {
            context.interruption.reached(None, resume.clone());
            // A process that is killed can print nothing more.
            context.message(&format!(
                "The journal is {location}. If this run stops, continue with: {resume}"
            ));
        }
        None => context.message(&format!("The journal is {location}.")),
    }
    context.interruption.creates_with(journal.clone());
    context.interruption.stop_in_order();
    let interruption = Arc::clone(&context.interruption);
    let client = context.client()?.clone();
    let mut rows = Rows {
        plan: plan.clone(),
        progress: BulkProgress::new(context, total),
        waits: arguments.wait,
        done: 0,
        failed: 0,
        waits_ended: false,
        worst: ExitStatus::Done,
    };
    let stop = ApplyStop::new();
    options.stop = Some(stop.clone());
    let (sender, mut receiver) = unbounded_channel();
    let work = async move {
        let applied = {
            let report = |result: &StepResult| {
                // The receiver exists as long as this.
                let _ = sender.send(rows.row(result));
            };
            let applied = plan.apply(&client, &desired, Some(&journal), &options, report);
            // Erased, because the compiler cannot show that the future can be sent otherwise.
            let mut applied: BoxFuture<'_, _> = Box::pin(applied);
            tokio::select! {
                biased;
                () = interruption.stop_requested() => {
                    stop.stop();
                    applied.await
                }
                applied = &mut applied => applied,
            }
        };
        if applied.is_ok() && rows.left_out(total) {
            interruption.cut_short();
        }
        if total > 0 && applied.is_ok() {
            rows.progress.finish(&format!(
                "{} done, {} failed",
                rows.done - rows.failed,
                rows.failed
            ));
        }
        match applied {
            Err(error) => {
                rows.progress.clear();
                Some(Err(refused(error)))
            }
            Ok(_) if rows.failed > 0 => Some(Err(CliError::Bulk {
                subject: "steps",
                failed: rows.failed,
                total,
                worst: rows.worst,
                resume,
            })),
            Ok(_) => None,
        }
    };
    let work = stream::once(work).filter_map(std::future::ready);
    let results = stream::poll_fn(move |context| receiver.poll_recv(context));
    let results = results.map(|row| Ok(vec![row]));
    Ok(CommandOutput::Rows {
        rows: stream::select(results, work).boxed(),
        columns: COLUMNS,
    })
}

fn options(arguments: &ApplyArguments) -> ApplyOptions {
    let mut options = ApplyOptions::default();
    options.expect.clone_from(&arguments.expect);
    options.force = arguments.force;
    options.concurrency = arguments.concurrency;
    options.recreate_after_window = arguments.reconcile.recreate_after_window;
    if let Some(window) = arguments.reconcile.reconcile_window {
        options.reconcile_window = window;
    }
    if arguments.wait {
        let condition = match arguments.wait_options.until() {
            WaitCondition::Active => Condition::active(),
            WaitCondition::Channel => Condition::has_channel(),
        };
        options.wait = Some((condition, arguments.wait_options.timeout()));
    }
    options
}

fn refused(error: ApplyError) -> CliError {
    let message = error.to_string();
    match error {
        ApplyError::Secrets(_) | ApplyError::NoJournal => CliError::usage(message),
        ApplyError::LargePrune(_) => {
            CliError::Refused(format!("{message}; add --force if that is intended"))
        }
        _ => CliError::Refused(message),
    }
}

/// Lists what goes dead, and asks whether to continue. A plan with the expected hash has been reviewed.
async fn confirm(
    context: &Context,
    arguments: &ApplyArguments,
    plan: &Plan,
) -> Result<bool, CliError> {
    let asks = !arguments.yes && arguments.expect.is_none();
    let mut deletes = 0;
    for step in plan.deletes() {
        deletes += 1;
        let stops = step.stops.as_deref().unwrap_or_default();
        let line = format!("{} {}: {stops}", step.action.as_str(), step.address);
        if asks && context.interactive() {
            // A part of the question, which --quiet does not shorten.
            messages::print(prose::printable(&line));
        } else {
            context.message(&line);
        }
    }
    if deletes == 0 || !asks {
        return Ok(true);
    }
    let question = format!("Delete {deletes} connectors or webhook subscriptions?");
    let otherwise = format!(
        "the plan deletes {deletes} connectors or webhook subscriptions: review it with `plan`, and pass --yes or --expect"
    );
    prompt::confirm(context, &question, &otherwise).await
}

/// Converts results to rows, and counts the failures.
struct Rows {
    plan: Plan,
    progress: BulkProgress,
    /// Whether the apply waits for the channels.
    waits: bool,
    done: usize,
    failed: usize,
    /// Whether a channel was no longer waited for.
    waits_ended: bool,
    worst: ExitStatus,
}

impl Rows {
    /// Whether a run that has ended was stopped before everything was done.
    fn left_out(&self, total: usize) -> bool {
        self.done < total || self.waits_ended
    }

    fn row(&mut self, result: &StepResult) -> Value {
        self.done += 1;
        let is_connector = matches!(
            result.result,
            Ok(StepOutcome::CreatedConnector(_) | StepOutcome::AdoptedConnector(_))
        );
        self.waits_ended |= self.waits && is_connector && result.ready.is_none();
        let step = self.plan.steps.get(result.step);
        let error = error_of(result).map(|error| {
            self.failed += 1;
            self.worst = self.worst.max(error.exit_code());
            error.report()
        });
        let address = step.map(|step| step.address.clone()).unwrap_or_default();
        let message = error
            .as_ref()
            .map(|error: &ErrorReport| error.message.as_str());
        self.progress.install(&address, message);
        let outcome = result.result.as_ref().ok();
        json!({
            "address": address,
            "workspace": step.map(|step| &step.workspace),
            "workspace_id": step.map(|step| step.workspace_id),
            "resource": step.map(|step| step.resource),
            "name": step.map(|step| &step.name),
            "action": step.map(|step| step.action),
            "result": outcome.map(|outcome| outcome.as_str()),
            "id": outcome.and_then(|outcome| outcome.id()).or_else(|| step.and_then(|step| step.id.clone())),
            "channel_id": result.channel_id().map(|id| id.to_string()),
            "error": error,
        })
    }
}

fn error_of(result: &StepResult) -> Option<CliError> {
    match (&result.result, &result.ready) {
        (Err(error), _) => Some(CliError::write(error.clone())),
        (Ok(_), Some(Err(error))) => Some(CliError::Wait {
            error: Box::new(error.clone()),
            resume: None,
        }),
        (Ok(_), _) => None,
    }
}
