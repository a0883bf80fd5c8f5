//! Each check fails if what it checks is planted. The runs are small, and use the real SDK.

use super::*;
use crate::memory;
use crate::scenario::{Pattern, PlantedFault, Scenario};
use crate::simulation::simulate;

fn scenario(planted: Option<PlantedFault>) -> Scenario {
    Scenario {
        planted,
        ..Scenario::small()
    }
}

/// The violations of a run with a planted fault.
fn violations(scenario: Scenario) -> Vec<String> {
    let figures = simulate(scenario).unwrap();
    let violations = check(&figures);
    println!("{violations:#?}");
    violations
}

#[track_caller]
fn assert_found(violations: &[String], text: &str) {
    assert!(
        violations.iter().any(|violation| violation.contains(text)),
        "`{text}` is not among {violations:#?}"
    );
}

#[test]
fn run_without_planted_fault_passes_all_checks() {
    let figures = simulate(scenario(None)).unwrap();
    // The percentiles of few installs depend on single crashes.
    let found: Vec<_> = check(&figures)
        .into_iter()
        .filter(|violation| !violation.contains("percentile"))
        .collect();
    assert_eq!(found, [""; 0]);
    // The run did contain what the checks are about.
    assert_eq!(figures.bulk.installs + figures.single.installs, 300);
    assert!(figures.crashes > 0 && figures.redeliveries > 0);
    assert!(figures.faults.lost > 0 && figures.faults.undelivered > 0);
    assert!(figures.bulk.failed + figures.single.failed > 0);
}

#[test]
fn ignored_claims_are_found_as_duplicates() {
    let violations = violations(scenario(Some(PlantedFault::ClaimsIgnored)));
    assert_found(&violations, "duplicate connectors");
}

#[test]
fn unlimited_rate_of_reads_is_found() {
    let mut scenario = scenario(Some(PlantedFault::RateUnlimited));
    (scenario.installs, scenario.single_concurrency) = (60, 60);
    assert_found(&violations(scenario), "GET requests in a second");
}

#[test]
fn unlimited_rate_of_creates_is_found() {
    let scenario = |planted| Scenario {
        workspaces: 1,
        installs: 600,
        bulk_concurrency: 600,
        ..scenario(planted)
    };
    let unlimited = violations(scenario(Some(PlantedFault::RateUnlimited)));
    assert_found(&unlimited, "POST requests in a second");
    let limited = simulate(scenario(None)).unwrap();
    assert!(limited.bulk.peak_writes > 100 && limited.bulk.peak_writes <= 500);
}

#[test]
fn forgotten_batches_are_found_as_installs_without_result() {
    let violations = violations(scenario(Some(PlantedFault::BatchesForgotten)));
    assert_found(&violations, "installs have no result");
}

#[test]
fn wrong_statuses_are_found_as_wrong_results() {
    let violations = violations(scenario(Some(PlantedFault::WrongStatuses)));
    assert_found(
        &violations,
        "results differ from the state of the connector",
    );
}

#[test]
fn slow_polls_are_found_as_late_results() {
    let violations = violations(scenario(Some(PlantedFault::SlowPolls)));
    assert_found(&violations, "the median from active to known");
    assert_found(&violations, "the 95th percentile from active to known");
}

#[test]
fn short_leases_are_found_as_statements_of_the_journal() {
    let mut scenario = scenario(Some(PlantedFault::ShortLeases));
    // Slots of the rate limit come late, so that claims are held for long.
    (scenario.installs, scenario.single_every) = (100, 1);
    assert_found(
        &violations(scenario),
        "statements of the journal per install",
    );
}

#[test]
fn long_names_are_found_as_memory() {
    let per_install = |planted| {
        let scenario = Scenario {
            bulk_concurrency: 10,
            ..scenario(planted)
        };
        memory::per_install(&scenario, Pattern::Bulk, [100, 300]).unwrap()
    };
    let mut figures = Figures {
        bulk_memory: per_install(None),
        ..Figures::default()
    };
    assert_eq!(check(&figures), [""; 0]);
    figures.bulk_memory = per_install(Some(PlantedFault::LongNames));
    assert_found(&check(&figures), "bytes per install");
}

#[test]
fn missing_connectors_and_rows_are_found() {
    let figures = Figures {
        bulk: PatternFigures {
            installs: 10,
            missing: 1,
            rows: 9,
            ..PatternFigures::default()
        },
        ..Figures::default()
    };
    let violations = check(&figures);
    assert_found(&violations, "1 installs have no connector");
    assert_found(&violations, "the journal has 9 rows for 10 installs");
    assert_eq!(violations.len(), 2);
}
