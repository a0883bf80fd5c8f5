use super::*;

#[test]
fn short_runs_are_not_optimized() {
    let is_long = |name, arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(|one| (*one).to_owned()).collect();
        super::is_long(name, &arguments)
    };
    assert!(is_long(Name::Soak, &[]));
    assert!(is_long(Name::Soak, &["--seed", "1", "--calls", "50001"]));
    assert!(!is_long(Name::Soak, &["--calls", "50000", "--seed", "1"]));
    assert!(!is_long(Name::Duplicates, &["--runs", "1000"]));
    assert!(is_long(Name::Fleet, &["--write", "BENCHMARKS.md"]));
    assert!(!is_long(Name::Fleet, &["--installs", "1000"]));
    assert!(!is_long(Name::Crash, &[]));
}
