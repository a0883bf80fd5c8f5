use super::*;
use crate::archive::entries;

const COMPLETE: [&str; 15] = [
    "bird_connectors/__init__.py",
    "bird_connectors/_client.py",
    "bird_connectors/_native.abi3.so",
    "bird_connectors/_native.pyi",
    "bird_connectors/postgres/schema.sql",
    "bird_connectors/py.typed",
    "pytest_bird_connectors/__init__.py",
    "pytest_bird_connectors/py.typed",
    "bird_connectors-0.1.0.dist-info/METADATA",
    "bird_connectors-0.1.0.dist-info/RECORD",
    "bird_connectors-0.1.0.dist-info/WHEEL",
    "bird_connectors-0.1.0.dist-info/entry_points.txt",
    "bird_connectors-0.1.0.dist-info/licenses/LICENSE-APACHE",
    "bird_connectors-0.1.0.dist-info/licenses/LICENSE-MIT",
    "bird_connectors-0.1.0.dist-info/sboms/bird-connectors-py.cyclonedx.json",
];

#[test]
fn complete_wheel_has_no_problems() {
    assert_eq!(problems(&entries(&COMPLETE)), Vec::<String>::new());
}

#[test]
fn each_missing_file_is_reported() {
    for missing in COMPLETE.iter().filter(|path| !path.ends_with("_client.py")) {
        let rest: Vec<&str> = COMPLETE
            .into_iter()
            .filter(|path| path != missing)
            .collect();
        let found = problems(&entries(&rest));
        assert_eq!(found.len(), 1, "{missing}: {found:?}");
        assert!(found[0].ends_with("is missing"), "{found:?}");
    }
}

#[test]
fn unexpected_files_are_reported() {
    for unexpected in [
        "tests/test_install.py",
        "bird_connectors/notes.txt",
        "bird_connectors.libs/libz.so",
    ] {
        let found = problems(&entries(&[&COMPLETE[..], &[unexpected]].concat()));
        assert_eq!(found, [format!("{unexpected} is unexpected")]);
    }
}

#[test]
fn archive_without_metadata_is_reported() {
    assert_eq!(problems(&entries(&["a.py"])), ["the wheel has no metadata"]);
}

#[test]
fn summary_adds_up_the_sources() {
    let summary = summary(&entries(&COMPLETE[..5]));
    assert!(
        summary.ends_with("        30  Python sources and stubs (3 files)"),
        "{summary}"
    );
    assert_eq!(summary.lines().count(), 3);
}
