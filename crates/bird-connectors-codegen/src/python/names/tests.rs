use super::*;

#[test]
fn attribute_is_snake_case_of_property() {
    for (property, name) in [
        ("id", "id"),
        ("createdAt", "created_at"),
        ("httpStatusCode", "http_status_code"),
        ("type", "type"),
        ("from", "from_"),
    ] {
        assert_eq!(attribute(property).unwrap(), name);
    }
}

#[test]
fn attribute_fails_on_name_that_is_taken_or_invalid() {
    for (property, reason) in [
        ("extra", "every model class has a member extra"),
        ("toDict", "every model class has a member to_dict"),
        ("a-b", "a-b is not an identifier"),
        ("self", "self is not an identifier"),
    ] {
        let error = attribute(property).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("the property {property} cannot be an attribute: {reason}")
        );
    }
}

#[test]
fn member_is_upper_case_of_variant() {
    for (variant, name) in [("Active", "ACTIVE"), ("TollFree", "TOLL_FREE")] {
        assert_eq!(member(variant), name);
    }
}
