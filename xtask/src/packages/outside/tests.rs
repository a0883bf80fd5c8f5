use super::*;

fn package(name: &str, is_library: bool) -> Package {
    Package {
        name: name.to_owned(),
        version: "1.2.3".to_owned(),
        is_library,
    }
}

#[test]
fn manifest_replaces_each_library_with_its_package() {
    let manifest = manifest(&[package("sdk", true), package("tool", false)]);
    let manifest: toml::Table = manifest.parse().unwrap();
    assert_eq!(manifest["dependencies"]["sdk"].as_str(), Some("=1.2.3"));
    let patch = &manifest["patch"]["crates-io"];
    assert_eq!(patch["sdk"]["path"].as_str(), Some("packages/sdk-1.2.3"));
    assert!(patch.get("tool").is_none());
    assert!(manifest["dependencies"].get("tool").is_none());
}

#[test]
fn first_rust_example_is_found_after_other_blocks() {
    let page =
        "```toml\na = 1\n```\n\n```rust,no_run\nfn main() {}\n```\n\n```rust\nlet b = 2;\n```\n";
    assert_eq!(rust_block(page), Some("fn main() {}"));
    assert_eq!(rust_block("no example"), None);
}
