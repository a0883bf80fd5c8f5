use super::*;
use crate::bench::plot;

fn measured(group: &str, variant: &str, unit: &str, value: f64) -> Measurement {
    Measurement::new(group, variant, unit, vec![value])
}

#[test]
fn no_two_comparisons_have_the_same_name() {
    let names: std::collections::BTreeSet<_> = COMPARISONS.iter().map(Comparison::name).collect();
    assert_eq!(names.len(), COMPARISONS.len());
}

#[test]
fn page_shows_the_spread_over_the_last_runs() {
    let tables = [1.02, 1.061, 1.05].map(|ratio| {
        let measurements = [
            measured("rust get", "bird-connectors", "s", 1e-4 * ratio),
            measured("rust get", "reqwest + serde_json", "s", 1e-4),
            measured("python page", "bird-connectors", "s", 1.0),
            measured("python page", "httpx + pydantic", "s", 4.0 * ratio),
            measured("import", "bird-connectors", "s", 0.006 * ratio),
            measured("wait 429s", "bird-connectors", "", 0.0),
        ];
        table(&measurements, &[])
    });
    let mut runs = Vec::new();
    for (hour, table) in tables.iter().enumerate() {
        let run = Run {
            at: format!("2026-11-30 0{hour}:00 UTC"),
            commit: "f5a14343".to_owned(),
            figures: figures(table),
        };
        runs = history::add(runs, run);
    }
    let [.., last] = &tables;
    let page = for_markdown(last, &runs);
    assert!(page.starts_with("The column “last three runs” is the range"));
    for line in [
        "| # | work | ours | compared with | ratio | last three runs | target | met |",
        "|---|---|---|---|---|---|---|---|",
        "| 1.05 × | 1.02 × – 1.06 × | ≤ 1.05 × | yes |",
        "| 4.20 × faster | 4.08 × – 4.24 × faster | ≥ 4 × | yes |",
        "| – | 6.12 ms – 6.37 ms | ≤ 30.0 ms | yes |",
        "| – | 0 | ≤ 0 | yes |",
    ] {
        assert!(page.contains(line), "{line} is missing:\n{page}");
    }
}

#[test]
fn quotients_of_targets_and_limits_are_rounded() {
    let measurements = [
        measured("webhook receiver", "bird-connectors", "s", 1.0),
        measured("webhook receiver", "hmac by hand", "s", 1.0),
        measured("wheel", "bird-connectors", "B", 1.0),
    ];
    let targets: Vec<_> = table(&measurements, &[])
        .iter()
        .map(Row::format_target)
        .collect();
    assert_eq!(targets, ["≤ 4.00 MB", "≤ 1.05 ×"]);
}

#[test]
fn comparison_without_a_target_is_neither_met_nor_missed() {
    let measurements = [
        measured("wait latency", "bird-connectors", "s", 1.0),
        measured("wait latency", "one poller per install", "s", 4.0),
    ];
    let [with_target, without] = &table(&measurements, &[])[..] else {
        panic!("expected two rows");
    };
    assert_eq!(with_target.cells()[4..], ["–", "≤ 2.00 s", "yes"]);
    assert_eq!(without.cells()[4..], ["0.25 ×", "–", "–"]);
}

#[test]
fn every_comparison_is_listed_and_drawn() {
    let variants = |comparison: &'static Comparison| {
        std::iter::once(comparison.ours).chain(comparison.target.other())
    };
    let measurements: Vec<_> = COMPARISONS
        .iter()
        .flat_map(|comparison| variants(comparison).map(|variant| (comparison.group, variant)))
        .map(|(group, variant)| Measurement::new(group, variant, "s", vec![1.0, 2.0, 4.0]))
        .collect();
    let all = table(&measurements, &[]);
    assert_eq!(all.len(), COMPARISONS.len());
    assert!(for_terminal(&all).contains("2.00 s (1.50 s – 3.00 s)"));
    assert_eq!(table(&measurements, &[9]).len(), 3);
    assert!(table(&measurements[..1], &[]).is_empty());

    let path = std::env::temp_dir().join(format!("benchmarks-{}.svg", std::process::id()));
    plot::draw(&all, &path).unwrap();
    let chart = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(chart.starts_with("<svg") && chart.contains("httpx"));
}
