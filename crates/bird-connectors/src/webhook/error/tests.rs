//! How errors of webhooks print.

use super::*;

#[test]
fn message_ends_with_the_anchor_of_its_variant() {
    let by = Duration::from_secs(90);
    for error in [
        WebhookError::MissingHeader {
            header: SIGNATURE_HEADER,
        },
        WebhookError::MalformedHeader {
            header: TIMESTAMP_HEADER,
            reason: "it is not a number",
        },
        WebhookError::SignatureMismatch,
        WebhookError::TimestampTooOld { by },
        WebhookError::TimestampInFuture { by },
        WebhookError::InvalidBody {
            reason: "it is empty".to_owned(),
        },
    ] {
        let message = error.to_string();
        let anchor = format!(" [errors#{}]", error.reason());
        assert!(message.ends_with(&anchor), "{message}");
    }
}
