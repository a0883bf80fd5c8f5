//! The code of the documentation.

use bird_connectors::client::ClientBuilder;
use support::{assert_fails, builder, healthy};

mod support;

// --8<-- [start:doctor]
use bird_connectors_doctor::{Doctor, Report, Status};

/// Prints what is wrong. `Doctor::from_env()` checks the settings of the environment variables instead.
async fn diagnose(settings: ClientBuilder) -> Report {
    let report = Doctor::new(settings).run().await;
    for finding in &report.findings {
        if finding.status == Status::Failed {
            let action = finding.action.as_deref().unwrap_or_default();
            println!("{}: {}: {action}", finding.check, finding.seen);
        }
    }
    report
}
// --8<-- [end:doctor]

#[tokio::test]
async fn diagnosis_reports_a_rejected_key() {
    let sandbox = healthy(|builder| builder).await;
    let report = diagnose(builder(&sandbox).access_key("another-key")).await;
    assert_fails(&report, "access_key.accepted");
}
