use super::*;
use crate::archive::entries;

const COMPLETE: [&str; 8] = [
    ".cargo_vcs_info.json",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "src/lib.rs",
    "src/client/builder.rs",
    "ui/pages/requests.js",
];

#[test]
fn complete_package_has_no_problems() {
    assert_eq!(problems(&entries(&COMPLETE)), Vec::<String>::new());
}

#[test]
fn missing_license_is_reported() {
    let without: Vec<&str> = COMPLETE
        .into_iter()
        .filter(|path| *path != "LICENSE-MIT")
        .collect();
    assert_eq!(problems(&entries(&without)), ["LICENSE-MIT is missing"]);
}

#[test]
fn tests_and_other_files_are_reported() {
    for unexpected in [
        "src/client/tests.rs",
        "src/client/tests/paging.rs",
        "tests/wire.rs",
        "public-api.txt",
        "src/notes.txt",
        "ui/notes.txt",
    ] {
        let found = problems(&entries(&[&COMPLETE[..], &[unexpected]].concat()));
        assert_eq!(found, [format!("{unexpected} is unexpected")]);
    }
}

#[test]
fn empty_file_is_reported() {
    let mut entries = entries(&COMPLETE);
    entries[4].size = 0;
    assert_eq!(problems(&entries), ["README.md is empty"]);
}

#[test]
fn summary_lists_files_and_adds_up_the_sources() {
    let entries = relative(
        &entries(&["sdk-1.0.0/README.md", "sdk-1.0.0/src/a.rs"]),
        "sdk-1.0.0/",
    );
    let expected = "sdk  20 B\n        10  README.md\n        10  src (1 files)";
    assert_eq!(summary("sdk", &entries), expected);
}
