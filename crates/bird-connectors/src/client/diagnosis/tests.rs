use crate::client::Client;
use crate::error::ErrorKind;

#[test]
fn each_setting_is_diagnosed_on_its_own() {
    let diagnosis = Client::builder()
        .access_key("Bearer hunter2")
        .base_url("https://api.bird.com/v1")
        .proxy("ftp://user:hunter2@proxy.example.com")
        .root_certificate("not PEM")
        .diagnose();
    for error in [
        diagnosis.access_key.as_ref().unwrap_err(),
        diagnosis.base_url.as_ref().unwrap_err(),
        diagnosis.proxy.as_ref().unwrap_err(),
        diagnosis.certificates.as_ref().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert_eq!(diagnosis.access_key_source, Some("access_key"));
    assert_eq!(diagnosis.base_url_source, Some("base_url"));
    let shown = format!("{diagnosis:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn plain_http_needs_neither_proxy_nor_certificates() {
    let builder = Client::builder()
        .access_key("live_1")
        .base_url("http://127.0.0.1:1/");
    let diagnosis = builder.proxy("http://proxy.example.com:3128").diagnose();
    assert_eq!(diagnosis.base_url.unwrap(), "http://127.0.0.1:1");
    assert_eq!(diagnosis.proxy.unwrap(), None);
    assert_eq!(diagnosis.certificates.unwrap(), None);
    let suspicion = diagnosis.access_key.unwrap().unwrap();
    assert!(suspicion.contains("`live_`"), "{suspicion}");
}

#[test]
fn proxy_is_described_without_its_password() {
    let builder = Client::builder().proxy("http://user:hunter2@proxy.example.com:3128");
    let proxy = builder.diagnose().proxy.unwrap().unwrap();
    assert_eq!(proxy.address, "proxy.example.com:3128");
    assert_eq!((proxy.variable, proxy.has_credentials), (None, true));
}

#[test]
fn missing_settings_are_diagnosed() {
    let diagnosis = Client::builder().no_proxy().diagnose();
    assert_eq!(diagnosis.access_key_source, None);
    assert!(diagnosis.access_key.is_err());
    assert_eq!(
        (diagnosis.workspace_id, diagnosis.base_url_source),
        (None, None)
    );
    assert_eq!(diagnosis.base_url.unwrap(), "https://api.bird.com");
}
