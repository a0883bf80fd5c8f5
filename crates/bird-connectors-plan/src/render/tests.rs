//! Text and Markdown.

use super::*;

#[test]
fn name_cannot_break_a_table_or_mention_somebody() {
    assert_eq!(
        cell("a|b`c` <img src=x> @team\n| x"),
        "a\\|b\\`c\\` &lt;img src=x&gt; @\u{200b}team \\| x"
    );
}

#[test]
fn terminal_gets_no_control_characters() {
    assert_eq!(printable("a\u{1b}[31m\nb"), "a [31m b");
}
