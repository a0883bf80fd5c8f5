//! `plan` and `export`: compare files of channels with workspaces, and write workspaces as a file. Both send only reads.

use std::path::{Path, PathBuf};

use bird_connectors::install::OwnedJournal;
use bird_connectors_plan::{DesiredState, Export, ObservedState, Plan, PlanOptions, StepKind};

use crate::args::journal::JournalLocation;
use crate::args::plan::{ExportArguments, PlanArguments, PlanSelection};
use crate::context::Context;
use crate::errors::{CliError, ExitStatus};
use crate::output::{CommandOutput, prose};
use crate::wording;

use super::{channel_files, journals};

/// `plan`.
pub(super) async fn plan(
    context: &Context,
    arguments: &PlanArguments,
) -> Result<CommandOutput, CliError> {
    let desired = channel_files::read(context, &arguments.selection.files)?;
    let location = journal_location(&arguments.selection);
    let is_missing = location.is_missing_file();
    let journal = journals::open_for_reading(&location).await?;
    let journal = OwnedJournal::new(journal, desired.project());
    let plan = make(context, &desired, &journal, &arguments.selection).await?;
    warn_about_ownership(context, &plan, &location, is_missing);
    let status = if !plan.conflicts.is_empty() {
        ExitStatus::Conflict
    } else if !arguments.detailed_exitcode {
        ExitStatus::Done
    } else if plan.has_changes() {
        ExitStatus::Changes
    } else if plan.has_only_live() {
        ExitStatus::OnlyLive
    } else {
        ExitStatus::Done
    };
    let shown = prose::printable(&location.to_string());
    let mut value = plan.to_json();
    value["journal"] = location.to_string().into();
    Ok(CommandOutput::Report {
        text: if arguments.markdown {
            format!("{}\nJournal: `{shown}`\n", plan.to_markdown())
        } else {
            format!("{}journal: {shown}\n", plan.to_text(arguments.all))
        },
        value,
        end: match status {
            ExitStatus::Done => Ok(()),
            status => Err(CliError::Ended(status)),
        },
    })
}

/// Reads the workspaces and makes the plan.
pub(super) async fn make(
    context: &Context,
    desired: &DesiredState,
    journal: &OwnedJournal,
    selection: &PlanSelection,
) -> Result<Plan, CliError> {
    let client = context.client()?;
    let observed = Box::pin(ObservedState::read(client, desired, Some(journal))).await?;
    let mut options = PlanOptions::default();
    options.prune = selection.prune;
    options.replace.clone_from(&selection.replace);
    options.own.clone_from(&selection.own);
    options
        .update_signing_key
        .clone_from(&selection.update_signing_key);
    let mut plan = Plan::new(desired, &observed, &options);
    wording::translate_plan(&mut plan);
    Ok(plan)
}

/// Warns if everything that exists is adopted because the journal does not know the project. It is most likely another journal.
pub(super) fn warn_about_ownership(
    context: &Context,
    plan: &Plan,
    location: &JournalLocation,
    is_missing: bool,
) {
    let adopted = plan.count(StepKind::Adopt);
    if adopted == 0 || plan.steps.iter().any(|step| step.owned) {
        return;
    }
    let why = if is_missing {
        "does not exist".to_owned()
    } else {
        format!(
            "has no entry of what exists for the project {}",
            plan.project
        )
    };
    context.message(&format!(
        "warning: the journal {location} {why}, so the project owns none of the {adopted} connectors and webhook subscriptions that \
         match, and --prune deletes none of them: if an earlier apply created them, name its journal with --journal"
    ));
}

/// The journal: that of the options, or the one next to the first file, so that the same command finds it again.
pub(super) fn journal_location(selection: &PlanSelection) -> JournalLocation {
    let first = selection.files.first();
    selection.journal.clone().unwrap_or_else(|| {
        // Without the slash at the end of a folder.
        let first: PathBuf = first
            .map(|path| path.components().collect())
            .unwrap_or_default();
        let mut name = if first == Path::new(".") || first.as_os_str().is_empty() {
            "channels".into()
        } else {
            first.into_os_string()
        };
        name.push(".journal");
        JournalLocation::File(name.into())
    })
}

/// `export`.
pub(super) async fn export(
    context: &Context,
    arguments: &ExportArguments,
) -> Result<CommandOutput, CliError> {
    let workspaces = if arguments.workspaces.is_empty() {
        vec![context.workspace()?.id()]
    } else {
        arguments.workspaces.clone()
    };
    let all = DesiredState::empty(&*arguments.project, workspaces);
    let observed = Box::pin(ObservedState::read(context.client()?, &all, None)).await?;
    let export = Export::new(&arguments.project, &observed).map_err(CliError::usage)?;
    for omitted in &export.omitted {
        context.message(&format!("warning: the file does not contain {omitted}"));
    }
    if !export.secrets.is_empty() {
        context.message(&format!(
            "The API does not return secrets. Before the file creates anything, set: {}",
            export.secrets.join(", ")
        ));
    }
    Ok(CommandOutput::Text(export.yaml))
}
