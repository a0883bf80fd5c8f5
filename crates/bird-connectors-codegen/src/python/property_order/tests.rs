use super::*;

#[test]
fn properties_keep_the_order_of_the_contract() {
    let order = PropertyOrder::of(
        "components: {schemas: {Parcel: {properties: {weight: {}, id: {}, name: {}}}, Size: {type: string}}}",
    )
    .unwrap();
    assert_eq!(order.of_schema("Parcel"), ["weight", "id", "name"]);
    assert!(order.of_schema("Size").is_empty());
    assert!(order.of_schema("Missing").is_empty());
}
