use super::*;

fn entries(paths: &[&str]) -> Vec<Entry> {
    let root = "package-1.0.0";
    archive::entries(&Vec::from_iter(
        paths.iter().map(|path| format!("{root}/{path}")),
    ))
}

const SOURCES: [&str; 5] = [
    "crates/sdk/Cargo.toml",
    "crates/sdk/src/lib.rs",
    "crates/sdk/ui/main.js",
    "src/bird_connectors/postgres/schema.sql",
    "src/bird_connectors/py.typed",
];

#[test]
fn complete_distribution_has_no_problems() {
    let complete = [&REQUIRED[..], &SOURCES].concat();
    assert_eq!(problems(&entries(&complete)), Vec::<String>::new());
}

#[test]
fn missing_and_unexpected_files_are_reported() {
    let without_license = [&REQUIRED[..2], &REQUIRED[3..], &SOURCES].concat();
    assert_eq!(
        problems(&entries(&without_license)),
        ["LICENSE-APACHE is missing"]
    );
    for unexpected in [
        "tests/test_install.py",
        "crates/sdk/tests/wire.rs",
        "crates/sdk/public-api.txt",
        "crates/sandbox/ui/notes.txt",
        "src/bird_connectors/_native.abi3.so",
        "src/other/module.py",
    ] {
        let found = problems(&entries(&[&REQUIRED[..], &[unexpected]].concat()));
        assert_eq!(found, [format!("{unexpected} is unexpected")]);
    }
}

#[test]
fn summary_groups_crates_and_lists_single_files() {
    let entries = entries(&[
        "README.md",
        "crates/sdk/Cargo.toml",
        "crates/sdk/src/lib.rs",
        "crates/sdk/ui/main.js",
    ]);
    let expected = "        10  README.md\n        30  crates/sdk (3 files)";
    assert_eq!(summary(&entries), expected);
}
