use super::difference;

#[test]
fn difference_lists_removed_and_added_lines() {
    assert_eq!(difference("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
    assert!(difference("a\n", "a\n").is_empty());
}
