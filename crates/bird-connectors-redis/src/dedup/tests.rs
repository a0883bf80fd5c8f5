use serde_json::Value;

use super::*;

/// Recorded for both languages: the Python package has a test of the same file.
const VECTORS: &str = include_str!("../../../bird-connectors/tests/vectors/redis.json");

#[test]
fn format_matches_the_recorded_one() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let recorded = &vectors["dedup"];
    let store = RedisDedupStore::new(Client::open("redis://127.0.0.1/").unwrap());
    assert_eq!(vectors["prefix"], DEFAULT_PREFIX);
    assert_eq!(recorded["begin_script"], BEGIN);
    assert_eq!(recorded["release_script"], RELEASE);
    assert_eq!(recorded["done_value"], DONE);
    assert_eq!(recorded["default_lease_ms"], milliseconds(store.lease));
    assert_eq!(
        recorded["default_remember_for_ms"],
        milliseconds(store.retention)
    );
    assert_eq!(recorded["longest_ms"], milliseconds(Duration::MAX));
    let key = recorded["delivery_key"].as_str().unwrap().parse().unwrap();
    assert_eq!(recorded["redis_key"], store.key(key));
    let token = u128::from_str_radix(recorded["token"].as_str().unwrap(), 16).unwrap();
    assert_eq!(
        recorded["claimed_value"],
        claimed_value(token.to_be_bytes())
    );
    assert_eq!(claimed_value([0; 16]), format!("claim:{}", "0".repeat(32)));
}

#[test]
fn times_are_rounded_up_to_milliseconds() {
    for (time, expected) in [
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::from_micros(1_001), 2),
        (Duration::from_secs(60), 60_000),
        (Duration::MAX, LONGEST),
    ] {
        assert_eq!(milliseconds(time), expected, "{time:?}");
    }
}

#[test]
fn debug_output_does_not_contain_the_password() {
    let client = Client::open("redis://user:planted-password@127.0.0.1/").unwrap();
    let printed = format!("{:?}", RedisDedupStore::new(client));
    assert!(!printed.contains("planted-password"), "{printed}");
}
