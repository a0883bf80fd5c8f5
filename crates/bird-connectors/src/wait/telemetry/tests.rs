use super::*;

#[test]
fn loggable_replaces_strings_that_do_not_look_like_a_status() {
    assert_eq!(loggable(None), None);
    for string in ["active", "pending-review", "Not_Ready 2", ""] {
        assert_eq!(loggable(Some(string)), Some(string));
    }
    for string in ["active\nERROR forged", "aktív", "a=b", &"x".repeat(41)] {
        assert_eq!(loggable(Some(string)), Some("(invalid status)"));
    }
}
