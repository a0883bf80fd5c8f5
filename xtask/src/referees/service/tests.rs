use super::without_colors;

#[test]
fn color_escapes_are_removed() {
    let line = "[1] \u{1b}[31m✖\u{1b}[0m  \u{1b}[1mViolation\u{1b}[22m: m";
    assert_eq!(without_colors(line), "[1] ✖  Violation: m");
    assert_eq!(without_colors("plain"), "plain");
}
