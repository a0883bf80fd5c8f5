//! The recipe of the signature, and the key by which the attempts of one delivery are known as the same.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::WebhookError;
use super::headers::malformed;
use super::names::SIGNATURE_HEADER;
use crate::error::Error;

/// A signing key, ready to sign. The text itself is not kept.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// The key is the text's own bytes, even where it looks like base64.
    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let refuse = |why| Error::invalid_input("make a webhook verifier", why);
        if text.is_empty() {
            return Err(refuse("a signing key is empty, so that anyone could sign"));
        }
        Hmac::new_from_slice(text.as_bytes())
            .map(Self)
            .map_err(|_| refuse("a signing key cannot be used"))
    }

    fn sign(&self, message: &Message) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&message.0);
        mac.finalize().into_bytes().into()
    }

    /// In a time that does not depend on where the two differ.
    pub(super) fn made(&self, signature: &[u8; 32], message: &Message) -> Choice {
        self.sign(message).ct_eq(signature)
    }
}

/// What is signed: the timestamp, the URL, and the SHA-256 of the body as 32 raw bytes, one line each.
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn new(timestamp: &str, url: &str, body: &BodyHash) -> Self {
        Self([timestamp.as_bytes(), b"\n", url.as_bytes(), b"\n", &body.0].concat())
    }

    pub(super) fn key(&self) -> DeliveryKey {
        DeliveryKey(Sha256::digest(&self.0).into())
    }
}

pub(super) struct BodyHash([u8; 32]);

impl BodyHash {
    pub(super) fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }
}

/// Reads a signature: base64 of 32 bytes.
pub(super) fn decode(text: &str) -> Result<[u8; 32], WebhookError> {
    let refuse = |reason| malformed(SIGNATURE_HEADER, reason);
    if text.is_empty() {
        return Err(refuse("it is empty"));
    }
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refuse("it is hexadecimal, and should be base64"));
    }
    STANDARD
        .decode(text)
        .map_err(|_| refuse("it is not base64"))?
        .try_into()
        .map_err(|_| refuse("it is not as long as a signature"))
}

/// Signs a delivery as the API does: for tests of a receiver. The timestamp is in seconds since 1970, and the URL is the
/// one of the subscription.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an empty key.
pub fn sign(signing_key: &str, timestamp: i64, url: &str, body: &[u8]) -> Result<String, Error> {
    let message = Message::new(&timestamp.to_string(), url, &BodyHash::of(body));
    Ok(STANDARD.encode(SigningKey::new(signing_key)?.sign(&message)))
}

/// What makes two deliveries the same: the SHA-256 of timestamp, URL and body.
///
/// All three are signed, and the same in every retry. The request id is neither signed nor, for a captured delivery that
/// somebody sends again, the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryKey([u8; 32]);

impl DeliveryKey {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DeliveryKey {
    /// 64 hexadecimal digits, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryKey({self})")
    }
}

impl FromStr for DeliveryKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse =
            || Error::invalid_input("read a delivery key", "it is not 64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let mut key = [0; 32];
        for (byte, index) in key.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[index..index + 2], 16).map_err(|_| refuse())?;
        }
        Ok(Self(key))
    }
}

impl TryFrom<String> for DeliveryKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<DeliveryKey> for String {
    fn from(key: DeliveryKey) -> String {
        key.to_string()
    }
}
