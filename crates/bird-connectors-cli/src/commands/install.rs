//! `connectors install` and `connectors ensure`.

use std::sync::Arc;

use bird_connectors::install::{Ensured, Install, MatchedBy};
use bird_connectors::models::looks_secret;
use bird_connectors::wait::Ready;
use bird_connectors::{Connector, Error, install};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::connectors::{
    EnsureArguments, EnsureOptions, InstallArguments, InstallOptions, WaitOptions,
};
use crate::args::template::TemplateArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput, to_json};

use super::journals;
use super::named_secrets;
use super::template::{self, ConnectorRequest};
use super::wait;
use super::wizard;

/// The result of an install. All fields are always present; what is unknown is null.
#[derive(Clone, Debug, Serialize)]
pub(super) struct InstallSummary {
    connector_id: String,
    name: Option<String>,
    template: Option<String>,
    /// Whether this command created the connector. Null if it did not try to.
    created: Option<bool>,
    /// Why an adopted connector matches: `arguments`, `number_id`, `name` or `journal`.
    matched_by: Option<&'static str>,
    /// How an adopted connector differs from the template.
    drift: Vec<Value>,
    /// False if the connector was adopted, so that it may have other secrets.
    secrets_applied: Option<bool>,
    /// Whether the channel is ready. Null if this command has not waited for it.
    ready: Option<bool>,
    channel_id: Option<String>,
    status: Option<String>,
    /// How long the command has waited.
    waited_seconds: Option<f64>,
    /// Identifies the install for `connectors wait`.
    token: String,
}

pub(super) const SUMMARY: &[Column] = &[
    Column::new("connector", "connector_id"),
    Column::new("name", "name"),
    Column::new("template", "template"),
    Column::new("created", "created"),
    Column::new("ready", "ready"),
    Column::new("channel", "channel_id"),
    Column::new("status", "status"),
];

const DRY_RUN: &[Column] = &[
    Column::new("method", "method"),
    Column::new("path", "path"),
    Column::new("body", "body"),
];

impl InstallSummary {
    /// A connector that this command did not create.
    pub(super) fn existing(install: &Install) -> Self {
        let connector = install.connector();
        Self {
            connector_id: install.id().to_string(),
            name: connector.map(|connector| connector.name.clone()),
            template: connector.and_then(|connector| connector.connector_template_ref.clone()),
            created: None,
            matched_by: None,
            drift: Vec::new(),
            secrets_applied: None,
            ready: None,
            channel_id: connector
                .and_then(Connector::channel_id)
                .map(|id| id.to_string()),
            status: None,
            waited_seconds: None,
            token: install.token().to_string(),
        }
    }

    pub(super) fn ensured(ensured: &Ensured) -> Self {
        let drift = ensured.drift().iter().map(|drift| {
            let shown = |value| named_secrets::masked(&drift.field, value);
            json!({"field": drift.field, "wanted": shown(&drift.wanted), "found": shown(&drift.found)})
        });
        Self {
            created: Some(!ensured.adopted()),
            matched_by: ensured.matched_by().map(MatchedBy::as_str),
            drift: drift.collect(),
            secrets_applied: Some(ensured.secrets_applied()),
            ..Self::existing(&ensured.clone().into_install())
        }
    }

    pub(super) fn with_ready(mut self, ready: &Ready) -> Self {
        self.ready = Some(true);
        self.channel_id = Some(ready.channel_id.to_string());
        let status = ready
            .channel
            .as_ref()
            .and_then(|channel| channel.status.as_ref());
        self.status = status.map(ToString::to_string);
        self.waited_seconds = Some((ready.elapsed.as_secs_f64() * 1000.0).round() / 1000.0);
        if let Some(connector) = &ready.connector {
            self.name = Some(connector.name.clone());
            self.template.clone_from(&connector.connector_template_ref);
        }
        self
    }
}

pub(super) async fn install(
    context: &Context,
    arguments: InstallArguments,
) -> Result<CommandOutput, CliError> {
    let InstallArguments { run, template } = arguments;
    let request = match prepare(context, &run, template, "install").await? {
        Prepared::Request(request) => request,
        Prepared::Output(output) => return Ok(output),
    };
    let connectors = context.workspace()?.connectors();
    // Repeating the command, or `ensure`, could create a second connector: the first one may appear later.
    let token = connectors.unresolved_create(request.template.clone());
    let token = token.to_string();
    let resume = context.resume.wait(&token, &run.wait_options);
    context.interruption.reached(Some(token), resume);
    let creating = connectors.install(request.template);
    let created = context.interruption.while_sending(creating).await;
    let install = created.map_err(|error| create_failed(context, error, &run.wait_options))?;
    let summary = InstallSummary {
        created: Some(true),
        secrets_applied: Some(true),
        ..InstallSummary::existing(&install)
    };
    finish(context, &run, install, summary).await
}

pub(super) async fn ensure(
    context: &Context,
    arguments: EnsureArguments,
) -> Result<CommandOutput, CliError> {
    let EnsureArguments {
        run,
        ensure,
        template,
    } = arguments;
    let request = match prepare(context, &run, template, "ensure").await? {
        Prepared::Request(request) => request,
        Prepared::Output(output) => return Ok(output),
    };
    let connectors = context.workspace()?.connectors();
    let ensuring = configure(connectors.ensure(request.template), &ensure).await?;
    let ensuring = report_creates(context, ensuring, &run, ensure.journal.is_some());
    let ensured = context
        .interruption
        .until_sent(ensuring.into_future())
        .await;
    let ensured = ensured.map_err(|error| create_failed(context, error, &run.wait_options))?;
    report_ensured(context, &ensured);
    let summary = InstallSummary::ensured(&ensured);
    finish(context, &run, ensured.into_install(), summary).await
}

async fn configure(
    mut ensuring: install::Ensure,
    options: &EnsureOptions,
) -> Result<install::Ensure, CliError> {
    if let Some(key) = options.identified_by.iter().find(|key| looks_secret(key)) {
        return Err(CliError::usage(format!(
            "--identified-by contains {key}, whose name suggests a secret: its value would be in the journal and in the token \
             of a failed run"
        )));
    }
    if !options.identified_by.is_empty() {
        ensuring = ensuring.identified_by(options.identified_by.clone());
    }
    if let Some(window) = options.reconcile.reconcile_window {
        ensuring = ensuring.reconcile_window(window);
    }
    if options.reconcile.recreate_after_window {
        ensuring = ensuring.recreate_after_window();
    }
    if options.refuse_drift {
        ensuring = ensuring.refuse_drift();
    }
    if let Some(location) = &options.journal {
        ensuring = ensuring.journal(journals::open(location).await?);
    }
    Ok(ensuring)
}

/// Records each create before it is sent. Until then, an interrupted command has sent nothing, and can be repeated.
fn report_creates(
    context: &Context,
    ensuring: install::Ensure,
    run: &InstallOptions,
    journaled: bool,
) -> install::Ensure {
    let interruption = Arc::clone(&context.interruption);
    let resume = context.resume.clone();
    let options = run.wait_options.clone();
    ensuring.before_create(move |create| {
        let token = create.to_string();
        // With a journal, the same command finds the create there. Without one, it could create a second connector.
        let resume = if journaled {
            resume.same()
        } else {
            resume.wait(&token, &options)
        };
        interruption.reached(Some(token), resume);
        interruption.begin_sending();
    })
}

/// Notes about an adopted connector.
fn report_ensured(context: &Context, ensured: &Ensured) {
    if let Some(matched_by) = ensured.matched_by() {
        context.message(&format!(
            "Adopted the connector {}, which matches by {matched_by}.",
            ensured.id()
        ));
    }
    for drift in ensured.drift() {
        context.message(&format!("warning: the connector differs: {drift}"));
    }
    if !ensured.secrets_applied() {
        context.message(
            "warning: the secrets were not applied, because the connector existed: to apply them, delete it and ensure it again",
        );
    }
    if let Some(error) = ensured.journal_error() {
        context.message(&format!("warning: {error}"));
    }
}

/// What to do next.
enum Prepared {
    Request(ConnectorRequest),
    /// Nothing is created.
    Output(CommandOutput),
}

async fn prepare(
    context: &Context,
    run: &InstallOptions,
    mut template: TemplateArguments,
    command: &str,
) -> Result<Prepared, CliError> {
    if run.example {
        return Ok(Prepared::Output(CommandOutput::Text(example(
            command, &template,
        ))));
    }
    wait::refuse_unused(run.wait, &run.wait_options)?;
    context.interruption.reached(None, context.resume.same());
    if context.interactive() {
        wizard::complete(context, &mut template).await?;
    }
    let missing = template::missing(&template);
    if !missing.is_empty() {
        return Err(CliError::usage(format!(
            "missing: {}; --example prints a complete command",
            missing.join(", ")
        )));
    }
    template::read_argument_secrets(&mut template)?;
    let request = template::build(context, template).await?;
    if run.dry_run {
        let value = json!({
            "method": "POST",
            "path": format!("/workspaces/{}/connectors", context.workspace()?.id()),
            "body": request.masked_body(),
        });
        return Ok(Prepared::Output(CommandOutput::Object {
            value,
            columns: DRY_RUN,
        }));
    }
    Ok(Prepared::Request(request))
}

/// The error of a create, with the command that continues: it finds out whether the connector exists, or adopts the one that
/// exists.
fn create_failed(context: &Context, error: Error, wait: &WaitOptions) -> CliError {
    let token = error.unresolved().map(ToString::to_string);
    let exists = error.is_conflict();
    let error = CliError::write(error);
    match token {
        Some(token) => error.with_resume(|| context.resume.wait(&token, wait)),
        None if exists => match context.resume.ensure() {
            // What `ensure` reports as ambiguous stays ambiguous.
            Some(ensure) => error.with_resume(|| ensure),
            None => error,
        },
        None => error.with_repetition(|| context.resume.same()),
    }
}

/// Waits for the channel if the command should, and returns the summary.
async fn finish(
    context: &Context,
    run: &InstallOptions,
    install: Install,
    summary: InstallSummary,
) -> Result<CommandOutput, CliError> {
    if !run.wait {
        let token = install.token().to_string();
        // Not the id: the API may not know a new connector for a moment, and only the token says how new it is.
        let command = context.resume.wait(&token, &run.wait_options);
        context.interruption.reached(Some(token), command.clone());
        context.message(&format!(
            "Bird installs the channel in the background. Wait for it with: {command}"
        ));
        return Ok(CommandOutput::object(&to_json(&summary), SUMMARY));
    }
    let ready = wait::until_ready(
        context,
        &install,
        &run.wait_options,
        run.wait_options.timeout(),
    )
    .await?;
    Ok(CommandOutput::object(&summary.with_ready(&ready), SUMMARY))
}

/// A complete command for a template.
fn example(command: &str, template: &TemplateArguments) -> String {
    let arguments = match template {
        TemplateArguments::Sms(_) => {
            "--name \"Support NL\" --phone-number-id 232d438f-9512-56f4-90a4-d0a17bf28237 --message-type conversational"
        }
        TemplateArguments::Voice(_) => {
            "--name Reception --phone-number-id 232d438f-9512-56f4-90a4-d0a17bf28237"
        }
        TemplateArguments::Whatsapp(_) => {
            "--name Shop --waba-id 102290129340398 --phone-id 106540352242922 --phone-number +31612345678 \
             --access-token env:WHATSAPP_ACCESS_TOKEN"
        }
        TemplateArguments::Telegram(_)
        | TemplateArguments::Facebook(_)
        | TemplateArguments::Instagram(_)
        | TemplateArguments::Line(_)
        | TemplateArguments::Email(_) => UNDOCUMENTED,
        TemplateArguments::Custom(_) => {
            "--template sms-messagebird:1 --name Support --argument phoneNumberId=232d438f-9512-56f4-90a4-d0a17bf28237 \
             --argument channelMessageType=conversational"
        }
    };
    let name = template::name(template);
    format!("bird-connectors connectors {command} {name} {arguments} --wait --output json")
}

/// The API documents no arguments of these templates: the keys are placeholders.
const UNDOCUMENTED: &str =
    "--name Support --argument NAME=VALUE --security-argument SCHEME.KEY=env:SECRET";
