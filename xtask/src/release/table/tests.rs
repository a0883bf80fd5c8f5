use super::*;

fn row(check: &'static str, outcome: Outcome, detail: &str) -> Row {
    Row {
        check,
        outcome,
        detail: detail.to_owned(),
        duration: Duration::from_millis(1500),
    }
}

#[test]
fn table_has_one_aligned_line_for_each_check() {
    let rows = [
        row("tag", Outcome::Open, "none"),
        row("changelog", Outcome::Failed, "first line\nsecond line"),
    ];
    let expected = "tag        to do       1.5 s  none\nchangelog  FAILED      1.5 s  first line";
    assert_eq!(format(&rows), expected);
    assert_eq!(format(&[]), "");
}

#[test]
fn only_failed_checks_are_failures() {
    let rows = [
        row("a", Outcome::Passed, ""),
        row("b", Outcome::Failed, ""),
        row("c", Outcome::Skipped, ""),
        row("d", Outcome::NotApplicable, ""),
        row("e", Outcome::Open, ""),
    ];
    assert_eq!(failed(&rows), ["b"]);
}
