//! The names of the three headers of a delivery.

/// Header with the signature, in base64.
pub const SIGNATURE_HEADER: &str = "messagebird-signature";
/// Header with the time of the first attempt, in whole seconds since 1970. Retries repeat it.
pub const TIMESTAMP_HEADER: &str = "messagebird-request-timestamp";
/// Header with the id that all attempts of a delivery share. It is not signed.
pub const REQUEST_ID_HEADER: &str = "messagebird-request-id";
