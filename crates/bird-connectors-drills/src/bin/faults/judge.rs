//! What is wrong with a cell: against its own expectation, and against what holds for all cells.

use bird_connectors::Outcome;
use bird_connectors_drills::impact::Failure;
use bird_connectors_drills::secrets;
use std::time::Duration;

use crate::cell::{Cell, End, Seen};
use crate::expected::Expected;

/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(2);

pub(crate) fn violations(cell: &Cell, expected: &Expected, seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    match (&seen.end, expected.result) {
        (End::Hung, _) => broken.push("it hung".to_owned()),
        (End::Panicked(panic), _) => broken.push(format!("it panicked: {panic}")),
        (End::Brought(_), Ok(())) => {}
        (End::Brought(_), Err(failure)) => {
            broken.push(format!("a success in place of {failure:?}"));
        }
        (End::Failed(error), Ok(())) => broken.push(format!("in place of a success: {error}")),
        (End::Failed(error), Err(failure)) => {
            let got = Failure {
                kind: error.kind(),
                outcome: error.outcome(),
                status: failure.status.and(error.status()),
            };
            if got != failure {
                broken.push(format!("{got:?} in place of {failure:?}: {error}"));
            }
        }
    }
    if !expected.attempts.allow(seen.attempts) {
        let attempts = seen.attempts;
        broken.push(format!(
            "{attempts} attempts in place of {:?}",
            expected.attempts
        ));
    }
    let deadline = cell.row.patience().total;
    if seen.took > deadline + SLACK {
        broken.push(format!(
            "{:?}, and the deadline was {deadline:?}",
            seen.took
        ));
    }
    broken.extend(untrue(cell, seen));
    if seen.went_astray {
        broken.push("a redirect was followed".to_owned());
    }
    let told = match &seen.end {
        End::Brought(brought) => brought.text.clone(),
        End::Failed(error) => secrets::told_by(error),
        End::Panicked(panic) => panic.clone(),
        End::Hung => String::new(),
    };
    if let Some(secret) = secrets::in_text(&told) {
        broken.push(format!("{secret} is shown: {told}"));
    }
    if let Err(why) = &seen.afterwards {
        broken.push(format!("the client could not be used afterwards: {why}"));
    }
    broken
}

/// What the user was told against what the sandbox did.
fn untrue(cell: &Cell, seen: &Seen) -> Option<String> {
    let done = seen.done;
    if done > 1 {
        return Some(format!("done {done} times"));
    }
    match &seen.end {
        End::Brought(_) if !seen.is_true => Some("the answer is wrong".to_owned()),
        End::Brought(_) if cell.operation.write.is_some() && done == 0 => {
            Some("a success of what was not done".to_owned())
        }
        End::Failed(error)
            if matches!(error.outcome(), Some(Outcome::NotSent | Outcome::Rejected))
                && done == 1 =>
        {
            Some(format!(
                "done, although the outcome is {:?}",
                error.outcome()
            ))
        }
        _ => None,
    }
}
