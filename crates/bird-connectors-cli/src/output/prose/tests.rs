use super::wrap;

#[test]
fn message_that_fits_or_is_not_for_a_terminal_is_unchanged() {
    let message = "the  message: bird-connectors whoami";
    assert_eq!(wrap(message, None), message);
    assert_eq!(wrap(message, Some(message.len())), message);
}

#[test]
fn long_message_is_broken_at_spaces_and_words_are_not_broken() {
    assert_eq!(
        wrap("error: the connection broke before a response", Some(20)),
        "error: the\nconnection broke\nbefore a response"
    );
    assert_eq!(
        wrap("token: eyJ2IjoxLCJ3b3Jrc3", Some(12)),
        "token:\neyJ2IjoxLCJ3b3Jrc3"
    );
}

#[test]
fn command_at_the_end_is_one_line_that_can_be_copied() {
    assert_eq!(
        wrap(
            "The journal is a.journal. Continue with: bird-connectors connectors install-all 'a  b.csv'",
            Some(30)
        ),
        "The journal is a.journal.\nContinue with:\nbird-connectors connectors install-all 'a  b.csv'"
    );
}
