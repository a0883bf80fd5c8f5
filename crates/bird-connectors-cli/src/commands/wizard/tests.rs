use super::{e164, reference};

#[test]
fn phone_number_is_converted_to_e164() {
    assert_eq!(e164("0031 6 1234-5678").unwrap(), "+31612345678");
    for invalid in ["0612345678", "+31", "abc"] {
        assert!(e164(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn reference_of_a_template_has_a_slug_and_a_version() {
    assert_eq!(reference("line:1").unwrap(), "line:1");
    for invalid in ["line", "line:", ":1"] {
        assert!(reference(invalid).is_err(), "{invalid}");
    }
}
