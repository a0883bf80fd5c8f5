use std::{fs, path::PathBuf};

use super::*;
use crate::contract;

/// Compares with a file in `tests/golden`. To accept a change, remove the file, run the test, and read the diff.
fn assert_golden(name: &str, document: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let mut document = document.clone();
    document.sort_all_objects();
    let yaml = serde_yaml_ng::to_string(&document).unwrap();
    if !path.exists() {
        fs::write(&path, &yaml).unwrap();
        panic!("{name} did not exist and has been written: read it and commit it");
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(
        yaml == expected,
        "{name} differs from the committed file:\n{yaml}"
    );
}

#[test]
fn normalised_sample_matches_golden_files() {
    let mut sample = contract::parse(include_str!("../../tests/sample.yaml")).unwrap();
    simplify(&mut sample);
    let untouched = sample.clone();
    let reach = Reach::of(&sample).unwrap();
    assert_golden("client.yaml", &for_client(&sample, &reach).unwrap());
    assert_golden("mocks.yaml", &for_mocks(&sample, &reach).unwrap());
    assert_eq!(sample, untouched);
}
