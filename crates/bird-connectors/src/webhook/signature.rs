//! How a delivery is signed, and the key that all attempts of one delivery share.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::WebhookError;
use super::delivery::malformed;
use super::names::SIGNATURE_HEADER;
use crate::error::Error;

/// A signing key, ready to sign. The original string is not kept.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Uses the bytes of the string as they are, even if it looks like base64.
    pub(super) fn new(key: &str) -> Result<Self, Error> {
        let invalid = |why| Error::invalid_input("create a webhook verifier", why);
        if key.is_empty() {
            return Err(invalid(
                "a signing key is empty, so anyone could sign deliveries",
            ));
        }
        Hmac::new_from_slice(key.as_bytes())
            .map(Self)
            .map_err(|_| invalid("a signing key has an unusable length"))
    }

    fn sign(&self, message: &SignedMessage) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&message.0);
        mac.finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(super) fn matches(&self, signature: &[u8; 32], message: &SignedMessage) -> Choice {
        self.sign(message).ct_eq(signature)
    }
}

/// The signed message: the timestamp, the URL and the SHA-256 of the body as 32 raw bytes, separated by line feeds.
pub(super) struct SignedMessage(Vec<u8>);

impl SignedMessage {
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

/// Decodes a signature: 32 bytes in base64.
pub(super) fn decode(value: &str) -> Result<[u8; 32], WebhookError> {
    let invalid = |reason| malformed(SIGNATURE_HEADER, reason);
    if value.is_empty() {
        return Err(invalid("it is empty"));
    }
    if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("it is hexadecimal; expected base64"));
    }
    STANDARD
        .decode(value)
        .map_err(|_| invalid("it is not base64"))?
        .try_into()
        .map_err(|_| invalid("it does not have the 32 bytes of a signature"))
}

/// Signs a delivery as the API does, for tests of a receiver. Returns the value of the header
/// [`messagebird-signature`](super::SIGNATURE_HEADER).
///
/// `timestamp` is in seconds since 1970 and goes into the header [`TIMESTAMP_HEADER`](super::TIMESTAMP_HEADER). `url` is
/// the URL of the subscription.
///
/// ```
/// use bird_connectors::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, sign};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (key, url) = ("signing key", "https://hooks.example.com/bird");
/// let body = br#"{"service":"channels","event":"channel.updated","payload":{}}"#;
/// let now = std::time::UNIX_EPOCH.elapsed()?.as_secs() as i64;
/// let headers = [
///     (SIGNATURE_HEADER, sign(key, now, url, body)?),
///     (TIMESTAMP_HEADER, now.to_string()),
/// ];
/// let event = Verifier::new([key], [url])?.verify((&headers, body))?;
/// assert_eq!(event.event, "channel.updated");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the key is empty.
pub fn sign(signing_key: &str, timestamp: i64, url: &str, body: &[u8]) -> Result<String, Error> {
    let message = SignedMessage::new(&timestamp.to_string(), url, &BodyHash::of(body));
    Ok(STANDARD.encode(SigningKey::new(signing_key)?.sign(&message)))
}

/// Identifies a delivery across its attempts: the SHA-256 of timestamp, URL and body.
///
/// All three are signed and do not change in a retry. The request id is not part of the key, because it is not signed: a
/// replay can carry another one.
///
/// Its string form, in `Display`, `FromStr` and serde, is 64 lower-case hexadecimal digits.
///
/// ```
/// use bird_connectors::webhook::DeliveryKey;
///
/// let key: DeliveryKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(key.as_bytes()[1], 0x11);
/// assert!("no digits".parse::<DeliveryKey>().is_err());
/// # Ok::<(), bird_connectors::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryKey([u8; 32]);

impl DeliveryKey {
    /// The 32 bytes of the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // Written at once, because a `write!` for each byte formats 32 times.
        let mut digits = [0; 64];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryKey({self})")
    }
}

impl FromStr for DeliveryKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self, Error> {
        let invalid =
            || Error::invalid_input("parse a delivery key", "expected 64 hexadecimal digits");
        let (pairs, []) = key.as_bytes().as_chunks::<2>() else {
            return Err(invalid());
        };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return Err(invalid());
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            let (high, low) = high.zip(low).ok_or_else(invalid)?;
            *byte = (high << 4 | low) as u8;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for DeliveryKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self, Error> {
        key.parse()
    }
}

impl From<DeliveryKey> for String {
    fn from(key: DeliveryKey) -> String {
        key.to_string()
    }
}
