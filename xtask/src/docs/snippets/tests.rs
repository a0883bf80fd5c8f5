use anyhow::{Result, ensure};

use super::expand;

const FILE: &str = "\
fn main() {
    // --8<-- [start:first]
    one();
    if two() {

        three();
    }
    // --8<-- [end:first]
    // --8<-- [start:empty]
    // --8<-- [end:empty]
    // --8<-- [start:open]
}
";

fn read(path: &str) -> Result<String> {
    ensure!(path == "main.rs", "cannot read {path}");
    Ok(FILE.to_owned())
}

fn error(page: &str) -> String {
    format!("{:#}", expand(page, &mut read).unwrap_err())
}

#[test]
fn region_in_a_tab_is_dedented_and_indented_like_its_line() {
    let page = "=== \"Rust\"\n\n    ```rust\n    --8<-- \"main.rs:first\"\n    ```\n";
    assert_eq!(
        expand(page, &mut read).unwrap(),
        "=== \"Rust\"\n\n    ```rust\n    one();\n    if two() {\n\n        three();\n    }\n    ```\n"
    );
}

#[test]
fn whole_file_is_included_without_marks() {
    let expanded = expand("--8<-- \"main.rs\"\n", &mut read).unwrap();
    assert!(expanded.starts_with("fn main() {\n    one();\n"));
    assert!(!expanded.contains("8<"));
}

#[test]
fn snippet_that_cannot_be_resolved_is_an_error_with_its_line() {
    for (reference, reason) in [
        ("\"other.rs:first\"", "cannot read other.rs"),
        (
            "\"main.rs:missing\"",
            "no line with `--8<-- [start:missing]`",
        ),
        ("\"main.rs:open\"", "no line with `--8<-- [end:open]`"),
        ("\"main.rs:empty\"", "it is empty"),
        ("main.rs", "expected `--8<-- \"FILE:REGION\"`"),
    ] {
        let error = error(&format!("# Page\n--8<-- {reference}\n"));
        assert!(
            error.starts_with("line 2: ") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn wildcard_of_a_recorded_session_is_an_error() {
    let page = "--8<-- \"tests/install.trycmd\"\n";
    let session = |output: &str| format!("```console\n$ bird-connectors whoami\n{output}\n```\n");
    let expand = |output: &str| expand(page, &mut |_| Ok(session(output)));
    assert!(expand("workspace  88742b6b-9f97-4c38-a741-94a6638fc265").is_ok());
    let error = format!("{:#}", expand("workspace  [..]").unwrap_err());
    assert!(error.contains("it contains the wildcard [..]"), "{error}");
}

#[test]
fn code_that_is_not_a_snippet_is_an_error() {
    assert!(error("```python\nprint(1)\n```\n").contains("line 2: a block of python"));
    assert!(error("```console\n$ ls\n```\n").contains("line 2: a block of console"));
    assert!(expand("```sh\nls\n```\n", &mut read).is_ok());
    assert!(expand("```sh\nbird-connectors sandbox --port 1\n```\n", &mut read).is_ok());
    let command = "```sh\nbird-connectors numbers list\n```\n";
    assert!(error(command).contains("line 2: no test runs `bird-connectors numbers list`"));
    assert!(error("```sh\nls\n").contains("no end"));
}

#[test]
fn source_that_no_longer_contains_the_fact_is_an_error() {
    let page = "<!-- source: main.rs \"fn main() {\" -->\nText.\n";
    assert_eq!(expand(page, &mut read).unwrap(), "Text.\n");
    assert!(
        error("<!-- source: main.rs \"fn other\" -->").contains("no longer contains `fn other`")
    );
    assert!(error("<!-- source: main.rs -->").contains("invalid source"));
}
