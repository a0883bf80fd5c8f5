use super::sign;

#[test]
fn sign_reproduces_the_test_vector() {
    let body = br#"{"service":"channels","event":"channel.created","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}}"#;
    let url = "https://example.com/webhooks/bird?tenant=42";
    let signature = sign("test-signing-key", 1_767_225_600, url, body);
    assert_eq!(
        signature.as_deref(),
        Some("UagFN+JcLLPQULzGYh2j9zSPozzQBJIuXfgLd5hZcao=")
    );
}
