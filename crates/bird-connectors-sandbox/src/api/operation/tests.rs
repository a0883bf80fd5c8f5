use super::Operation;

#[test]
fn operation_id_of_every_operation_parses_to_that_operation() {
    for operation in Operation::ALL {
        assert_eq!(operation.id().parse(), Ok(*operation));
    }
    assert!("listconnectors".parse::<Operation>().is_err());
}
