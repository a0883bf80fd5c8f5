//! From the arguments of the process to its exit code.

use std::ffi::OsString;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser as _, ValueEnum as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::CommandLine;
use crate::args::global::{ColorChoice, OutputFormat};
use crate::commands;
use crate::context::{Context, choose_colors};
use crate::errors::{CliError, ErrorReport, ExitStatus};
use crate::output::{Renderer, prose, write_failed};

/// Runs the command of this process.
pub(crate) fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Before the arguments are parsed, because the help and their errors have colors, too.
    choose_colors(color_choice(&arguments));
    let line = match CommandLine::try_parse_from(&arguments) {
        Ok(line) => line,
        Err(error) => return invalid_arguments(error, &arguments),
    };
    start_telemetry(line.global.verbose);
    let format = line.global.format();
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| CliError::Local(format!("cannot start the runtime: {why}")).into())
        .and_then(|runtime| {
            let result = runtime.block_on(run_command(line, &arguments));
            // Lookups of host names run on threads that cannot be stopped.
            runtime.shutdown_background();
            result
        });
    match result {
        Ok(status) => ExitCode::from(status as u8),
        Err(failure) => fail(&failure, format),
    }
}

/// Why a command failed, and what an error does not know.
struct Failure {
    error: CliError,
    /// Where the access key is from, if the command has read it.
    key_source: Option<String>,
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self {
            error,
            key_source: None,
        }
    }
}

async fn run_command(line: CommandLine, arguments: &[OsString]) -> Result<ExitStatus, Failure> {
    let rest = arguments.iter().skip(1);
    let rest = rest.map(|argument| argument.to_string_lossy().into_owned());
    let context = Context::new(line.global, rest.collect());
    let width = context
        .terminal
        .output
        .then(|| console::Term::stdout().size().1);
    let renderer = Renderer::new(&context.global, width)?;
    let repetition = line.command.only_reads().then(|| context.resume.same());
    // On the heap, because it has the state of every command.
    let command = Box::pin(async {
        let output = commands::run(&context, line.command).await?;
        let mut out = anstream::AutoStream::auto(std::io::stdout());
        let written = renderer.write(output, &mut out).await;
        let written = written.and_then(|()| out.flush().map_err(write_failed));
        written.map_err(|error| error.with_progress(context.interruption.progress()))
    });
    let mut result = context.interruption.run(command, repetition).await;
    if let Err(CliError::Interrupted { unresolved, .. }) = &mut result {
        *unresolved = context.interruption.unresolved().await;
        // The interruption is reported, whether or not this succeeds.
        let _ = renderer.write_finished(&mut anstream::AutoStream::auto(std::io::stdout()));
    }
    result.map(|()| ExitStatus::Done).map_err(|error| Failure {
        error,
        key_source: context.key_source(),
    })
}

/// Reports an error, and returns its exit code.
fn fail(failure: &Failure, format: OutputFormat) -> ExitCode {
    let Failure { error, key_source } = failure;
    if !matches!(error, CliError::BrokenPipe | CliError::Ended(_)) {
        let mut report = error.report();
        if error.exit_code() == ExitStatus::Denied {
            report.key_source.clone_from(key_source);
        }
        print_report(&report, format);
    }
    ExitCode::from(error.exit_code() as u8)
}

fn print_report(report: &ErrorReport, format: OutputFormat) {
    let mut out = anstream::stderr().lock();
    // Standard error is the last place where an error can be reported.
    let _ = match format {
        OutputFormat::Json | OutputFormat::Jsonl => {
            let json = serde_json::to_string(report).unwrap_or_default();
            writeln!(out, "{json}")
        }
        OutputFormat::Table => {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            let text = person_text(report, prose::error_width());
            let text = text.strip_prefix(ERROR).unwrap_or(&text);
            writeln!(out, "{style}{ERROR}{style:#}{text}")
        }
    };
}

const ERROR: &str = "error:";

/// The report for a person: the message, and indented lines with what helps.
fn person_text(report: &ErrorReport, width: Option<usize>) -> String {
    let lines = report.lines().into_iter().enumerate();
    let lines = lines.map(|(index, line)| {
        if index == 0 {
            let message = prose::printable(&format!("{ERROR} {line}"));
            return prose::wrap(&message, width);
        }
        let line = prose::wrap(&line, width.map(|width| width.saturating_sub(2)));
        format!("  {}", line.replace('\n', "\n  "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Prints the help, the version, or what is wrong with the arguments.
fn invalid_arguments(mut error: clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    hide_values(&mut error);
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        || !json_is_wanted(arguments)
    {
        let _ = error.print();
    } else {
        let text = anstream::adapter::strip_str(&error.render().ansi().to_string()).to_string();
        print_report(
            &CliError::usage(first_paragraph(&text)).report(),
            OutputFormat::Json,
        );
    }
    ExitCode::from(ExitStatus::Usage as u8)
}

/// Removes values from an error: a secret that was passed to the wrong option must not appear in it.
fn hide_values(error: &mut clap::Error) {
    let hidden = || ContextValue::String("…".to_owned());
    if error.kind() == ErrorKind::ValueValidation {
        error.insert(ContextKind::InvalidValue, hidden());
    }
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(argument))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
        && !argument.starts_with("--")
    {
        error.insert(ContextKind::InvalidArg, hidden());
    }
}

/// The value of `--color`, as far as it can be seen without parsing the arguments.
fn color_choice(arguments: &[OsString]) -> ColorChoice {
    let arguments = strings(arguments);
    let next = arguments.iter().skip(1).map(Some).chain([None]);
    let values = arguments.iter().zip(next).filter_map(|(argument, next)| {
        let value = argument.strip_prefix("--color")?;
        let value = if value.is_empty() {
            *next?
        } else {
            value.strip_prefix('=')?
        };
        ColorChoice::from_str(value, false).ok()
    });
    values.last().unwrap_or_default()
}

fn strings(arguments: &[OsString]) -> Vec<&str> {
    let strings = arguments.iter().filter_map(|argument| argument.to_str());
    strings.collect()
}

/// Whether the arguments ask for JSON, as far as that can be seen without parsing them.
fn json_is_wanted(arguments: &[OsString]) -> bool {
    let arguments = strings(arguments);
    let next = arguments.iter().skip(1).copied().map(Some).chain([None]);
    let mut pairs = arguments.iter().zip(next);
    pairs.any(|(argument, next)| {
        argument.starts_with("--jq")
            || output_format(argument, next)
                .is_some_and(|format| matches!(format, "json" | "jsonl"))
    })
}

/// The value of `--output`, in each form of the option: `-o json`, `-ojson`, `-qo json`, `--output=json`.
fn output_format<'a>(argument: &'a str, next: Option<&'a str>) -> Option<&'a str> {
    let value = match argument.strip_prefix("--") {
        Some(long) => long.strip_prefix("output")?,
        // Switches can stand before the option.
        None => {
            let switches = argument.strip_prefix('-')?;
            switches.trim_start_matches(['q', 'v']).strip_prefix('o')?
        }
    };
    match value {
        "" => next,
        value => Some(value.strip_prefix('=').unwrap_or(value)),
    }
}

/// The message of clap in one line, without its usage.
fn first_paragraph(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let usage = text
        .find("\nUsage:")
        .or_else(|| text.find("\nFor more information"));
    let message = text.get(..usage.unwrap_or(text.len())).unwrap_or(text);
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints the telemetry of the SDK, which contains no secrets, to standard error: requests and polls, and twice also the spans
/// that they belong to.
fn start_telemetry(verbose: u8) {
    if verbose == 0 {
        return;
    }
    let targets = Targets::new().with_target("bird_connectors", LevelFilter::DEBUG);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // It would panic if standard error is closed.
        .log_internal_errors(false)
        .without_time();
    let registry = tracing_subscriber::registry().with(targets);
    if verbose == 1 {
        registry.with(layer.event_format(EventLine)).init();
    } else {
        registry.with(layer.compact()).init();
    }
}

/// An event as one line, without its spans, whose fields repeat those of the event.
struct EventLine;

impl<S, N> FormatEvent<S, N> for EventLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        write!(writer, "{:>5} {}: ", metadata.level(), metadata.target())?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests;
