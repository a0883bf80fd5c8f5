use super::*;

fn key(input: &str) -> Result<AccessKey, Error> {
    AccessKey::parse(SecretString::from(input), "access_key")
}

#[test]
fn invalid_access_key_is_rejected_and_not_shown() {
    for (input, message) in [
        ("", "is empty"),
        ("AccessKey abc-marker", "name of a scheme"),
        ("accesskey abc-marker", "name of a scheme"),
        ("Bearer abc-marker", "name of a scheme"),
        ("ab\nc-marker", "is a space, a line break"),
        ("ab c-marker", "position 3"),
        ("schlüssel-marker", "position 5"),
    ] {
        let error = key(input).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(!format!("{error:?}").contains("marker"));
    }
    let good = key("c2VjcmV0+/=_-.").unwrap();
    assert_eq!(
        format!("{good:?} {:?}", good.header()),
        "[redacted] Sensitive"
    );
    assert_eq!(good.header().as_bytes(), b"AccessKey c2VjcmV0+/=_-.");
}

#[test]
fn key_of_another_product_is_accepted_and_suspected() {
    for (input, suspected) in [
        ("bk_marker", Some("`bk_`, as keys of Bird's newer platform")),
        (
            "bird_live_marker",
            Some("`bird_live_`, as keys of Bird's newer platform"),
        ),
        (
            "bird_test_marker",
            Some("`bird_test_`, as keys of Bird's newer platform"),
        ),
        (
            "live_marker",
            Some("`live_`, as keys of the old MessageBird API"),
        ),
        (
            "test_marker",
            Some("`test_`, as keys of the old MessageBird API"),
        ),
        ("\"marker\"", Some("quotation marks")),
        ("'marker'", Some("quotation marks")),
        ("marker`", Some("quotation marks")),
        ("2d7a1e03-25e4-401e-bf1e-0ace545673d7", Some("is a UUID")),
        ("marker_live_", None),
        ("livemarker", None),
        ("BK_marker", None),
    ] {
        let suspicion = key(input).unwrap().suspicion();
        match (suspicion, suspected) {
            (Some(suspicion), Some(suspected)) => {
                assert!(suspicion.contains(suspected), "{suspicion}");
                assert!(!suspicion.contains("marker"), "{suspicion}");
            }
            (suspicion, suspected) => assert_eq!(suspicion, suspected, "{input}"),
        }
    }
}
