use std::fs;

use super::{check_docs_rs, relative_links};

#[test]
fn link_to_rustdoc_needs_the_page_and_the_anchor() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("a/index.html"), "<h2 id=\"here\">").unwrap();
    let check = |path: &str| {
        let link = format!("https://docs.rs/a/latest/{path}");
        check_docs_rs(&link, folder.path()).map_err(|error| error.to_string())
    };
    assert_eq!(check("a/"), Ok(()));
    assert_eq!(check("a/index.html#here"), Ok(()));
    assert_eq!(
        check("a/#there").unwrap_err(),
        "the page has no such anchor"
    );
    assert_eq!(
        check("a/struct.B.html").unwrap_err(),
        "rustdoc has no such page"
    );
}

#[test]
fn relative_links_exclude_code_and_web_pages() {
    let markdown = "[a](docs/a.md#x), [b](https://b.example)\n```text\n[c](c.md)\n```\n![d](d.svg \"D\") [e](#e)\n";
    assert_eq!(
        relative_links(markdown).collect::<Vec<_>>(),
        ["docs/a.md#x", "d.svg"]
    );
}
