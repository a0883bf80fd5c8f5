use super::*;

#[test]
fn fields_are_sorted_and_documented() {
    assert!(FIELDS.is_sorted());
    let documentation = include_str!("../telemetry.rs");
    let documentation = documentation.split("pub const").next().unwrap_or_default();
    for field in FIELDS {
        assert!(documentation.contains(&format!("`{field}`")), "{field}");
    }
}
