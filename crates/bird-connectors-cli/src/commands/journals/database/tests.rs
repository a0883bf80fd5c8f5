//! Connection strings.

use super::*;

#[test]
fn modes_of_libpq_are_accepted_and_other_strings_are_refused() {
    for mode in ["disable", "prefer", "require", "verify-ca", "verify-full"] {
        assert!(parse(&format!("postgresql://user@host/app?sslmode={mode}")).is_some());
    }
    for invalid in ["mysql://host", "postgresql://host?sslmode=never", "hunter2"] {
        assert!(parse(invalid).is_none(), "{invalid}");
    }
}
