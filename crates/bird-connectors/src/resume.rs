//! Plain data that a program can store and resume from, in this process or in another one.
//!
//! Every type has the same two forms: JSON with serde, and one line of URL-safe base64 with `Display`. `FromStr` reads
//! both. The types do not depend on the SDK's error type: parsing returns a reason, which the `error` module converts
//! into an error.

mod checkpoint;
mod identity;
#[cfg(feature = "install")]
mod signed;
mod unresolved_create;
mod versioned;
#[cfg(feature = "install")]
mod wait_token;

pub use checkpoint::Checkpoint;
pub(crate) use checkpoint::{Position, Scope};
pub(crate) use identity::{Identity, IdentityRule, slug};
pub use unresolved_create::UnresolvedCreate;
pub(crate) use versioned::Versioned;
#[cfg(feature = "install")]
pub use wait_token::WaitToken;
