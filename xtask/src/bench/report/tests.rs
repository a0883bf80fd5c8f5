use super::*;
use crate::bench::plot;

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
