use super::*;

fn key(number: usize) -> DeliveryKey {
    format!("{number:064x}").parse().unwrap()
}

fn token(number: u8) -> ClaimToken {
    ClaimToken::new([number; 16])
}

#[test]
fn token_is_written_as_lower_case_hexadecimal_digits() {
    let mut random = [0; 16];
    random[0] = 0x0f;
    random[15] = 0xab;
    let value = ClaimToken::new(random).value();
    assert_eq!(value, "claim:0f0000000000000000000000000000ab");
}

#[test]
fn tokens_of_a_key_are_removed_in_the_order_of_their_claims() {
    let mut claims = OwnClaims::default();
    claims.insert(key(1), token(1));
    claims.insert(key(2), token(2));
    claims.insert(key(1), token(3));
    assert_eq!(claims.remove_oldest(key(1)), Some(token(1)));
    assert_eq!(claims.remove_oldest(key(1)), Some(token(3)));
    assert_eq!(claims.remove_oldest(key(1)), None);
    assert_eq!(claims.remove_oldest(key(2)), Some(token(2)));
    assert!(claims.tokens.is_empty() && claims.order.is_empty());
}

#[test]
fn claims_beyond_the_capacity_replace_the_oldest() {
    let mut claims = OwnClaims::default();
    for number in 0..=CAPACITY {
        claims.insert(key(number), token(7));
    }
    assert_eq!(claims.order.len(), CAPACITY);
    assert_eq!(claims.tokens.len(), CAPACITY);
    assert_eq!(claims.remove_oldest(key(0)), None);
    assert_eq!(claims.remove_oldest(key(1)), Some(token(7)));
}
