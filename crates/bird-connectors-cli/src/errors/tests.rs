use super::{CliError, ExitStatus};
use crate::stop_signals::StopSignal;

#[test]
fn report_of_a_usage_error_has_all_fields() {
    let report = CliError::usage("no workspace is set").report();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["kind"], "usage");
    assert_eq!(json["message"], "no workspace is set");
    assert_eq!(json["exit_code"], 2);
    for field in [
        "status",
        "code",
        "outcome",
        "request_id",
        "retry_after",
        "hint",
        "resume",
    ] {
        assert!(json[field].is_null(), "{field}");
    }
}

#[test]
fn interruption_reports_token_and_resume_command() {
    let error = CliError::Interrupted {
        signal: StopSignal::Interrupt,
        token: Some("abc".to_owned()),
        resume: None,
        sending: false,
        unresolved: Vec::new(),
    }
    .with_resume(|| "bird-connectors connectors wait abc".to_owned());
    assert_eq!(error.exit_code(), ExitStatus::Interrupted);
    assert_eq!(
        error.report().lines(),
        [
            "interrupted",
            "token: abc",
            "continue with: bird-connectors connectors wait abc"
        ]
    );
}

#[test]
fn termination_during_a_request_reports_that_the_outcome_is_unknown() {
    let error = CliError::Interrupted {
        signal: StopSignal::Terminate,
        token: None,
        resume: None,
        sending: true,
        unresolved: Vec::new(),
    };
    assert_eq!(error.exit_code(), ExitStatus::Terminated);
    let report = error.report();
    assert_eq!(report.outcome, Some("unknown"));
    assert_eq!(
        report.message,
        "terminated by a signal before the response arrived: the request may have been processed"
    );
}

#[test]
fn local_failure_and_closed_pipe_have_their_codes() {
    assert_eq!(
        CliError::Local("x".to_owned()).exit_code(),
        ExitStatus::Failure
    );
    assert_eq!(CliError::BrokenPipe.exit_code(), ExitStatus::Done);
}
