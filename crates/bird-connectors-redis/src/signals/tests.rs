use super::*;

#[test]
fn debug_output_does_not_contain_the_password() {
    let client = Client::open("redis://user:planted-password@127.0.0.1/").unwrap();
    let printed = format!("{:?}", RedisSignals::new(client).prefix("shop:"));
    assert_eq!(printed, r#"RedisSignals { channel: "shop:events", .. }"#);
}

#[test]
fn subscribing_outside_of_a_runtime_starts_no_task() {
    let client = Client::open("redis://127.0.0.1/").unwrap();
    let signals = RedisSignals::new(client);
    drop(signals.events());
    assert!(signals.shared.subscription().is_none());
}
