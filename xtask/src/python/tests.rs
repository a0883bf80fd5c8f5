use super::contents;

#[test]
fn contents_differ_for_another_python_or_other_packages() {
    let packages = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first = contents(
        "Python 3.11.7\n",
        &packages(&["pytest==9.2.0", "trio==0.35.0"]),
    );
    assert_eq!(first, "Python 3.11.7\npytest==9.2.0\ntrio==0.35.0");
    assert_ne!(
        first,
        contents(
            "Python 3.12.1\n",
            &packages(&["pytest==9.2.0", "trio==0.35.0"])
        )
    );
    assert_ne!(
        first,
        contents("Python 3.11.7\n", &packages(&["pytest==9.2.0"]))
    );
}
