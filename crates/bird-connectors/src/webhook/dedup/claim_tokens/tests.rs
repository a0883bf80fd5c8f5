use super::*;

fn key(number: usize) -> DeliveryKey {
    format!("{number:064x}").parse().unwrap()
}

#[test]
fn tokens_of_a_key_are_taken_in_the_order_of_their_claims() {
    let tokens = ClaimTokens::new();
    tokens.insert(key(1), "first");
    tokens.insert(key(2), "other");
    tokens.insert(key(1), "second");
    assert_eq!(tokens.len(), 3);
    assert_eq!(tokens.take_oldest(key(1)), Some("first"));
    assert_eq!(tokens.take_oldest(key(1)), Some("second"));
    assert_eq!(tokens.take_oldest(key(1)), None);
    assert_eq!(tokens.take_oldest(key(2)), Some("other"));
    assert!(tokens.is_empty() && lock(&tokens.table).tokens.is_empty());
}

#[test]
fn tokens_beyond_the_capacity_replace_the_oldest() {
    let tokens = ClaimTokens::new();
    for number in 0..=CAPACITY {
        tokens.insert(key(number), number);
    }
    assert_eq!(tokens.len(), CAPACITY);
    assert_eq!(lock(&tokens.table).tokens.len(), CAPACITY);
    assert_eq!(tokens.take_oldest(key(0)), None);
    assert_eq!(tokens.take_oldest(key(1)), Some(1));
}

#[test]
fn debug_output_does_not_contain_the_tokens() {
    let tokens = ClaimTokens::default();
    tokens.insert(key(1), "planted-token");
    let printed = format!("{tokens:?}");
    assert!(
        printed.contains("len: 1") && !printed.contains("planted"),
        "{printed}"
    );
}
