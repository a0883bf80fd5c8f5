//! What an excerpt shows and hides.

use super::*;

#[test]
fn excerpt_marks_the_column_below_its_line() {
    let text = "version: 1\nproject: acme\n  template: smss\n";
    assert_eq!(
        render(text, 3, 13).unwrap(),
        "  |\n3 |   template: smss\n  |             ^"
    );
    assert_eq!(render(text, 9, 1), None);
    assert_eq!(render(text, 0, 1), None);
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
        let excerpt = render(line, 1, 1).unwrap();
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
        let excerpt = render(line, 1, 1).unwrap();
        assert!(excerpt.contains(&format!("1 | {line}\n")), "{excerpt}");
    }
}

#[test]
fn excerpt_contains_no_control_characters_and_has_a_limit() {
    let line = format!("name: \u{1b}[31m{}", "é".repeat(5000));
    let excerpt = render(&line, 1, 4000).unwrap();
    assert!(!excerpt.contains('\u{1b}') && excerpt.len() < 1000);
}
