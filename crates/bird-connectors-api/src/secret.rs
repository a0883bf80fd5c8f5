//! Texts that must not show up in a log: access tokens, signing keys, invitations.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What Debug and Display say in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// What both secrets have in common: everything but their JSON.
macro_rules! secret {
    ($name:ident) => {
        impl $name {
            /// The text itself. Whoever calls this answers for where it goes.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<SecretString> for $name {
            fn from(text: SecretString) -> Self {
                Self(text)
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

/// A secret in a reply, such as the signing key of a webhook subscription.
///
/// Debug and Display say `[redacted]`. As JSON it is `null`, so that a model that is logged or stored as JSON does not
/// leak it; read back from there, it is absent. To keep the secret, [`expose`](Self::expose) it and store it yourself.
/// Memory is wiped when it is dropped. Two secrets are equal when their texts are; the comparison is not meant to
/// withstand an attacker who measures time.
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
/// Debug and Display say `[redacted]`. As JSON it is the text itself, because that is what the request has to carry: do
/// not log a request body as JSON. In all else it is a [`Secret`].
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
