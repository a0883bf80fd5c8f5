//! The secrets that requests carry. No output of the SDK may contain one.

/// The access key of the client.
pub const ACCESS_KEY: &str = "planted-access-key";
/// A value in the `securityArguments` of a connector.
pub const ACCESS_TOKEN: &str = "planted-access-token";
/// The invitation token of a connector.
pub const INVITATION_TOKEN: &str = "planted-invitation-token";
/// The signing key of a webhook subscription.
pub const SIGNING_KEY: &str = "planted-signing-key";

/// All of them.
pub const SECRETS: [&str; 4] = [ACCESS_KEY, ACCESS_TOKEN, INVITATION_TOKEN, SIGNING_KEY];
