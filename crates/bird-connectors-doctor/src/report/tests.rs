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
