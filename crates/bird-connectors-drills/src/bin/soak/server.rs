//! The child process: the sandbox with its faults, until the parent is gone.

use anyhow::Result;
use bird_connectors_drills::scene::{furnish, sandbox};
use bird_connectors_sandbox::{Fault, Rule};
use tokio::io::{AsyncReadExt as _, stdin};

use crate::fate;

/// Serves until standard input ends. The first line it prints says where.
pub(crate) async fn serve() -> Result<()> {
    let sandbox = sandbox().record_limit(0).start().await?;
    let place = furnish(&sandbox).await?;
    for (number, fault) in fate::faults().into_iter().enumerate() {
        let meets = move |request: &bird_connectors_sandbox::RecordedRequest| {
            let named = request.operation.zip(fate::name(request));
            named.is_some_and(|(operation, name)| fate::of(operation, &name) == Some(number))
                && fastrand::bool()
        };
        let rule = Rule::on_any().always().when(meets);
        sandbox.rule(match &fault {
            // A success that cannot be read has something behind it: a stranger alone has not.
            Fault::WrongShape | Fault::NotUtf8 | Fault::Empty => {
                rule.fault(fault).after_processing()
            }
            _ => rule.fault(fault),
        });
    }
    println!("{}", place.to_json());
    // The parent holds the other end, and lets go of it in whatever way it ends.
    let mut rest = Vec::new();
    stdin().read_to_end(&mut rest).await?;
    Ok(())
}
