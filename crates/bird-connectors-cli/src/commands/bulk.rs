//! `connectors install-all`: installs the rows of a file. It can be killed at any time and repeated.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bird_connectors::NumberId;
use bird_connectors::install::{InstallItem, InstallResult, InstallResults};
use bird_connectors::resources::{Connectors, PhoneNumber};
use bird_connectors::wait::WaitError;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::args::connectors::InstallAllArguments;
use crate::args::journal::JournalLocation;
use crate::args::template::{NumberArguments, TemplateArguments};
use crate::context::Context;
use crate::errors::{CliError, ErrorReport, ExitStatus};
use crate::interruption::Interruption;
use crate::output::{Column, CommandOutput};
use crate::progress::BulkProgress;

use super::rows::{self, FileRow};
use super::{journals, template, wait};

const COLUMNS: &[Column] = &[
    Column::new("row", "row"),
    Column::new("name", "name"),
    Column::new("created", "created"),
    Column::new("ready", "ready"),
    Column::new("connector", "connector_id"),
    Column::new("channel", "channel_id"),
    Column::new("error", "error.message"),
];

pub(super) async fn run(
    context: &Context,
    arguments: InstallAllArguments,
) -> Result<CommandOutput, CliError> {
    if arguments.example {
        return Ok(CommandOutput::Text(rows::EXAMPLE.to_owned()));
    }
    let file = arguments
        .file
        .as_deref()
        .ok_or_else(|| CliError::usage("missing: FILE; --example prints an example of it"))?;
    wait::refuse_unused(arguments.wait, &arguments.wait_options)?;
    let (lines, templates): (Vec<u64>, Vec<Result<TemplateArguments, String>>) = read(file)?
        .into_iter()
        .map(|row| (row.line, row.row.and_then(rows::arguments)))
        .unzip();
    let names: Vec<Option<String>> = templates
        .iter()
        .map(|row| template::common(row.as_ref().ok()?).name.clone())
        .collect();
    let location = arguments.journal.clone();
    let location = location.unwrap_or_else(|| default_journal(file));
    // Before anything is sent.
    let journal = if arguments.dry_run {
        None
    } else {
        Some(journals::open(&location).await?)
    };
    let numbers = numbers(context, &templates).await?;
    let mut items = Vec::new();
    let mut requests = Vec::new();
    let mut invalid = 0;
    for (line, template) in lines.into_iter().zip(templates) {
        match prepare(context, template, &numbers).await {
            Ok(request) => {
                requests.push(request.masked_body());
                items.push(InstallItem::from(request.template));
            }
            Err(why) => {
                let why = format!("line {line}: {why}");
                invalid += 1;
                requests.push(json!({"error": why}));
                items.push(InstallItem::invalid(why));
            }
        }
    }
    if arguments.dry_run {
        let total = requests.len();
        let mut pages = vec![Ok(requests)];
        if invalid > 0 {
            pages.push(Err(CliError::Bulk {
                subject: "rows",
                failed: invalid,
                total,
                worst: ExitStatus::Usage,
                resume: None,
            }));
        }
        return Ok(CommandOutput::List {
            pages: stream::iter(pages).boxed(),
            columns: DRY_RUN,
        });
    }

    let connectors = context.workspace()?.connectors();
    if invalid < names.len() {
        let readable = check_list(&connectors).await;
        readable.map_err(|error| error.with_repetition(|| context.resume.same()))?;
    }
    let mut installs = connectors
        .install_all(items)
        .concurrency(arguments.concurrency);
    if let Some(journal) = journal {
        installs = installs.journal(journal);
    }
    if let Some(window) = arguments.reconcile.reconcile_window {
        installs = installs.reconcile_window(window);
    }
    if arguments.reconcile.recreate_after_window {
        installs = installs.recreate_after_window();
    }
    if arguments.wait {
        installs = installs.options(wait::convert(
            &arguments.wait_options,
            arguments.wait_options.timeout(),
        ));
    }
    context.interruption.reached(None, context.resume.same());
    context.interruption.stop_in_order();
    // A process that is killed can print nothing more.
    context.message(&format!(
        "The journal is {location}. If this run stops, continue with: {}",
        context.resume.same()
    ));
    let run = Run {
        progress: BulkProgress::new(context, names.len()),
        results: Some(installs.results()),
        names,
        failed: 0,
        worst: ExitStatus::Done,
        waits: arguments.wait,
        is_stopped: false,
        interruption: Arc::clone(&context.interruption),
        resume: context.resume.same(),
    };
    Ok(CommandOutput::Rows {
        rows: stream::unfold(run, Run::next).boxed(),
        columns: COLUMNS,
    })
}

const DRY_RUN: &[Column] = &[
    Column::new("template", "connectorTemplateRef"),
    Column::new("name", "name"),
    Column::new("arguments", "arguments"),
    Column::new("error", "error"),
];

/// Next to the file, so that the same command finds it again.
fn default_journal(file: &Path) -> JournalLocation {
    let mut name = file.as_os_str().to_owned();
    name.push(".journal");
    JournalLocation::File(name.into())
}

fn read(path: &Path) -> Result<Vec<FileRow>, CliError> {
    let invalid = |why: String| CliError::usage(format!("{}: {why}", path.display()));
    if path == Path::new("-") {
        return Err(CliError::usage(
            "install-all does not read standard input, because it could not be read again to resume: save the rows as FILE.csv or \
             FILE.jsonl",
        ));
    }
    let content = std::fs::read(path).map_err(|why| invalid(format!("cannot be read: {why}")))?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let rows = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => rows::parse_csv(&content).map_err(invalid)?,
        Some("jsonl" | "ndjson") => {
            let content = String::from_utf8(content);
            let content = content.map_err(|_| invalid("is not valid UTF-8".to_owned()))?;
            rows::parse_json_lines(&content)
        }
        _ => {
            return Err(invalid(
                "unknown format: expected a file name that ends with .csv or .jsonl".to_owned(),
            ));
        }
    };
    if rows.is_empty() {
        return Err(invalid("the file has no rows".to_owned()));
    }
    Ok(rows)
}

/// Fails if the connectors cannot be read, which would be the error of every row.
async fn check_list(connectors: &Connectors) -> Result<(), CliError> {
    let mut pages = connectors.list().page_size(1).limit(1).pages();
    pages.next().await.transpose()?;
    Ok(())
}

/// The ids of the workspace's numbers, if a row has a number without an id. One list instead of a lookup for each row. A
/// number that it lacks is looked up later, in all lists of the workspace.
async fn numbers(
    context: &Context,
    templates: &[Result<TemplateArguments, String>],
) -> Result<HashMap<PhoneNumber, NumberId>, CliError> {
    let mut rows = templates.iter().flatten().cloned();
    let unresolved = rows.any(|mut arguments| {
        template::number_mut(&mut arguments).is_some_and(|number| number.phone_number.is_some())
    });
    if !unresolved {
        return Ok(HashMap::new());
    }
    let mut list = context.workspace()?.numbers().list().items();
    let mut numbers = HashMap::new();
    loop {
        match list.try_next().await {
            Ok(Some(number)) => {
                let string = number.number_string.as_deref().unwrap_or_default();
                if let Ok(string) = string.parse() {
                    numbers.entry(string).or_insert(number.id);
                }
            }
            Ok(None) => return Ok(numbers),
            Err(error) if error.is_permission_denied() => return Ok(numbers),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The request of a row, or why there is none. The reason is free of secrets.
async fn prepare(
    context: &Context,
    arguments: Result<TemplateArguments, String>,
    numbers: &HashMap<PhoneNumber, NumberId>,
) -> Result<template::ConnectorRequest, String> {
    let mut arguments = arguments?;
    let missing = template::missing(&arguments);
    if !missing.is_empty() {
        let fields = missing.join(", ").replace("--", "").replace('-', "_");
        return Err(format!("missing: {fields}"));
    }
    if let Some(number) = template::number_mut(&mut arguments) {
        resolve(number, numbers);
    }
    let request = template::build(context, arguments).await;
    request.map_err(|error| error.to_string())
}

fn resolve(number: &mut NumberArguments, numbers: &HashMap<PhoneNumber, NumberId>) {
    let string = number.phone_number.as_deref().unwrap_or_default();
    if number.phone_number_id.is_none()
        && let Ok(string) = string.parse::<PhoneNumber>()
    {
        number.phone_number_id = numbers.get(&string).copied();
    }
}

/// A bulk install whose results are read one by one.
struct Run {
    results: Option<InstallResults>,
    names: Vec<Option<String>>,
    progress: BulkProgress,
    failed: usize,
    worst: ExitStatus,
    /// Whether the run also waits for the channels.
    waits: bool,
    /// Whether a signal has stopped the run.
    is_stopped: bool,
    interruption: Arc<Interruption>,
    resume: String,
}

impl Run {
    /// The next row; after the last one, the error of the whole run if a row has failed.
    async fn next(mut self) -> Option<(Result<Vec<Value>, CliError>, Self)> {
        let results = self.results.as_mut()?;
        let next = tokio::select! {
            biased;
            () = self.interruption.stop_requested(), if !self.is_stopped => None,
            result = results.next() => Some(result),
        };
        let next = match next {
            Some(result) => result,
            None => {
                self.is_stopped = true;
                results.stop();
                results.next().await
            }
        };
        if let Some(result) = next {
            if self.waits && result.result.is_ok() && result.ready.is_none() {
                self.interruption.cut_short();
            }
            let row = self.row(result);
            return Some((Ok(vec![row]), self));
        }
        let totals = results.totals();
        if totals.pending > 0 {
            self.interruption.cut_short();
        }
        self.results = None;
        self.progress.finish(&totals.to_string());
        if self.failed == 0 {
            return None;
        }
        let error = CliError::Bulk {
            subject: "rows",
            failed: self.failed,
            total: self.names.len(),
            worst: self.worst,
            resume: Some(self.resume.clone()),
        };
        Some((Err(error), self))
    }

    fn row(&mut self, result: InstallResult) -> Value {
        let number = result.index + 1;
        let name = self.names.get(result.index).cloned().flatten();
        let created = result
            .result
            .as_ref()
            .ok()
            .map(|ensured| !ensured.adopted());
        let connector_id = result.connector_id().map(|id| id.to_string());
        let channel_id = result.channel_id().map(|id| id.to_string());
        let ready = ready_of(&result);
        let error = error_of(result).map(|error| {
            self.failed += 1;
            self.worst = self.worst.max(error.exit_code());
            let mut report = error.report();
            report.message = rows::with_row_numbers(&report.message);
            report
        });
        let label = name.as_deref().unwrap_or("no name");
        self.progress.install(
            &format!("row {number} ({label})"),
            error
                .as_ref()
                .map(|error: &ErrorReport| error.message.as_str()),
        );
        json!({
            "row": number,
            "name": name,
            "created": created,
            "ready": ready,
            "connector_id": connector_id,
            "channel_id": channel_id,
            "error": error,
        })
    }
}

/// Whether the channel can send. Unknown if nothing has waited, if the access key cannot read the channel, or if it is unknown
/// whether there is a connector.
fn ready_of(result: &InstallResult) -> Option<bool> {
    match (&result.result, &result.ready) {
        (Err(error), _) => error.unresolved().is_none().then_some(false),
        (Ok(_), Some(Ok(_))) => Some(true),
        (Ok(_), Some(Err(WaitError::Denied { .. })) | None) => None,
        (Ok(_), Some(Err(_))) => Some(false),
    }
}

fn error_of(result: InstallResult) -> Option<CliError> {
    match (result.result, result.ready) {
        (Err(error), _) => Some(CliError::write(error)),
        (Ok(_), Some(Err(error))) => Some(CliError::Wait {
            error: Box::new(error),
            resume: None,
        }),
        (Ok(_), _) => None,
    }
}
