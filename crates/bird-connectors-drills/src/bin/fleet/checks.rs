//! What must hold after a run. Pure.

use std::time::Duration;

use crate::figures::{Figures, PatternFigures};
use crate::scenario::{LIMITS, VISIBILITY};

/// The median time from active to known in bulk: a round begins every 1.8 s.
const BULK_MEDIAN: Duration = Duration::from_secs(2);

/// A connector that is created takes three statements. Crashes, lost responses and double deliveries add some.
const STATEMENTS: f64 = 5.0;

/// The memory of a worker for each install of a batch, in bytes.
const BULK_MEMORY: u64 = 6 * 1024;

/// The violations, for people.
pub(crate) fn check(figures: &Figures) -> Vec<String> {
    let mut violations: Vec<String> = figures
        .patterns()
        .flat_map(|(name, pattern)| check_pattern(name, pattern))
        .collect();
    // A batch of a worker that crashed is not polled before it is delivered again.
    for (name, share, limit) in [
        ("median", 0.5, BULK_MEDIAN),
        ("95th percentile", 0.95, VISIBILITY),
    ] {
        let delay = figures.bulk.delay(share);
        if delay > limit {
            violations.push(format!(
                "in bulk: the {name} from active to known is {delay:?}, more than {limit:?}"
            ));
        }
    }
    if figures.bulk_memory > BULK_MEMORY {
        violations.push(format!(
            "in bulk: a worker takes {} bytes per install, more than {BULK_MEMORY}",
            figures.bulk_memory
        ));
    }
    violations
}

fn check_pattern(name: &str, figures: &PatternFigures) -> Vec<String> {
    let mut violations = Vec::new();
    let mut must = |holds: bool, violation: String| {
        if !holds {
            violations.push(format!("{name}: {violation}"));
        }
    };
    for (method, peak, limit) in [
        ("GET", figures.peak_reads, LIMITS.get),
        ("POST", figures.peak_writes, LIMITS.post),
    ] {
        must(
            peak <= limit as usize,
            format!("a workspace received {peak} {method} requests in a second, more than {limit}"),
        );
    }
    must(
        figures.duplicates == 0,
        format!("{} duplicate connectors", figures.duplicates),
    );
    must(
        figures.missing == 0,
        format!("{} installs have no connector", figures.missing),
    );
    must(
        figures.without_result == 0,
        format!("{} installs have no result", figures.without_result),
    );
    must(
        figures.wrong == 0,
        format!(
            "{} results differ from the state of the connector, such as {}",
            figures.wrong,
            figures.wrong_examples.join("; ")
        ),
    );
    must(
        figures.rows == figures.installs,
        format!(
            "the journal has {} rows for {} installs",
            figures.rows, figures.installs
        ),
    );
    let statements = figures.each(figures.statements.total());
    must(
        statements <= STATEMENTS,
        format!("{statements:.2} statements of the journal per install, more than {STATEMENTS}"),
    );
    violations
}

#[cfg(test)]
mod tests;
