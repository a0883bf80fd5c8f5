//! Plain data that a program can store and resume from, in this process or in another one.
//!
//! Every type has the same two forms: JSON with serde, and one line of URL-safe base64 with `Display`. `FromStr` reads
//! both. The types know nothing of the API's errors: parsing returns a reason, which the `error` module turns into an
//! error.

pub(crate) mod checkpoint;
pub(crate) mod identity;
pub(crate) mod unresolved_create;
pub(crate) mod versioned;
pub(crate) mod wait_token;
