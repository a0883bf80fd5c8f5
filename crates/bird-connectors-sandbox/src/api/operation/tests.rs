use super::Operation;

#[test]
fn operation_id_of_every_operation_parses_to_that_operation() {
    assert_eq!(
        Operation::ALL.len(),
        27,
        "the number of operations has changed: update this count in src/api/operation/tests.rs"
    );
    for operation in Operation::ALL {
        assert_eq!(operation.id().parse(), Ok(*operation));
    }
    assert!("listconnectors".parse::<Operation>().is_err());
}
