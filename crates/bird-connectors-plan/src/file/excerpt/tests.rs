//! What an excerpt shows and hides.

use super::*;

/// The excerpt of a line of valid YAML, without its margins.
fn valid(text: &str, line: u64, column: u64) -> [String; 2] {
    let root = tree::parse(text).unwrap();
    let visible = VisibleText::of(text, &root).unwrap();
    let excerpt = render(text, Some(&visible), line, column).unwrap();
    let mut lines = excerpt
        .lines()
        .skip(1)
        .map(|line| line[3..].trim_start().to_owned());
    [
        lines.next().unwrap(),
        excerpt.lines().last().unwrap()[3..].to_owned(),
    ]
}

#[test]
fn excerpt_of_flow_style_hides_only_values_that_can_be_secrets() {
    for (line, shown) in [
        (
            "- { name: Support NL, template: smss, signing_key: planted-secret }",
            "- { name: Support NL, template: smss, signing_key: [redacted] }",
        ),
        (
            "- { \"name\": 'A', conversational: maybe } # planted-secret",
            "- { \"name\": 'A', conversational: maybe } [redacted]",
        ),
        (
            "{ arguments: { name: planted-secret, list: [planted-secret] } }",
            "{ arguments: { name: [redacted], list: [[redacted]] } }",
        ),
        (
            "{ security_arguments: { id: { id: planted-secret } }, id: 2d7a }",
            "{ security_arguments: { id: { id: [redacted] } }, id: 2d7a }",
        ),
        (
            "{ access_token: env:META_TOKEN, nmae: planted-secret }",
            "{ access_token: env:META_TOKEN, nmae: [redacted] }",
        ),
        (
            "{ name: [planted-secret], filters: { platformId: sms } }",
            "{ name: [[redacted]], filters: { platformId: sms } }",
        ),
        (
            "{ name: &planted-secret x, label: *planted-secret, event: y }",
            "{ name: [redacted] x, label: [redacted], event: y }",
        ),
        ("{ planted secret: x }", "{ [redacted]: [redacted] }"),
        (
            "{ url: https://example.com/planted-secret }",
            "{ url: [redacted] }",
        ),
        ("{ name: \"\\u0070lanted-secret\" }", "{ name: [redacted] }"),
    ] {
        assert_eq!(valid(line, 1, 1)[0], shown, "{line}");
    }
}

#[test]
fn mark_of_an_excerpt_points_to_the_value_after_a_hidden_one() {
    let line = "{ code: planted-secret, nmae: x }";
    let [shown, mark] = valid(line, 1, 25);
    assert_eq!(shown, "{ code: [redacted], nmae: [redacted] }");
    assert_eq!(mark.find('^').unwrap(), 1 + shown.find("nmae").unwrap());
    let [shown, mark] = valid(line, 1, 12);
    assert_eq!(mark.find('^').unwrap(), 1 + shown.find('[').unwrap());
}

#[test]
fn excerpt_hides_the_lines_of_a_block_scalar_and_of_a_comment() {
    let text = "label: x\ncode: |\n  planted: secret\n# planted: secret\nname: y\n";
    for line in [3, 4] {
        assert!(!valid(text, line, 1)[0].contains("planted"));
    }
    assert_eq!(valid(text, 5, 1)[0], "name: y");
}

#[test]
fn excerpt_marks_the_column_below_its_line() {
    let text = "version: 1\nproject: acme\n  template: smss\n";
    assert_eq!(
        render(text, None, 3, 13).unwrap(),
        "  |\n3 |   template: smss\n  |             ^"
    );
    assert_eq!(render(text, None, 9, 1), None);
    assert_eq!(render(text, None, 0, 1), None);
}

#[test]
fn excerpt_hides_every_value_that_could_be_a_secret() {
    for line in [
        "signing_key: planted-secret",
        "  - signing_key: 'planted-secret'",
        "access_token: \"planted-secret\"",
        "code: planted-secret",
        "planted-secret",
        "  planted-secret",
        "- planted-secret",
        "name: {signing_key: planted-secret}",
        "name: x # planted-secret",
        "name: [planted-secret]",
        "connectors: planted-secret",
        "? planted-secret",
        "url: https://hooks.example.com/planted-secret",
        "signing_key: env:planted-secret",
        "{\"signing_key\": \"planted-secret\"}",
    ] {
        let excerpt = render(line, None, 1, 1).unwrap();
        assert!(!excerpt.contains("planted"), "{line}: {excerpt}");
    }
}

#[test]
fn excerpt_shows_structure_names_and_references() {
    for line in [
        "connectors:",
        "  - name: Support NL",
        "signing_key: env:HOOK_KEY",
    ] {
        let excerpt = render(line, None, 1, 1).unwrap();
        assert!(excerpt.contains(&format!("1 | {line}\n")), "{excerpt}");
    }
}

#[test]
fn excerpt_contains_no_control_characters_and_has_a_limit() {
    let line = format!("name: \u{1b}[31m{}", "é".repeat(5000));
    let excerpt = render(&line, None, 1, 4000).unwrap();
    assert!(!excerpt.contains('\u{1b}') && excerpt.len() < 1000);
}
