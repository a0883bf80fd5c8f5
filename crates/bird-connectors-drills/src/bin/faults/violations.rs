//! The check of a cell: against its own expectation, and against the rules that apply to all cells.

use std::time::Duration;

use bird_connectors::RequestOutcome;
use bird_connectors_drills::impact::Failure;
use bird_connectors_drills::secrets;

use crate::cell::{CallEnd, Cell, Observation};
use crate::expected::Expected;

/// How much later than its timeout a call may end, for busy machines.
const SLACK: Duration = Duration::from_secs(2);

/// Everything that is wrong with a cell.
pub(crate) fn violations(
    cell: &Cell,
    expected: &Expected,
    observation: &Observation,
) -> Vec<String> {
    let mut violations = Vec::new();
    match (&observation.end, expected.result) {
        (CallEnd::Hung, _) => violations.push("the call hung".to_owned()),
        (CallEnd::Panicked(panic), _) => violations.push(format!("the call panicked: {panic}")),
        (CallEnd::Succeeded(_), Ok(())) => {}
        (CallEnd::Succeeded(_), Err(failure)) => {
            violations.push(format!("the call succeeded, expected {failure:?}"));
        }
        (CallEnd::Failed(error), Ok(())) => {
            violations.push(format!("the call failed, expected a success: {error}"));
        }
        (CallEnd::Failed(error), Err(failure)) => {
            let actual = Failure {
                kind: error.kind(),
                outcome: error.outcome(),
                status: failure
                    .status
                    .and(error.status().map(|status| status.as_u16())),
            };
            if actual != failure {
                violations.push(format!("{actual:?}, expected {failure:?}: {error}"));
            }
        }
    }
    if !expected.attempts.allows(observation.attempts) {
        violations.push(format!(
            "{} attempts, expected {:?}",
            observation.attempts, expected.attempts
        ));
    }
    let timeout = cell.row.timeouts().total;
    if observation.elapsed > timeout + SLACK {
        violations.push(format!(
            "the call took {:?}, but its timeout is {timeout:?}",
            observation.elapsed
        ));
    }
    violations.extend(misreported(cell, observation));
    if observation.redirect_followed {
        violations.push("the client followed a redirect".to_owned());
    }
    let exposed = match &observation.end {
        CallEnd::Succeeded(returned) => returned.printed.clone(),
        CallEnd::Failed(error) => secrets::exposed_by(error),
        CallEnd::Panicked(panic) => panic.clone(),
        CallEnd::Hung => String::new(),
    };
    if let Some(secret) = secrets::find(&exposed) {
        violations.push(format!("the call exposes {secret}: {exposed}"));
    }
    if let Err(error) = &observation.next_call {
        violations.push(format!("the next call of the client failed: {error}"));
    }
    violations
}

/// Compares the result of the call with what the sandbox did.
fn misreported(cell: &Cell, observation: &Observation) -> Option<String> {
    let writes = observation.writes;
    if writes > 1 {
        return Some(format!("the request was processed {writes} times"));
    }
    match &observation.end {
        CallEnd::Succeeded(_) if !observation.is_correct => {
            Some("the returned value is wrong".to_owned())
        }
        CallEnd::Succeeded(_) if cell.entry.write.is_some() && writes == 0 => {
            Some("the call succeeded, but the request was not processed".to_owned())
        }
        CallEnd::Failed(error)
            if matches!(
                error.outcome(),
                Some(RequestOutcome::NotSent | RequestOutcome::Rejected)
            ) && writes == 1 =>
        {
            Some(format!(
                "the request was processed, but the outcome is {:?}",
                error.outcome()
            ))
        }
        _ => None,
    }
}
