//! The signature of a delivery, after the API's documents and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest as _, Sha256};

/// `base64(HMAC-SHA256(key, timestamp + "\n" + url + "\n" + SHA256(body)))`, the hash of the body as raw bytes.
pub(crate) fn sign(key: &str, timestamp: i64, url: &str, body: &[u8]) -> Option<String> {
    let mut mac: Hmac<Sha256> = KeyInit::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("{timestamp}\n{url}\n").as_bytes());
    mac.update(&Sha256::digest(body));
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_check_vector_comes_out() {
        let body = br#"{"service":"channels","event":"channel.created","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}}"#;
        let url = "https://example.com/webhooks/bird?tenant=42";
        let signature = sign("test-signing-key", 1_767_225_600, url, body);
        assert_eq!(
            signature.as_deref(),
            Some("UagFN+JcLLPQULzGYh2j9zSPozzQBJIuXfgLd5hZcao=")
        );
    }
}
