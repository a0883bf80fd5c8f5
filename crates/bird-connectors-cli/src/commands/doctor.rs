//! `doctor`: why something does not work, and where the API differs from its contract. It sends only reads.

use anstyle::{AnsiColor, Style};
use bird_connectors::Client;
use bird_connectors_doctor::{Doctor, Report, Status};

use crate::args::doctor::DoctorArguments;
use crate::context::Context;
use crate::errors::{CliError, ExitStatus};
use crate::output::{CommandOutput, to_json};

pub(super) async fn run(
    context: &Context,
    arguments: DoctorArguments,
) -> Result<CommandOutput, CliError> {
    let report = doctor(context).sample(arguments.sample).run().await;
    let text = if arguments.issue_form {
        report.issue_form().unwrap_or_else(|| {
            context.message("the responses have no differences from the contract");
            String::new()
        })
    } else {
        text(&report)
    };
    let failed = report.count(Status::Failed);
    let end = if failed == 0 {
        Ok(())
    } else {
        Err(CliError::Bulk {
            subject: "checks",
            failed,
            total: report.findings.len(),
            worst: ExitStatus::Failure,
            resume: None,
        })
    };
    Ok(CommandOutput::Report {
        text,
        value: to_json(&report),
        end,
    })
}

/// A doctor for the connection of the command. A configuration that cannot be read is a finding, too.
fn doctor(context: &Context) -> Doctor {
    match context.settings() {
        Ok(settings) => {
            let doctor = Doctor::new(settings.builder);
            let sources = settings.sources.into_iter();
            sources.fold(doctor, |doctor, (setting, source)| {
                doctor.source(setting, source)
            })
        }
        Err(error) => Doctor::new(Client::builder()).problem(error.to_string()),
    }
}

/// The report for a person, with a color for each status.
fn text(report: &Report) -> String {
    let report = report.to_string();
    let lines = report.lines().map(|line| {
        let statuses = [Status::Ok, Status::Warning, Status::Failed, Status::Skipped];
        let starts = |status: &Status| line.starts_with(&format!("{status:<8} "));
        match statuses.into_iter().find(starts) {
            Some(status) => {
                let style = style(status);
                let (word, rest) = line.split_at(status.as_str().len());
                format!("{style}{word}{style:#}{rest}")
            }
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn style(status: Status) -> Style {
    match status {
        Status::Ok => AnsiColor::Green.on_default(),
        Status::Warning => AnsiColor::Yellow.on_default(),
        Status::Failed => AnsiColor::Red.on_default().bold(),
        _ => Style::new().dimmed(),
    }
}
