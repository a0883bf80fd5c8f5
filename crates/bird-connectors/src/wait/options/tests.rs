use super::*;
use crate::error::ErrorKind;

#[test]
fn validate_refuses_a_short_first_interval_and_a_shorter_longest_one() {
    let millis = Duration::from_millis;
    for (first, longest, valid) in [
        (10, 10, true),
        (500, 10_000, true),
        (9, 10_000, false),
        (0, 0, false),
        (500, 499, false),
    ] {
        let (first, longest) = (millis(first), millis(longest));
        let options = WaitOptions::new().interval(first, longest);
        assert_eq!(options.validate().is_ok(), valid, "{first:?} {longest:?}");
        if let Err(error) = options.validate() {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
    assert!(WaitOptions::new().validate().is_ok());
}
