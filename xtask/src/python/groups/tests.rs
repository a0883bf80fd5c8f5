use super::resolve;

const PYPROJECT: &str = r#"
[dependency-groups]
test = ["pytest==9.2.0", "pyyaml==6.0.4"] # a comment
lint = [{ include-group = "test" }, "ruff==0.17.6"]
loop = [{ include-group = "loop" }]
wrong = [1]
"#;

#[test]
fn group_contains_the_packages_of_included_groups() {
    let packages = resolve(PYPROJECT, "lint").unwrap();
    assert_eq!(packages, ["pytest==9.2.0", "pyyaml==6.0.4", "ruff==0.17.6"]);
}

#[test]
fn invalid_groups_are_errors() {
    for (name, expected) in [
        ("bench", "pyproject.toml has no dependency group bench"),
        ("loop", "the dependency group loop includes itself"),
        (
            "wrong",
            "invalid entry in the dependency group wrong: expected a string or `include-group`",
        ),
    ] {
        let error = resolve(PYPROJECT, name).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
