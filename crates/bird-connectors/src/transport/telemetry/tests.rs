use super::*;

#[test]
fn custom_method_is_not_logged() {
    let own = Method::from_bytes(b"PLANTED").unwrap();
    assert_eq!(known_method(&own), "_OTHER");
    assert_eq!(known_method(&Method::PATCH), "PATCH");
}
