use super::*;

#[test]
fn spellings_of_one_number_have_equal_digits() {
    for number in [
        "+31 6 1234-5678",
        "0031612345678",
        "00 31 (6) 12.34.56.78",
        " 31612345678\n",
        "+31\u{a0}6\u{2011}12345678",
        "(+31) 612345678",
    ] {
        assert_eq!(
            PhoneNumber::parse(number).map(|number| number.to_string()),
            Ok("+31612345678".to_owned()),
            "{number}"
        );
    }
}

#[test]
fn invalid_number_is_rejected_with_a_reason() {
    for (number, reason) in [
        ("", "it has no digits"),
        (" + ", "it has no digits"),
        ("00", "it has no digits"),
        ("BIRD", "it contains 'B'"),
        ("+31 6 1234 567x", "it contains 'x'"),
        ("++31612345678", "it contains '+'"),
        ("31+612345678", "it contains '+'"),
        (
            "0612345678",
            "it begins with 0: the country code is missing",
        ),
        (
            "+0031612345678",
            "it begins with 0: the country code is missing",
        ),
        (
            "+31 (0)6 12345678",
            "it contains (0), which is not dialled from abroad: leave it out",
        ),
        ("1234567890123456", "it has 16 digits; the maximum is 15"),
    ] {
        assert_eq!(
            PhoneNumber::parse(number),
            Err(reason.to_owned()),
            "{number}"
        );
    }
}
