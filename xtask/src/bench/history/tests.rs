use super::*;

fn run(at: &str, figures: &[(&str, f64)]) -> Run {
    let figures = figures.iter();
    Run {
        at: at.to_owned(),
        commit: "f5a14343".to_owned(),
        figures: figures
            .map(|(name, figure)| ((*name).to_owned(), *figure))
            .collect(),
    }
}

#[test]
fn last_three_runs_are_kept_and_their_extremes_returned() {
    let figures = [9.0, 1.25, 1.5, 1.0];
    let mut runs = Vec::new();
    for (hour, figure) in figures.into_iter().enumerate() {
        runs = add(runs, run(&format!("{hour}:00"), &[("row", figure)]));
    }
    let times: Vec<_> = runs.iter().map(|run| run.at.as_str()).collect();
    assert_eq!(times, ["1:00", "2:00", "3:00"]);
    assert_eq!(spread(&runs, "row"), Some((1.0, 1.5)));
    assert_eq!(spread(&runs, "another row"), None);
}

#[test]
fn run_with_other_rows_starts_afresh() {
    let first = vec![run("1:00", &[("a page", 1.0), ("import", 2.0)])];
    let renamed = add(
        first.clone(),
        run("2:00", &[("a page of 100", 1.0), ("import", 2.0)]),
    );
    assert_eq!(renamed.len(), 1);
    let without = add(first, run("2:00", &[("import", 2.0)]));
    assert_eq!(without.len(), 1);
}

#[test]
fn sentence_names_the_time_and_the_commit_of_each_run() {
    let runs = [
        run("2026-11-29 18:06 UTC", &[]),
        run("2026-11-30 05:40 UTC", &[]),
    ];
    let two = sentence(&runs, "last three runs");
    assert!(two.starts_with("The column “last three runs” is the range"));
    assert!(two.ends_with("over the whole runs that ended at 2026-11-29 18:06 UTC (f5a14343), 2026-11-30 05:40 UTC (f5a14343)."));
    let one = sentence(&runs[..1], "last three runs");
    assert!(one.ends_with("over the whole run that ended at 2026-11-29 18:06 UTC (f5a14343)."));
}

#[test]
fn changed_sources_are_mentioned_and_changed_results_are_not() {
    let results = " M BENCHMARKS.md\n M xtask/bench-runs.json\n";
    assert_eq!(named("f5a14343", results), "f5a14343");
    let sources = " M BENCHMARKS.md\n M crates/bird-connectors/src/lib.rs\n";
    assert_eq!(named("f5a14343", sources), "f5a14343 with changes");
}

#[test]
fn stored_runs_can_be_read() {
    assert!(load().unwrap().len() <= KEPT);
}
