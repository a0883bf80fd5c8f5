use std::fs;

use super::*;

#[test]
fn newest_version_comes_first() {
    let root = tempfile::tempdir().unwrap();
    for version in ["9", "15", "16"] {
        let folder = root.path().join(format!("postgresql@{version}/bin"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("initdb"), "").unwrap();
    }
    fs::write(root.path().join("postgresql@16/bin/postgres"), "").unwrap();
    let pattern = format!("{}/postgresql*/bin", root.path().display());
    let found = find_in(folders(&pattern).into_iter(), "initdb").unwrap();
    assert_eq!(found, root.path().join("postgresql@16/bin/initdb"));
    assert_eq!(folders(&pattern).len(), 3);
    assert_eq!(find_in(folders(&pattern).into_iter(), "missing"), None);
}

#[test]
fn program_of_the_path_is_found() {
    assert!(find_program("sh").is_some());
    assert_eq!(find_program("a program that does not exist"), None);
}
