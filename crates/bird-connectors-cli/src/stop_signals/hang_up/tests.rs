use super::is_ignored_in;

#[test]
fn first_bit_of_the_ignored_signals_is_sighup() {
    let status = |mask: &str| format!("Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
    assert!(is_ignored_in(&status("0000000000000001")));
    assert!(is_ignored_in(&status("0000000000001001")));
    assert!(!is_ignored_in(&status("0000000000001000")));
    assert!(!is_ignored_in(&status("unreadable")));
    assert!(!is_ignored_in("Name:\tx\n"));
}
