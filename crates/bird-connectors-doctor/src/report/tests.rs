use super::*;

fn finding(check: &str, status: Status, action: Option<&str>) -> Finding {
    Finding {
        check: check.to_owned(),
        status,
        seen: "what was seen".to_owned(),
        action: action.map(str::to_owned),
    }
}

#[test]
fn text_has_a_line_for_each_check_and_what_to_do() {
    let report = Report::new(
        vec![
            finding("dns", Status::Ok, None),
            finding("clock", Status::Failed, Some("synchronize it")),
        ],
        Vec::new(),
    );
    assert!(!report.ok);
    assert_eq!(
        report.to_string(),
        "ok       dns: what was seen\n\
         failed   clock: what was seen\n         -> synchronize it\n\n\
         1 ok, 0 warnings, 1 failed, 0 skipped\n"
    );
}

#[test]
fn warnings_and_skipped_checks_are_ok() {
    let findings = vec![
        finding("dns", Status::Warning, Some("look")),
        finding("clock", Status::Skipped, None),
    ];
    assert!(Report::new(findings, Vec::new()).ok);
}

#[test]
fn json_has_stable_names() {
    let mut report = Report::new(vec![finding("dns", Status::Ok, None)], Vec::new());
    report.version = "1.2.3".to_owned();
    assert_eq!(
        serde_json::to_string(&report).unwrap(),
        r#"{"ok":true,"version":"1.2.3","findings":[{"check":"dns","status":"ok","seen":"what was seen","action":null}],"differences":[]}"#
    );
}

#[test]
fn checks_that_are_skipped_for_the_same_reason_share_a_line() {
    let skipped = |check: &str, why: &str| Finding {
        seen: why.to_owned(),
        ..finding(check, Status::Skipped, None)
    };
    let findings = vec![
        skipped("dns", "see a"),
        skipped("clock", "see a"),
        skipped("latency", "see b"),
        finding("workspace", Status::Ok, None),
        finding("contract", Status::Ok, None),
    ];
    assert_eq!(
        Report::new(findings, Vec::new()).to_string(),
        "skipped  dns, clock: see a\nskipped  latency: see b\n\
         ok       workspace: what was seen\nok       contract: what was seen\n\n\
         2 ok, 0 warnings, 0 failed, 3 skipped\n"
    );
}

#[test]
fn text_of_a_server_cannot_begin_a_line() {
    let mut hostile = finding("dns", Status::Failed, None);
    hostile.seen = "x\nok       clock: fine\u{1b}[2J".to_owned();
    let text = Report::new(vec![hostile], Vec::new()).to_string();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(!text.contains('\u{1b}'));
}
