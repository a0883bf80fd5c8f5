//! Signed strings: a payload, a dot, and the HMAC-SHA256 of the payload in URL-safe base64.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What the signature covers before the payload. It separates these signatures from others that are made with the same key.
const CONTEXT: &[u8] = b"bird-connectors wait token 1\n";

/// Signs a payload that contains no dot, or returns the reason why that is not possible.
pub(super) fn sign(payload: &str, key: &[u8]) -> Result<String, String> {
    let signature = mac(payload, key)?.finalize().into_bytes();
    Ok(format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Returns the payload of a signed string, or the reason why the signature is not valid. Compares in constant time.
pub(super) fn verify<'a>(signed: &'a str, key: &[u8]) -> Result<&'a str, String> {
    let (payload, signature) = signed
        .trim()
        .split_once('.')
        .ok_or("the wait token is not signed, or its signature is missing")?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| "the signature of the wait token is malformed or truncated")?;
    mac(payload, key)?.verify_slice(&signature).map_err(|_| {
        "the signature of the wait token does not match: the token was changed, or signed with another key"
    })?;
    Ok(payload)
}

fn mac(payload: &str, key: &[u8]) -> Result<Hmac<Sha256>, String> {
    if key.is_empty() {
        return Err("the signing key is empty, so anyone could sign a token".to_owned());
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|_| "the signing key has an unusable length".to_owned())?;
    mac.update(CONTEXT);
    mac.update(payload.as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests;
