use std::fs;

use super::remove_unpacked;
use crate::packages::Package;

#[test]
fn only_own_packages_of_registries_without_a_host_are_removed() {
    let sources = tempfile::tempdir().unwrap();
    let folders = [
        "-8dd3c18ef5234b83/bird-connectors-api-0.1.0",
        "-8dd3c18ef5234b83/bird-connectors-api-0.0.9",
        "-8dd3c18ef5234b83/serde-1.0.0",
        "index.crates.io-1949cf8c6b5b557f/bird-connectors-api-0.1.0",
    ]
    .map(|folder| sources.path().join(folder));
    for folder in &folders {
        fs::create_dir_all(folder.join("src")).unwrap();
    }
    let package = Package {
        name: "bird-connectors-api".to_owned(),
        version: "0.1.0".to_owned(),
        is_library: true,
    };
    remove_unpacked(sources.path(), &[package]).unwrap();
    let remaining = folders.each_ref().map(|folder| folder.exists());
    assert_eq!(remaining, [false, true, true, true]);
}

#[test]
fn missing_folder_of_sources_is_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    remove_unpacked(&folder.path().join("missing"), &[]).unwrap();
}
