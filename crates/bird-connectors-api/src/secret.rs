//! Secret strings, which must not appear in logs: access tokens, signing keys, invitation tokens.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What `Debug` and `Display` print instead of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Implements everything that both types have in common: all except `Serialize`.
macro_rules! secret {
    ($name:ident) => {
        impl $name {
            /// Returns the secret. The caller must not log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<&str> for $name {
            fn from(secret: &str) -> Self {
                Self(secret.into())
            }
        }

        impl From<String> for $name {
            fn from(secret: String) -> Self {
                Self(secret.into())
            }
        }

        impl From<SecretString> for $name {
            fn from(secret: SecretString) -> Self {
                Self(secret)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(REDACTED)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(REDACTED)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose() == other.expose()
            }
        }

        impl Eq for $name {}

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

/// A secret in a response, such as the signing key of a webhook subscription.
///
/// `Debug` and `Display` print `[redacted]`. It serializes to `null`, so a model that is logged or stored as JSON does not
/// leak it; in the stored model it is absent. To keep the secret, call [`expose`](Self::expose) and store it yourself.
/// Dropping it clears its memory. Comparing two secrets compares their strings, and does not take constant time.
///
/// ```
/// use bird_connectors_api::Secret;
///
/// let key = Secret::from("a-signing-key");
/// assert_eq!(key.expose(), "a-signing-key");
/// assert_eq!(format!("{key:?} {key}"), "[redacted] [redacted]");
/// assert_eq!(serde_json::to_string(&key)?, "null");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

secret!(Secret);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// A secret in a request, such as the access token of a WhatsApp template.
///
/// `Debug` and `Display` print `[redacted]`. It serializes to the secret, because the request must contain it: do not log a
/// request as JSON. Otherwise it behaves like a [`Secret`].
///
/// ```
/// use bird_connectors_api::SentSecret;
///
/// let token = SentSecret::from("an-access-token");
/// assert_eq!(format!("{token:?}"), "[redacted]");
/// assert_eq!(serde_json::to_string(&token)?, "\"an-access-token\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct SentSecret(SecretString);

secret!(SentSecret);

impl Serialize for SentSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl From<Secret> for SentSecret {
    fn from(secret: Secret) -> Self {
        Self(secret.0)
    }
}

impl From<SentSecret> for Secret {
    fn from(secret: SentSecret) -> Self {
        Self(secret.0)
    }
}
