use super::warning;

const KNOWN: [&str; 3] = ["transactional", "promotional", "2fa"];

#[test]
fn known_value_has_no_warning() {
    assert_eq!(warning("--message-type", "2fa", &KNOWN), None);
}

#[test]
fn misspelled_value_suggests_the_nearest() {
    assert_eq!(
        warning("--message-type", "transactionl", &KNOWN).unwrap(),
        "--message-type has the unknown value \"transactionl\", which is sent as it is: did you mean transactional? The known \
         values are transactional, promotional, 2fa"
    );
}

#[test]
fn other_value_lists_the_known_ones() {
    assert_eq!(
        warning("--message-type", "marketing", &KNOWN).unwrap(),
        "--message-type has the unknown value \"marketing\", which is sent as it is: the known values are transactional, \
         promotional, 2fa"
    );
}
