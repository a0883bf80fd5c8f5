use crate::{Fault, Operation};

#[test]
fn error_about_a_long_name_is_short_and_in_one_line() {
    let long = "é\n".repeat(1 << 20);
    let fault = long.parse::<Fault>().unwrap_err().to_string();
    let operation = long.parse::<Operation>().unwrap_err().to_string();
    for message in [fault, operation] {
        assert!(message.chars().count() < 1024, "{}", message.len());
        assert!(
            !message.contains('\n') && message.contains('…'),
            "{message}"
        );
    }
    let message = "perhaps".parse::<Fault>().unwrap_err().to_string();
    assert!(
        message.starts_with("unknown fault \"perhaps\": expected one of "),
        "{message}"
    );
}
