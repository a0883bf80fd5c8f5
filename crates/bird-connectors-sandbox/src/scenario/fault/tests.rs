use super::{Fault, NAMES};

#[test]
fn fault_name_of_every_fault_parses_to_that_fault() {
    for (name, fault) in NAMES {
        assert_eq!(name.parse(), Ok(fault()));
        assert_eq!(fault().to_string(), *name);
    }
    assert!("reset".parse::<Fault>().is_err());
}

#[test]
fn fault_that_needs_the_response_does_not_replace_it() {
    for fault in Fault::all() {
        assert!(
            !(fault.needs_response() && fault.replacement("/").is_some()),
            "{fault}"
        );
    }
}
