use super::{EVENT_EXAMPLES, suggestion, warning};

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

#[test]
fn value_that_resembles_an_example_suggests_it() {
    let suggestion = |value| suggestion("--execution-status", value, &["succeeded"]);
    assert_eq!(
        suggestion("success").unwrap(),
        "--execution-status has the value \"success\": did you mean succeeded?"
    );
    assert!(suggestion("Succeeded").is_some());
    for value in ["succeeded", "failed", "pending", "retrying"] {
        assert_eq!(suggestion(value), None, "{value}");
    }
}

#[test]
fn misspelled_event_suggests_the_nearest() {
    let suggestion = |value| suggestion("--event", value, EVENT_EXAMPLES);
    assert_eq!(
        suggestion("channel.craeted").unwrap(),
        "--event has the value \"channel.craeted\": did you mean channel.created?"
    );
    for value in ["channel.updated", "voice.inbound", "whatsapp.inbound"] {
        assert_eq!(suggestion(value), None, "{value}");
    }
}
