//! The signature of a webhook. It follows the API's documentation and shares no code with the SDK.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// `base64(HMAC-SHA256(key, timestamp + "\n" + url + "\n" + SHA256(body)))`, with the hash of the body as raw bytes.
pub(super) fn sign(key: &str, timestamp: i64, url: &str, body: &[u8]) -> Option<String> {
    let mut mac: Hmac<Sha256> = KeyInit::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("{timestamp}\n{url}\n").as_bytes());
    mac.update(&Sha256::digest(body));
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}
