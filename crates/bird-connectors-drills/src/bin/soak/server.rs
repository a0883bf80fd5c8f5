//! The child process: the sandbox with its faults, which runs until the parent process ends.

use anyhow::Result;
use bird_connectors_drills::fixture::{Fixture, sandbox_builder};
use bird_connectors_sandbox::{Fault, RecordedRequest, Rule};
use tokio::io::{AsyncReadExt as _, stdin};

use crate::fault_choice::{fault_of, faults, subject};

/// Prints the fixture as one line of JSON and serves until the end of standard input.
pub(crate) async fn serve() -> Result<()> {
    let sandbox = sandbox_builder().record_limit(0).start().await?;
    let fixture = Fixture::create(&sandbox).await?;
    for (index, fault) in faults().into_iter().enumerate() {
        let meets_fault = move |request: &RecordedRequest| {
            let chosen = request.operation.zip(subject(request));
            chosen.is_some_and(|(operation, subject)| fault_of(operation, &subject) == Some(index))
                && fastrand::bool()
        };
        let rule = Rule::on_any().always().when(meets_fault);
        sandbox.rule(match &fault {
            // The sandbox processes a request whose successful response is unusable, except where the response imitates
            // one from a proxy.
            Fault::WrongShape | Fault::NotUtf8 | Fault::Empty => {
                rule.fault(fault).after_processing()
            }
            _ => rule.fault(fault),
        });
    }
    println!("{}", serde_json::to_string(&fixture)?);
    // The parent process has the other end of the pipe, which closes however the parent ends.
    let mut rest = Vec::new();
    stdin().read_to_end(&mut rest).await?;
    Ok(())
}
