use super::*;

#[test]
fn every_fault_of_the_sandbox_has_a_row() {
    let rows = all();
    for fault in Fault::all() {
        let name = fault.name();
        // A row with a value appends it, such as `token_loop_2`.
        let with_value = format!("{name}_");
        assert!(
            rows.iter()
                .any(|row| row.name == name || row.name.starts_with(&with_value)),
            "fault {name} has no row: add one to crates/bird-connectors-drills/src/bin/faults/row.rs"
        );
    }
}
