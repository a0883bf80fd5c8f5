use super::published;

#[test]
fn unpublished_packages_are_omitted_and_libraries_are_marked() {
    let metadata = r#"{"packages": [
        {"name": "tool", "version": "1.0.0", "publish": null, "targets": [{"kind": ["bin"]}]},
        {"name": "sdk", "version": "1.0.0", "publish": ["registry"], "targets": [{"kind": ["test"]}, {"kind": ["lib"]}]},
        {"name": "internal", "version": "1.0.0", "publish": [], "targets": [{"kind": ["lib"]}]}
    ]}"#;
    let packages = published(metadata).unwrap();
    let found: Vec<_> = packages
        .iter()
        .map(|package| (package.name.as_str(), package.is_library))
        .collect();
    assert_eq!(found, [("sdk", true), ("tool", false)]);
}
