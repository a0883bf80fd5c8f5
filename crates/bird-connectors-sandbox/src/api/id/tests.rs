use super::parse_uuid;

#[test]
fn parse_uuid_accepts_only_the_hyphenated_form() {
    assert!(parse_uuid("8362fa40-9ff1-5430-a3ab-79ecc61b96b1").is_some());
    assert!(
        parse_uuid("8362fa40-9ff1-e430-a3ab-79ecc61b96b1").is_some(),
        "any version is valid"
    );
    assert!(parse_uuid("8362fa409ff15430a3ab79ecc61b96b1").is_none());
    assert!(parse_uuid("{8362fa40-9ff1-5430-a3ab-79ecc61b96b1}").is_none());
}
